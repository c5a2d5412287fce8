// Random tensors and dropout, by counter-based Philox: the same integers on every host.

import { UsageError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { random } from "../shaders/random.ts";
import { type DType, FLOATS, requireDtype } from "../tensor/dtype.ts";
import { shuffled, wordsOf } from "../tensor/philox.ts";
import { type Shape, requireShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { tensor } from "./creation.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { type Stream, type StreamPlace, drawStream } from "./streamJournal.ts";
import { record } from "./tape.ts";
import { contiguous } from "./views.ts";

const LAWS = ["uniform", "normal", "truncatedNormal", "bernoulli", "dropout"] as const;
type Law = (typeof LAWS)[number];

/** WGSL from a random word to a number; truncation is at two deviations, Φ(±2) the bounds. */
const CONVERT: Readonly<Record<Law, string>> = {
  uniform: "params.p + (params.q - params.p) * uniformOf(word)",
  normal: "params.p + params.q * quantile(openUniformOf(word))",
  truncatedNormal:
    "params.p + params.q * quantile(0.022750131948179195 + 0.9544997361036416 * openUniformOf(word))",
  bernoulli: "select(0u, 1u, uniformOf(word) < params.p)",
  dropout: "0.0",
};

const kernels = /* @__PURE__ */ new KernelFamily<Law | "dropout f16">((key) => {
  const [law, scalar = "f32"] = key.split(" ") as [Law, string?];
  const out = law === "bernoulli" ? "u32" : scalar;
  const prelude = `alias Scalar = ${scalar};
alias Out = ${out};
fn convert(word: u32) -> Out { return Out(${CONVERT[law]}); }`;
  return { shader: random, prelude, entryPoint: law === "dropout" ? "dropout" : "fill" };
});

/** Every kernel of this file. */
export function randomKernels(): Kernel[] {
  return kernels.all([...LAWS, "dropout f16"]);
}

/** Where a generator stands; plain JSON. */
export interface GeneratorState {
  readonly seed: number;
  readonly calls: number;
}

function requireEager(op: string): void {
  const { trace } = device().recorder;
  if (trace === undefined) return;
  if (trace.realize !== undefined) {
    trace.isForOneCall = true; // what a first call draws may be what a variable starts from
    return;
  }
  throw new UsageError(op, "numbers of the host cannot be drawn in a compiled function", {
    remedy: "Draw them outside and pass them as an argument.",
  });
}

/**
 * A seeded source of random tensors. Each call is a stream of its own, so its numbers depend on the
 * seed and on how many calls came before.
 */
export class Generator {
  #seed: number;
  #calls = 0;

  constructor(seed = 0) {
    this.#seed = checkedSeed(seed);
  }

  /** Everything that decides what comes next. */
  state(): GeneratorState {
    return { seed: this.#seed, calls: this.#calls };
  }

  /** Goes on exactly where `state` was taken. */
  restore(state: GeneratorState): void {
    this.#seed = checkedSeed(state.seed);
    this.#calls = state.calls;
  }

  /** A number for a stream of the host, which counts as a call. */
  nextStream(): number {
    requireEager("nextStream");
    const { seed, call } = this.#nextStream()();
    return wordsOf(seed, call)();
  }

  /** Uniform in [low, high). */
  uniform(shape: Shape, low = 0, high = 1): Tensor {
    return this.#draw("uniform", shape, "f32", low, high);
  }

  normal(shape: Shape, mean = 0, deviation = 1): Tensor {
    return this.#draw("normal", shape, "f32", mean, deviation);
  }

  /** Normal, but within two deviations of the mean. */
  truncatedNormal(shape: Shape, mean = 0, deviation = 1): Tensor {
    return this.#draw("truncatedNormal", shape, "f32", mean, deviation);
  }

  /** True with the given probability. */
  bernoulli(shape: Shape, probability = 0.5): Tensor {
    return this.#draw("bernoulli", shape, "bool", probability, 0);
  }

  /** 0 … n − 1 in random order, i32 `[n]`. */
  permutation(n: number): Tensor {
    requireShape("permutation", [n]);
    requireEager("permutation");
    const { seed, call } = this.#nextStream()();
    return tensor(Int32Array.from(shuffled(n, wordsOf(seed, call))));
  }

  /**
   * x / (1 − rate) where a uniform number is at least `rate`, else 0: the expectation stays.
   *
   * @throws {UsageError} unless 0 ≤ rate < 1.
   */
  dropout(x: Tensor, rate: number): Tensor {
    requireDtype("dropout", x.dtype, FLOATS);
    if (!(rate >= 0 && rate < 1)) {
      throw new UsageError("dropout", "rate must be in [0, 1)", { got: `${rate}` });
    }
    return masked(x, rate, this.#nextStream());
  }

  /** The next stream; in a compiled function another one at each call. */
  #nextStream(): Stream {
    return drawStream(() => {
      const next = (): StreamPlace => ({ seed: this.#seed, call: this.#calls++ });
      const { trace } = device().recorder;
      if (trace !== undefined) return trace.renewed(next, () => void this.#calls--);
      const place = next();
      return () => place;
    });
  }

  #draw(law: Law, shape: Shape, dtype: DType, p: number, q: number): Tensor {
    requireShape(law, shape);
    const y = Tensor.empty(shape, dtype);
    // The first binding is dropout's input; y cannot stand in for it, being written.
    const spare = Tensor.empty([], "f32");
    launch(law, spare, y, this.#nextStream(), p, q);
    spare.dispose();
    return y;
  }
}

/** The generator behind layers and initializers that are given no other. */
export const defaultGenerator: Generator = /* @__PURE__ */ new Generator(0);

/** Restarts the default generator: the same program then draws the same numbers. */
export function setSeed(seed: number): void {
  defaultGenerator.restore({ seed, calls: 0 });
}

function checkedSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new UsageError("random", "a seed must be a non-negative integer", { got: `${seed}` });
}

function launch(law: Law, x: Tensor, y: Tensor, stream: Stream, p: number, q: number): void {
  if (y.size === 0) return;
  const low = (value: number): number => value >>> 0;
  const high = (value: number): number => Math.floor(value / 2 ** 32);
  const words = [
    () => low(stream().seed),
    () => high(stream().seed),
    () => low(stream().call),
    () => high(stream().call),
  ].map((late) => ({ late }));
  const params = [y.size, ...words, x.offset, p, q];
  const grid = gridOf(Math.ceil(y.size / 4));
  const kernel = kernels.get(y.dtype === "f16" ? "dropout f16" : law);
  device().dispatch(kernel, [x.block, y.block], params, ...grid);
}

/** Dropout with the mask of one stream; its gradient is the same mask on dy, drawn again. */
function masked(x: Tensor, rate: number, stream: Stream): Tensor {
  const y = Tensor.empty(x.shape, x.dtype);
  launch("dropout", contiguous(x), y, stream, rate, 0);
  record("dropout", [x], y, [(dy) => masked(dy, rate, stream)]);
  return y;
}
