// The command line of npm run bench. What it does not know it names, with what it knows.

import { parseArgs } from "node:util";
import { LIBRARIES, USUAL_LIBRARIES } from "./libraries.mjs";
import { GROUPS } from "./workloads.mjs";

export const PHASES = ["check", "time", "count", "memory", "cold", "size", "logged"];
const HOSTS = ["chromium", "deno", "node"];

const OPTIONS = {
  only: { type: "string" },
  libs: { type: "string" },
  phases: { type: "string" },
  host: { type: "string", default: "chromium" },
  rounds: { type: "string", default: "5" },
  target: { type: "string", default: "300" },
  budget: { type: "string", default: "45" },
  continue: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

export const HELP = `npm run bench [-- options]

  --only a,b     groups of workloads: ${GROUPS.join(", ")}
  --libs a,b     ${Object.keys(LIBRARIES).join(", ")}
                 (${USUAL_LIBRARIES.join(", ")} unless given)
  --phases a,b   ${PHASES.join(", ")}
  --host NAME    ${HOSTS.join(", ")}; logged always runs on deno, size needs no host
  --rounds N     interleaved rounds of which the median is taken (5)
  --target MS    time of one measurement (300)
  --budget S     time of all rounds of one workload and library (45)
  --continue     keeps what the last run on this host measured and this one does not
  --write        writes bench/RESULTS.md and bench/results.svg even if the run is not whole`;

/** A wrong command line: its message is for people. */
export class OptionError extends Error {}

/** Comma-separated names, all of them known. */
function names(option, text, known) {
  const given = text.split(",").filter(Boolean);
  const unknown = given.filter((name) => !known.includes(name));
  if (given.length === 0 || unknown.length > 0) {
    const got = unknown.length > 0 ? unknown.join(", ") : "nothing";
    throw new OptionError(`bench: --${option} does not know ${got}. Known: ${known.join(", ")}.`);
  }
  return given;
}

function positive(option, text) {
  const value = Number(text);
  if (value > 0) return value;
  throw new OptionError(`bench: --${option} must be a number above 0. Got ${text}.`);
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    const known = Object.keys(OPTIONS).map((name) => `--${name}`);
    throw new OptionError(`bench: ${error.message.split("\n")[0]} Known: ${known.join(", ")}.`);
  }
}

/**
 * What to run. `isWhole` says that this is Chromium and no group, library or phase was left out.
 *
 * @throws {OptionError}
 */
export function readOptions(args) {
  const values = parse(args);
  const { only, libs, phases, host } = values;
  names("host", host, HOSTS);
  return {
    help: values.help,
    groups: only === undefined ? GROUPS : names("only", only, GROUPS),
    libraries: libs === undefined ? USUAL_LIBRARIES : names("libs", libs, Object.keys(LIBRARIES)),
    phases: phases === undefined ? PHASES : names("phases", phases, PHASES),
    host,
    rounds: Math.ceil(positive("rounds", values.rounds)),
    target: positive("target", values.target),
    budget: positive("budget", values.budget),
    isWhole: host === "chromium" && [only, libs, phases].every((option) => option === undefined),
    continue: values.continue,
    write: values.write,
  };
}
