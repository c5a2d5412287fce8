// Time to the first step in a fresh host: opening the device, building, and the first step with all
// shader compilation.

import { brief, variantsOf } from "../hosts/calls.mjs";
import { Sessions } from "../hosts/sessions.mjs";
import { isOnProcessor } from "../libraries.mjs";
import { median, noteFailure, recordOf } from "../results.mjs";
import { isStep } from "../workloads.mjs";

const STARTS = 3;

/** One start; undefined if the library does not do this workload. */
async function start(workload, library, { results, options }) {
  const sessions = await Sessions.launch(options.host, results);
  try {
    const session = await sessions.of(library);
    if (session === undefined) return undefined;
    const [variant] = variantsOf(session, workload);
    if (variantsOf(session, workload).length === 0) return undefined;
    const { buildMs, firstMs } = await session.call("setup", { id: workload.id, variant });
    const { initMs } = session.info;
    return { total: initMs + buildMs + firstMs, init: initMs, build: buildMs, first: firstMs };
  } finally {
    await sessions.close();
  }
}

/** Cold starts of training steps, everyone in turn. */
export async function cold(context) {
  const { workloads, results } = context;
  const libraries = context.libraries.filter((name) => !isOnProcessor(name));
  for (const workload of workloads.filter(isStep)) {
    const samples = new Map(libraries.map((library) => [library, []]));
    for (let i = 0; i < STARTS; i++) {
      for (const library of libraries) {
        try {
          const sample = await start(workload, library, context);
          if (sample !== undefined) samples.get(library).push(sample);
        } catch (error) {
          const text = `cold start of ${workload.id}, ${library}: ${brief(error)}`;
          noteFailure(results, workload.group, text);
        }
      }
    }
    for (const [library, list] of samples) {
      if (list.length === 0) continue;
      const of = (key) => median(list.map((sample) => sample[key]));
      const found = {
        total: of("total"),
        init: of("init"),
        build: of("build"),
        first: of("first"),
      };
      recordOf(results, workload, library).cold = found;
      console.log(`  ${workload.id}, ${library}: first step after ${found.total.toFixed(0)} ms`);
    }
  }
}
