// The packed bench: Renga beside raw WebGPU on this machine's Vulkan driver, in one process. Writes JSON.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { parseArgs } from "node:util";
import { compiled, eager } from "../adapters/renga.mjs";
import raw from "../adapters/raw.mjs";
import { check } from "../phases/check.mjs";
import { time } from "../phases/time.mjs";
import { emptyResults } from "../results.mjs";
import { Session } from "../runtime/serve.mjs";
import { packedWorkloads } from "./workloads.mjs";

const GROUPS = ["matmul", "elementwise", "reduce", "steps"];
const LIBRARIES = { raw, "renga-compiled": compiled, "renga-eager": eager };

const HELP = `./run.sh [options]

  --small       small sizes, for software adapters
  --only a,b    ${GROUPS.join(", ")}
  --rounds N    interleaved rounds of which the median is taken (5)
  --target MS   time of one measurement (300)
  --budget S    time of all rounds of one workload (45)
  --out FILE    where the JSON goes (renga-bench.json)`;

/** Puts Dawn's WebGPU where browsers have it. */
function installWebGpu() {
  const { create, globals } = createRequire(import.meta.url)("./dawn.node");
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, "navigator", {
    value: { gpu: create([]) },
    configurable: true,
  });
}

async function describeAdapter() {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) {
    throw new Error("bench: a Vulkan driver must be there. Name one by VK_ICD_FILENAMES=FILE.");
  }
  const { vendor, architecture, device, description } = adapter.info;
  return { vendor, architecture, device, driver: description };
}

/** Sessions as the phases want them, in this process. */
async function openSessions(workloads, results) {
  const find = (id) => workloads.find((workload) => workload.id === id);
  const sessions = new Map();
  for (const [name, adapter] of Object.entries(LIBRARIES)) {
    const session = new Session(adapter, find);
    const info = await session.init({});
    Object.assign(results.libraries[name], { adapterClass: info.adapterClass });
    sessions.set(name, {
      info,
      call: (method, argument) => session[method](argument),
      processorTime: () => process.cpuUsage().user / 1000,
    });
  }
  return { of: async (name) => sessions.get(name), dropIfDead: async () => {} };
}

/** Rows for people: what each library and variant took, and the rate. */
function summary(results, workloads) {
  return workloads.map(({ id, group, unit, work }) => {
    const records = Object.values(results.rows[id] ?? {}).filter(({ ms }) => ms !== undefined);
    const measured = records.map(({ library, variant, ms, js, agrees }) => {
      return { library, variant, ms, js, agrees, [unit]: (work * 1000) / ms };
    });
    return { id, group, measured };
  });
}

function readOptions() {
  const text = (value) => ({ type: "string", default: value });
  const { values } = parseArgs({
    options: {
      ...{ small: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
      ...{ only: text(GROUPS.join(",")), rounds: text("5"), target: text("300") },
      ...{ budget: text("45"), out: text("renga-bench.json") },
    },
  });
  const groups = values.only.split(",");
  const unknown = groups.filter((group) => !GROUPS.includes(group));
  if (unknown.length > 0) {
    throw new Error(`bench: --only does not know ${unknown}. Known: ${GROUPS.join(", ")}.`);
  }
  const [rounds, target, budget] = [values.rounds, values.target, values.budget].map(Number);
  return { ...values, groups, rounds, target, budget };
}

async function main() {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return;
  }
  installWebGpu();
  const adapter = await describeAdapter();
  console.log(Object.values(adapter).filter(Boolean).join(", "));
  const workloads = packedWorkloads(options.small).filter(({ group }) => {
    return options.groups.includes(group);
  });
  const libraries = Object.keys(LIBRARIES);
  const versions = Object.fromEntries(libraries.map((name) => [name, PACK_VERSIONS.renga]));
  const results = emptyResults({ host: "node", command: process.argv.slice(2), versions });
  const sessions = await openSessions(workloads, results);
  const context = { libraries, sessions, results, options };
  for (const workload of workloads) {
    await check({ ...context, workloads: [workload] });
    await time({ ...context, workloads: [workload] });
  }
  const { when, machine, failures } = results;
  const { adapterClass } = results.libraries["renga-compiled"];
  const about = { when, machine, adapter, adapterClass, versions: PACK_VERSIONS, failures };
  const found = { ...about, results: summary(results, workloads) };
  writeFileSync(options.out, `${JSON.stringify(found, null, 1)}\n`);
  console.log(options.out);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
