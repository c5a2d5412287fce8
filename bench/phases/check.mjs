// Do all compute the same? First losses of training, or a summary of outputs, against the first
// library.

import { brief, variantsOf } from "../hosts/calls.mjs";
import { noteFailure, recordOf } from "../results.mjs";

const TOLERANCE = 2e-3;
const STEPS = 3;

/** The largest relative difference between losses. */
const ofLosses = (values, reference) =>
  Math.max(...values.map((x, i) => Math.abs(x - reference[i]) / Math.abs(reference[i])));

/** As `ofLosses`, of summaries: single elements are compared on the scale of the mean magnitude. */
function ofSummaries(values, reference) {
  const [count, , magnitude] = reference;
  const floor = 1e-3 + magnitude / count;
  const sums = [1, 2].map((i) => Math.abs(values[i] - reference[i]) / (magnitude || 1));
  const elements = [3, 4, 5].map((i) => {
    return Math.abs(values[i] - reference[i]) / Math.max(Math.abs(reference[i]), floor);
  });
  return Math.max(...sums, ...elements);
}

async function valuesOf(session, { id }, variant) {
  const { values } = await session.call("check", { id, variant, steps: STEPS });
  return values;
}

/** Checks workloads; what differs or fails is a failure of the run. */
export async function check({ workloads, libraries, sessions, results }) {
  for (const workload of workloads) {
    const difference = workload.train ? ofLosses : ofSummaries;
    let reference;
    for (const library of libraries) {
      const session = await sessions.of(library);
      for (const variant of session ? variantsOf(session, workload) : []) {
        const record = recordOf(results, workload, library, variant);
        const name = `${workload.id}, ${library} ${variant ?? ""}`.trim();
        try {
          const values = await valuesOf(session, workload, variant);
          if (values === undefined) continue;
          reference ??= values;
          if (workload.train) record.losses = values;
          record.difference = difference(values, reference);
          record.agrees = record.difference < TOLERANCE;
          if (!record.agrees) throw new Error(`differs by ${record.difference.toExponential(1)}`);
          console.log(`  ${name}: agrees within ${record.difference.toExponential(1)}`);
        } catch (error) {
          noteFailure(results, workload.group, `check of ${name}: ${brief(error)}`);
          await sessions.dropIfDead(library, error);
        }
      }
    }
  }
}
