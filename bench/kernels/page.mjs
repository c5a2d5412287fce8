// Runs one library's side in a page: prepares a case, says what it computes, and times it.

import { CASES } from "./cases.mjs";
import library from "library";

const prepared = new Map();

/** Numbers that do not depend on a layout: for each result its mean and its mean magnitude. */
function summary(results) {
  return results.map((data) => {
    const list = Array.from(data);
    const mean = (f) => list.reduce((total, x) => total + f(x), 0) / list.length;
    return [mean((x) => x), mean(Math.abs)];
  });
}

globalThis.bench = {
  init: () => library.init(),
  async prepare(id) {
    const found = CASES.find((one) => one.id === id);
    prepared.set(id, await library.prepare(found));
  },
  async check(id, phase) {
    return summary(await prepared.get(id)[phase].read());
  },
  /** Milliseconds per run over about `budget` milliseconds. */
  async time(id, phase, budget) {
    const { run } = prepared.get(id)[phase];
    const lap = async (count) => {
      const started = performance.now();
      for (let i = 0; i < count; i++) run();
      await library.sync();
      return performance.now() - started;
    };
    await lap(1);
    const once = await lap(1);
    const count = Math.max(1, Math.min(200, Math.round(budget / Math.max(0.05, once))));
    return (await lap(count)) / count;
  },
};
