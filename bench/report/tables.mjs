// The tables of bench/RESULTS.md, from the results of a run. What was not measured is left out.

import { LIBRARIES, PEERS } from "../libraries.mjs";
import { fastest, recordsOf } from "../results.mjs";
import { WORKLOADS, isStep } from "../workloads.mjs";

/** A number with as many digits as matter. */
export function short(x) {
  if (x === undefined || !Number.isFinite(x)) return "";
  const size = Math.abs(x);
  if (size >= 100) return Math.round(x).toLocaleString("en-US");
  return x.toFixed(size >= 10 ? 1 : 2);
}

export const times = (x) => (Number.isFinite(x) ? `${short(x)}×` : "");

/** A table in Markdown; undefined without rows. Columns without any text are left out. */
export function markdownTable(head, rows) {
  if (rows.length === 0) return undefined;
  const used = head.map((_, i) => i === 0 || rows.some((row) => row[i]));
  const line = (cells) => `| ${cells.filter((_, i) => used[i]).join(" | ")} |`;
  const isText = (i) => i === 0 || rows.every((row) => !/^[\d.,]/.test(row[i] ?? ""));
  const rule = head.map((_, i) => (isText(i) ? "---" : "---:"));
  return [head, rule, ...rows].map(line).join("\n");
}

/** Milliseconds of a library's fastest variant. */
export const msOf = (results, id, library) => fastest(results, id, library)?.ms;

/** How many times faster than `other` Renga is: above 1 is good. */
export function speedup(results, id, { library, other }) {
  return msOf(results, id, other) / msOf(results, id, library);
}

/** As `speedup`, against the fastest of Renga's peers on WebGPU. */
export function speedupOfBestPeer(results, id, library) {
  const peers = PEERS.map((peer) => msOf(results, id, peer)).filter(Number.isFinite);
  return peers.length === 0 ? undefined : Math.min(...peers) / msOf(results, id, library);
}

const timed = (results, wanted) =>
  WORKLOADS.filter((workload) => wanted(workload)).filter(({ id }) => {
    return Object.keys(LIBRARIES).some((library) => msOf(results, id, library) !== undefined);
  });

const OTHERS = ["jax-jit", "jax-eager", "tfjs-webgpu", "ort-webgpu", "tfjs-wasm", "tfjs-cpu"];
const titles = (libraries) => libraries.map((library) => LIBRARIES[library].title);

/** Times, and how Renga compares with raw and with the best peer. */
function timeTable(results, workloads, { unit, rawOf }) {
  const head = [
    `milliseconds${unit}`,
    ...["raw WebGPU", "Renga compiled", "of raw's speed", "of the best peer's"],
    ...["Renga eager", "of raw's speed", ...titles(OTHERS)],
  ];
  const rows = workloads.map(({ id, ...workload }) => {
    const ms = (library) => short(msOf(results, id, library));
    const ofRaw = (library) => times(speedup(results, id, { library, other: "raw" }));
    const best = times(speedupOfBestPeer(results, id, "renga-compiled"));
    const compiled = [ms("renga-compiled"), ofRaw("renga-compiled"), best];
    const eager = [ms("renga-eager"), ofRaw("renga-eager")];
    return [id, rawOf(id, workload), ...compiled, ...eager, ...OTHERS.map(ms)];
  });
  return markdownTable(head, rows);
}

export function stepTable(results) {
  const workloads = timed(results, isStep);
  const rawOf = (id) => short(msOf(results, id, "raw"));
  return timeTable(results, workloads, { unit: " a step, loss read at each", rawOf });
}

export function kernelTable(results) {
  const workloads = timed(results, ({ unit }) => unit === "GFLOP/s" || unit === "GB/s");
  const rawOf = (id, { work, unit }) => {
    const raw = fastest(results, id, "raw");
    if (raw === undefined) return "";
    const rate = `${short((work * 1000) / raw.ms)} ${unit}`;
    return `${short(raw.ms)} (${[raw.variant, rate].filter(Boolean).join(", ")})`;
  };
  return timeTable(results, workloads, { unit: "", rawOf });
}

export function readTable(results) {
  const workloads = timed(results, ({ op }) => op === "readback");
  const rawOf = (id) => short(msOf(results, id, "raw"));
  return timeTable(results, workloads, { unit: "", rawOf });
}

/** Microseconds of JavaScript per op; undefined where not timed. */
export function jsPerOp(results, { id, work }, library) {
  const record = fastest(results, id, library);
  return record && (record.js * 1000) / work;
}

/** Microseconds of JavaScript per dispatch of a step. */
export function jsPerDispatch(results, { id }, library) {
  const record = fastest(results, id, library);
  return record?.dispatches > 0 ? (record.js * 1000) / record.dispatches : undefined;
}

/** JavaScript of tiny ops, and of dispatches that are sent again. */
export function scriptTable(results) {
  const libraries = ["raw", "renga-compiled", "renga-eager", "jax-jit", "jax-eager", "tfjs-webgpu"];
  const head = ["microseconds of JavaScript", ...titles(libraries)];
  const rows = timed(results, ({ perOp, perDispatch }) => perOp || perDispatch).map((workload) => {
    const per = workload.perOp ? "op" : "dispatch";
    const of = workload.perOp ? jsPerOp : jsPerDispatch;
    const cells = libraries.map((library) => short(of(results, workload, library)));
    return [`per ${per}, ${workload.id}`, ...cells];
  });
  return markdownTable(head, rows);
}

const COUNTED = ["raw", "renga-compiled", "renga-eager", "jax-jit", "jax-eager", "tfjs-webgpu"];

/** Training steps by library: `cell` of each record that has `key`. */
function countTable(results, { key, head, cell }) {
  const rows = WORKLOADS.filter(isStep)
    .map(({ id }) => [
      id,
      ...COUNTED.map((library) => {
        const record = recordsOf(results, id, library).find((one) => one[key] !== undefined);
        return record === undefined ? "" : cell(record[key]);
      }),
    ])
    .filter(([, ...cells]) => cells.some(Boolean));
  return markdownTable([head, ...titles(COUNTED)], rows);
}

export const callTable = (results) =>
  countTable(results, {
    key: "calls",
    head: "dispatches / submits / new bind groups / new buffers a step",
    cell({ dispatches, submits, bindGroups, created }) {
      const numbers = [dispatches, submits, bindGroups, created];
      return numbers.map((x) => (Number.isInteger(x) ? x : x.toFixed(1))).join(" / ");
    },
  });

export const memoryTable = (results) =>
  countTable(results, {
    key: "memory",
    head: "MB of GPU buffers: peak (after 3 / 13 / 33 steps)",
    cell: ({ peak, bytes }) =>
      `${short(peak / 1e6)} (${bytes.map((x) => short(x / 1e6)).join(" / ")})`,
  });

/** Milliseconds from nothing to the first step's loss. */
export const coldTable = (results) =>
  countTable(results, {
    key: "cold",
    head: "ms to the first step: all (device / building / step)",
    cell: ({ total, ...parts }) => {
      const [init, build, first] = [parts.init, parts.build, parts.first].map(Math.round);
      return `${Math.round(total)} (${init} / ${build} / ${first})`;
    },
  });

export function sizeTable({ sizes = [] }) {
  const kilo = (bytes) => (bytes / 1000).toFixed(1);
  const rows = sizes.map(({ program, bytes, gzip }) => [program, kilo(bytes), kilo(gzip)]);
  return markdownTable(["kB of an MLP training program", "minified", "and gzipped"], rows);
}

export function loggedTable({ logged }) {
  const rows = (logged?.rows ?? []).map(({ name, rate, ofReplay, ofUnlogged }) => {
    return [name, short(rate), times(ofReplay), times(ofUnlogged)];
  });
  const head = `the tiny MLP on Deno, ${logged?.adapter ?? ""}`;
  return markdownTable([head, "steps/s", "of replay alone", "of not logged"], rows);
}
