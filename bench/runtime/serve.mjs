// What runs inside a page, Deno or Node: one adapter, driven by calls of `globalThis.bench` with
// JSON.

import { workloadOf } from "../workloads.mjs";
import { countDispatches, installCounters } from "./counters.mjs";

const now = () => performance.now();

/** A few numbers that tell outputs apart: count, sum, sum of magnitudes, first, middle, last. */
function summary(data) {
  let [sum, magnitude] = [0, 0];
  for (const x of data) {
    sum += x;
    magnitude += Math.abs(x);
  }
  const last = data.length - 1;
  return [data.length, sum, magnitude, data[0], data[data.length >> 1], data[last]].map(Number);
}

/** The mean, and that of the fastest tenth: those that the GPU's process did not interrupt. */
function scriptTimes(times) {
  const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const fastest = times.toSorted().subarray(0, Math.ceil(times.length / 10));
  return { js: mean(times), fastestJs: mean(fastest) };
}

/** A library's side of the bench. */
export class Session {
  #adapter;
  #find;
  #live = new Map();
  #counters;

  /** @param find  the workload of an id. */
  constructor(adapter, find = workloadOf) {
    this.#adapter = adapter;
    this.#find = find;
  }

  async init({ isCounting, host }) {
    if (isCounting) this.#counters = installCounters();
    const started = now();
    const info = await this.#adapter.init({ host });
    const { ops, variants = {} } = this.#adapter;
    return { ...info, initMs: now() - started, ops: Object.keys(ops), variants };
  }

  /** Builds an instance; undefined where it does not apply. */
  async #build({ id, variant }) {
    const { op, p } = this.#find(id);
    return this.#adapter.ops[op]({ ...p, variant });
  }

  #instance({ id, variant }) {
    return this.#live.get(`${id}#${variant}`);
  }

  /** Builds, and runs the first iteration to its end, shader compilation included. */
  async setup({ id, variant }) {
    const started = now();
    const instance = await this.#build({ id, variant });
    if (!instance) return { skipped: true };
    const built = now();
    await instance.run();
    await (instance.loss ?? instance.sync)();
    const buildMs = built - started;
    this.#live.set(`${id}#${variant}`, instance);
    return { buildMs, firstMs: now() - built };
  }

  /** The first losses of training, or a summary of the output. */
  async check({ id, variant, steps }) {
    const instance = await this.#build({ id, variant });
    if (!instance) return { skipped: true };
    const values = [];
    if (this.#find(id).train) {
      for (let i = 0; i < steps; i++) {
        await instance.run();
        values.push(Number(await instance.loss()));
      }
    } else {
      await instance.run();
      values.push(...summary(await instance.read()));
    }
    await instance.dispose();
    return { values };
  }

  /**
   * Milliseconds per run: all of it, and JavaScript alone. `each` says what follows every run: "loss"
   * reads it, "sync" waits for the GPU, "nothing" goes on at once.
   */
  async measure({ id, variant, iterations, each }) {
    const instance = this.#instance({ id, variant });
    const after = each === "loss" ? instance.loss : each === "sync" ? instance.sync : undefined;
    await instance.sync();
    const script = new Float64Array(iterations);
    const started = now();
    for (let i = 0; i < iterations; i++) {
      const before = now();
      const running = instance.run();
      script[i] = now() - before;
      await running;
      await after?.();
    }
    await instance.sync();
    return { ms: (now() - started) / iterations, ...scriptTimes(script) };
  }

  /** Dispatches of one iteration. */
  async dispatches({ id, variant }) {
    const instance = this.#instance({ id, variant });
    const count = await countDispatches(() => instance.run());
    await instance.sync();
    return count;
  }

  /** Calls per iteration over some, and memory after them. Only in counting sessions. */
  async count({ id, variant, iterations }) {
    const instance = this.#instance({ id, variant });
    await instance.sync();
    const before = { ...this.#counters.calls };
    for (let i = 0; i < iterations; i++) {
      await instance.run();
      await instance.loss?.();
    }
    await instance.sync();
    const perIteration = ([name, count]) => [name, (count - before[name]) / iterations];
    const calls = Object.fromEntries(Object.entries(this.#counters.calls).map(perIteration));
    return { calls, memory: { ...this.#counters.memory } };
  }

  async teardown({ id, variant }) {
    await this.#instance({ id, variant })?.dispose();
    this.#live.delete(`${id}#${variant}`);
  }
}

export function serve(adapter) {
  const session = new Session(adapter);
  globalThis.bench = (method, argument) => session[method](argument);
}
