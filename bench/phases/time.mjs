// Times workloads: all libraries in turn, several rounds, medians.

import { brief, variantsOf } from "../hosts/calls.mjs";
import { median, noteFailure, recordOf } from "../results.mjs";

const MOST_ITERATIONS = 500;

/**
 * Training reads its loss at each step, as a loop that logs does. Where only JavaScript matters the GPU
 * is idle meanwhile: software adapters would take the processor from it.
 */
const eachOf = ({ train, perDispatch }) => (perDispatch ? "sync" : train ? "loss" : "nothing");

async function measure(session, workload, { variant, iterations }) {
  const given = { id: workload.id, variant, iterations, each: eachOf(workload) };
  const before = await session.processorTime();
  const { ms, js, fastestJs } = await session.call("measure", given);
  const processor = ((await session.processorTime()) - before) / iterations;
  return { ms, js: workload.perDispatch ? fastestJs : js, processor };
}

/** Sets a variant up and says how many iterations and rounds it gets. */
async function prepare(session, workload, variant, { target, budget, rounds }) {
  const { id } = workload;
  const { skipped } = await session.call("setup", { id, variant });
  if (skipped) return undefined;
  const { ms } = await measure(session, workload, { variant, iterations: 1 });
  const once = Math.max(0.02, ms);
  const iterations = Math.max(1, Math.min(MOST_ITERATIONS, Math.round(target / once)));
  const affordable = Math.floor((budget * 1000) / (iterations * once));
  const prepared = { variant, iterations, rounds: Math.max(1, Math.min(rounds, affordable)) };
  if (!workload.perDispatch) return prepared;
  return { ...prepared, dispatches: await session.call("dispatches", { id, variant }) };
}

async function prepareAll({ libraries, sessions, results, options }, workload) {
  const ready = [];
  for (const library of libraries) {
    const session = await sessions.of(library);
    for (const variant of session ? variantsOf(session, workload) : []) {
      try {
        const prepared = await prepare(session, workload, variant, options);
        if (prepared !== undefined) ready.push({ library, ...prepared, samples: [] });
      } catch (error) {
        await note({ sessions, results }, { workload, library, error });
      }
    }
  }
  return ready;
}

async function note({ sessions, results }, { workload, library, error }) {
  noteFailure(results, workload.group, `timing ${workload.id}, ${library}: ${brief(error)}`);
  await sessions.dropIfDead(library, error);
}

/** One round: everyone once, starting with another each time. */
async function runRound(context, workload, { ready, round }) {
  for (let i = 0; i < ready.length; i++) {
    const entry = ready[(i + round) % ready.length];
    if (round >= entry.rounds || entry.hasFailed) continue;
    try {
      const session = await context.sessions.of(entry.library);
      entry.samples.push(await measure(session, workload, entry));
    } catch (error) {
      entry.hasFailed = true;
      await note(context, { workload, library: entry.library, error });
    }
  }
}

function store(results, workload, { library, variant, samples, iterations, dispatches }) {
  const of = (key) => median(samples.map((sample) => sample[key]));
  const record = recordOf(results, workload, library, variant);
  Object.assign(record, { ms: of("ms"), js: of("js"), processor: of("processor") });
  Object.assign(record, { rounds: samples.length, iterations, dispatches });
  const name = `${library} ${variant ?? ""}`.trim().padEnd(20);
  console.log(`  ${name} ${record.ms.toFixed(3)} ms, JavaScript ${record.js.toFixed(3)} ms`);
}

export async function time(context) {
  for (const workload of context.workloads) {
    console.log(`  ${workload.id}`);
    const ready = await prepareAll(context, workload);
    const rounds = Math.max(0, ...ready.map((entry) => entry.rounds));
    for (let round = 0; round < rounds; round++) {
      await runRound(context, workload, { ready, round });
    }
    for (const entry of ready) {
      if (entry.samples.length > 0) store(context.results, workload, entry);
      const session = await context.sessions.of(entry.library);
      const { id } = workload;
      await session?.call("teardown", { id, variant: entry.variant }).catch(() => undefined);
    }
  }
}
