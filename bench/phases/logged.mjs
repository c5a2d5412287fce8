// Does logging the loss slow a training loop down? The loop of npm run bench:loop on Deno, where reading
// back blocks the thread.

import { runInProcess } from "../../tools/hosts/cases.mjs";
import { brief } from "../hosts/calls.mjs";
import { median, noteFailure } from "../results.mjs";

const STEPS = 1000;

/** Ratios are taken within a round: what else the machine does then weighs on both. */
function summarize(rates) {
  const [alone] = Object.values(rates);
  const unlogged = rates["SupervisedTrain, not logged"];
  const ratio = (list, other) => median(list.map((rate, i) => rate / other[i]));
  return Object.entries(rates).map(([name, list]) => ({
    name,
    rate: median(list),
    ofReplay: ratio(list, alone),
    ofUnlogged: name.startsWith("SupervisedTrain") ? ratio(list, unlogged) : undefined,
  }));
}

/** Steps per second of the tiny MLP: replayed alone, and trained with its loss logged or not. */
export async function logged({ results, options }) {
  console.log("\nlogged");
  try {
    const given = JSON.stringify({ steps: STEPS, rounds: options.rounds });
    const [found] = await runInProcess("deno", "bench/loopProcess.ts", [given]);
    if (found === undefined) throw new Error("the process on Deno printed no result");
    const rows = summarize(found.rates);
    results.logged = { adapter: found.adapter, rows };
    for (const { name, rate, ofReplay } of rows) {
      console.log(`  ${name}: ${rate.toFixed(0)} steps/s, ${ofReplay.toFixed(3)} of replay`);
    }
  } catch (error) {
    noteFailure(results, "logged", `logged: ${brief(error)}`);
  }
}
