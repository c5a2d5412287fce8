// WebGPU calls per iteration, and GPU memory over steps: a fresh counting session for each, so that
// bytes belong to one workload.

import { brief, variantsOf } from "../hosts/calls.mjs";
import { Sessions } from "../hosts/sessions.mjs";
import { isOnProcessor } from "../libraries.mjs";
import { noteFailure, recordOf } from "../results.mjs";
import { isStep } from "../workloads.mjs";

/** Steps before each look at the memory; it should not grow from the first to the last. */
const STEPS = [3, 10, 20];
/** A first step of more milliseconds is followed by fewer. */
const SLOW = 8000;
const SLOW_STEPS = [2, 2];

async function countOne(session, { id, variant, phases }) {
  const { skipped, firstMs } = await session.call("setup", { id, variant });
  if (skipped) return undefined;
  const looks = [];
  for (const iterations of firstMs > SLOW ? SLOW_STEPS : STEPS) {
    looks.push(await session.call("count", { id, variant, iterations }));
  }
  // Compiled steps are recorded during the first look.
  const [calls, memory] = [looks[1].calls, looks.at(-1).memory];
  const bytes = looks.map((look) => look.memory.bytes);
  return {
    ...(phases.includes("count") ? { calls } : {}),
    ...(phases.includes("memory") ? { memory: { ...memory, bytes } } : {}),
  };
}

/** The phases "count" and "memory", as far as they are wanted. Of variants only the first. */
export async function count({ workloads, libraries, results, options }) {
  const sessions = await Sessions.launch(options.host, results, true);
  try {
    for (const workload of workloads.filter(isStep)) {
      for (const library of libraries.filter((name) => !isOnProcessor(name))) {
        const session = await sessions.of(library);
        if (session === undefined || variantsOf(session, workload).length === 0) continue;
        const [variant] = variantsOf(session, workload);
        const name = `${workload.id}, ${library}`;
        try {
          const { phases } = options;
          const found = await countOne(session, { id: workload.id, variant, phases });
          Object.assign(recordOf(results, workload, library, variant), found);
          const peak = found?.memory && `peak ${(found.memory.peak / 1e6).toFixed(1)} MB`;
          const dispatches = found?.calls && `${found.calls.dispatches} dispatches`;
          console.log(`  ${name}: ${[dispatches, peak].filter(Boolean).join(", ")}`);
        } catch (error) {
          noteFailure(results, workload.group, `counting ${name}: ${brief(error)}`);
        }
        await sessions.drop(library);
      }
    }
  } finally {
    await sessions.close();
  }
}
