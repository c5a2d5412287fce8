// What a run found, as JSON: by workload, then by library and variant.

import { cpus, loadavg } from "node:os";

export function emptyResults({ host, command, versions }) {
  return {
    when: new Date().toISOString(),
    command,
    host,
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`,
    runtime: undefined,
    load: loadavg()[0],
    libraries: Object.fromEntries(
      Object.entries(versions).map(([name, version]) => [name, { version }]),
    ),
    groups: {},
    rows: {},
    failures: [],
  };
}

/** Notes, and says, what went wrong in a group (or phase) of the run. */
export function noteFailure(results, group, text) {
  results.failures.push({ group, text });
  console.log(`  ${text}`);
}

/**
 * A run that goes on from an earlier one: what is measured again replaces what was.
 *
 * @param again  groups, or phases of their own, that this run measures.
 */
export function continueResults(earlier, results, again) {
  const libraries = { ...earlier.libraries };
  for (const [name, about] of Object.entries(results.libraries)) {
    libraries[name] = { ...libraries[name], ...about };
  }
  return {
    ...earlier,
    ...results,
    command: `${earlier.command} && ${results.command}`,
    runtime: earlier.runtime,
    libraries,
    groups: earlier.groups,
    rows: earlier.rows,
    failures: earlier.failures.filter(({ group }) => !again.includes(group)),
  };
}

/** The record of a workload on a library, made at its first use. */
export function recordOf(results, { id }, library, variant) {
  const row = (results.rows[id] ??= {});
  const label = variant === undefined ? library : `${library} ${variant}`;
  return (row[label] ??= { library, variant });
}

/** All records of a library on a workload. */
export function recordsOf(results, id, library) {
  const records = Object.values(results.rows[id] ?? {});
  return records.filter((record) => record.library === library);
}

/** The record of a library's fastest variant; undefined if it was not timed. */
export function fastest(results, id, library) {
  const timed = recordsOf(results, id, library).filter(({ ms }) => ms !== undefined);
  return timed.toSorted((a, b) => a.ms - b.ms)[0];
}

export function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
