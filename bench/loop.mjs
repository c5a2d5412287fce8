// npm run bench:loop: what the training loop costs beside the bare replay of its step.
//
//   npm run bench:loop -- [--host deno --host chromium] [--steps 400] [--rounds 12]

import { parseArgs } from "node:util";
import { runInChromium, runInProcess } from "../tools/hosts/cases.mjs";

const { values } = parseArgs({
  options: {
    host: { type: "string", multiple: true, default: ["deno", "chromium", "node"] },
    steps: { type: "string", default: "400" },
    rounds: { type: "string", default: "12" },
  },
});
const options = JSON.stringify({ steps: Number(values.steps), rounds: Number(values.rounds) });

/** The middle value, or the mean of the two in the middle. */
const median = (list) => {
  const sorted = list.toSorted((a, b) => a - b);
  return (sorted[Math.floor((list.length - 1) / 2)] + sorted[Math.floor(list.length / 2)]) / 2;
};

for (const host of values.host) {
  const [result] =
    host === "chromium"
      ? await runInChromium("bench/loopSteps.ts", "measureLoop", [options])
      : await runInProcess(host, "bench/loopProcess.ts", [options]);
  const { runtime, adapter, rates } = result;
  console.log(
    `${runtime}: ${adapter}, medians of ${values.rounds} rounds of ${values.steps} steps`,
  );
  // Ratios within a round: what else the machine does then weighs on both.
  const alone = rates["replay alone"];
  const unlogged = rates["SupervisedTrain, not logged"];
  const ratio = (list, other) => Number(median(list.map((rate, i) => rate / other[i])).toFixed(3));
  const rows = Object.entries(rates).map(([name, list]) => {
    const ratios = { "of replay": ratio(list, alone), "of not logged": ratio(list, unlogged) };
    return [name, { "steps/s": Math.round(median(list)), ...ratios }];
  });
  console.table(Object.fromEntries(rows));
}
