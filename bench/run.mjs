// npm run bench: Renga beside its peers on the same workloads, in the same browser, rounds
// interleaved, medians. First it checks that all compute the same. Figures go to the cache, as JSON;
// a whole run also writes bench/RESULTS.md and bench/results.svg.
//
//   npm run bench -- --only mlp,cnn --libs raw,renga-compiled,jax-jit --phases check,time
//   npm run bench -- --help

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tools/hosts/bundle.mjs";
import { brief } from "./hosts/calls.mjs";
import { Sessions } from "./hosts/sessions.mjs";
import { bundleLibraries, folder, installPeers, versionOf } from "./libraries.mjs";
import { HELP, OptionError, readOptions } from "./options.mjs";
import { check } from "./phases/check.mjs";
import { cold } from "./phases/cold.mjs";
import { count } from "./phases/count.mjs";
import { logged } from "./phases/logged.mjs";
import { size } from "./phases/size.mjs";
import { time } from "./phases/time.mjs";
import { writeReport } from "./report/write.mjs";
import { continueResults, emptyResults, noteFailure } from "./results.mjs";
import { WORKLOADS, isStep } from "./workloads.mjs";

const TIMED = { check, time };

/** The phases of one group that share sessions. */
async function runTimed(context) {
  const { phases, host } = context.options;
  const wanted = Object.keys(TIMED).filter((phase) => phases.includes(phase));
  if (wanted.length === 0) return;
  const sessions = await Sessions.launch(host, context.results);
  try {
    for (const phase of wanted) {
      console.log(`${phase}:`);
      await TIMED[phase]({ ...context, sessions });
    }
  } finally {
    await sessions.close();
  }
}

/** A group in sessions of its own: what fails here leaves the others alone. */
async function runGroup(group, { options, results }) {
  console.log(`\n${group}`);
  const { version } = results.libraries["renga-compiled"] ?? results.libraries["renga-eager"] ?? {};
  results.groups[group] = { when: new Date().toISOString(), version };
  const workloads = WORKLOADS.filter((workload) => workload.group === group);
  const context = { workloads, libraries: options.libraries, options, results };
  try {
    await runTimed(context);
    const isWanted = (...phases) => phases.some((phase) => options.phases.includes(phase));
    if (!workloads.some(isStep)) return;
    if (isWanted("count", "memory")) {
      console.log("count:");
      await count(context);
    }
    if (isWanted("cold")) {
      console.log("cold:");
      await cold(context);
    }
  } catch (error) {
    noteFailure(results, group, `group ${group} stopped: ${brief(error)}`);
  }
}

/** Whether the wanted phases measure a group, or are a phase of this name. */
function isMeasured(name, { phases }) {
  const apart = ["logged", "size"];
  return apart.includes(name) ? phases.includes(name) : phases.some((one) => !apart.includes(one));
}

async function main(args) {
  const options = readOptions(args);
  if (options.help) {
    console.log(HELP);
    return;
  }
  installPeers();
  execFileSync(process.execPath, [join(root, "tools/build.mjs")], { stdio: "inherit" });
  await bundleLibraries(options.libraries, options.host);
  const versions = options.libraries.map((name) => [name, versionOf(name)]);
  const command = ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
  const given = { host: options.host, command, versions: Object.fromEntries(versions) };
  const file = join(folder, `results-${options.host}.json`);
  const fresh = emptyResults(given);
  const again = [...options.groups, "logged"].filter((name) => isMeasured(name, options));
  const results =
    options.continue && existsSync(file)
      ? continueResults(JSON.parse(readFileSync(file, "utf8")), fresh, again)
      : fresh;
  const save = () => writeFileSync(file, JSON.stringify(results, null, 1));
  for (const group of options.groups.filter((name) => isMeasured(name, options))) {
    await runGroup(group, { options, results });
    save();
  }
  if (options.phases.includes("logged")) await logged({ options, results });
  if (options.phases.includes("size")) await size(results);
  save();
  console.log(`\n${file}`);
  if (options.isWhole || options.write) await writeReport(results);
  if (results.failures.length > 0) {
    console.log(`failures:\n  ${results.failures.map(({ text }) => text).join("\n  ")}`);
    process.exitCode = 1;
  }
}

// Exiting ends the browser and the processes; a signal alone would leave them.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
