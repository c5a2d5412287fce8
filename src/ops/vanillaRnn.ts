// Plain recurrent networks: one step and whole sequences.

import { UsageError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { vanillaRnn as vanillaRnnShader } from "../shaders/vanillaRnn.ts";
import { vanillaRnnGradient } from "../shaders/vanillaRnnGradient.ts";
import { Tensor } from "../tensor/tensor.ts";
import { relu, tanh } from "./activations.ts";
import { add } from "./binary.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { matmul } from "./matmul.ts";
import {
  type Recurrence,
  type SequenceOptions,
  type SequenceResult,
  type Step,
  Walk,
  lanesOf,
  partOf,
  recurrentPrelude,
  requireSequence,
  requireSizes,
  requireStep,
  requireWeights,
  runRecurrence,
} from "./recurrence.ts";
import { isWatched } from "./tape.ts";
import { contiguous, expandDims, reshape } from "./views.ts";
import { inF32 } from "./inF32.ts";

/** Options of `vanillaCell`. */
export interface VanillaOptions {
  /** Default "tanh". */
  readonly activation?: Activation;
}

type Activation = "tanh" | "relu";

/** Each with its derivative in terms of its result. */
const ACTIVATIONS: Readonly<
  Record<Activation, { op: (x: Tensor) => Tensor; wgsl: string; slope: string }>
> = {
  tanh: { op: (x) => tanh(x), wgsl: "tanhOf(x)", slope: "A(1.0) - y * y" },
  relu: {
    op: (x) => relu(x),
    wgsl: "select(x, A(), x < A())",
    slope: "select(A(), A(1.0), y > A())",
  },
};

type Key = `${Activation} ${"1" | "4"}`;

const preludeOf = (key: Key): string => {
  const [activation, lanes] = key.split(" ") as [Activation, string];
  const { wgsl, slope } = ACTIVATIONS[activation];
  return `${recurrentPrelude(lanes)}
fn activate(x: A) -> A { return ${wgsl}; }
fn slope(y: A) -> A { return ${slope}; }`;
};

const forwards = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: vanillaRnnShader, prelude: preludeOf(key) };
});

const backwards = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: vanillaRnnGradient, prelude: preludeOf(key) };
});

/** Every kernel of this file. */
export function vanillaRnnKernels(): Kernel[] {
  const keys = ["tanh 1", "tanh 4", "relu 1", "relu 4"] as const;
  return [...forwards.all(keys), ...backwards.all(keys)];
}

/** Weights of a plain recurrent network. */
export interface VanillaWeights {
  /** `[input, hidden]`. */
  readonly wInput: Tensor;
  /** `[hidden, hidden]`. */
  readonly wHidden: Tensor;
  /** `[hidden]`. */
  readonly bias?: Tensor;
}

class VanillaRecurrence implements Recurrence {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly #walk: Walk;
  readonly #activation: Activation;
  readonly #wHidden: Tensor;
  readonly #sources: readonly [projected: Tensor, hidden: Tensor];
  readonly #hiddens: Tensor;

  constructor(
    op: string,
    walk: Walk,
    projected: Tensor,
    state: Tensor,
    wHidden: Tensor,
    activation: Activation,
  ) {
    this.op = op;
    this.inputs = [projected, state, wHidden];
    this.#walk = walk;
    this.#activation = activation;
    this.#wHidden = wHidden;
    this.#sources = [contiguous(projected), contiguous(state)];
    this.#hiddens = walk.emptyStates();
  }

  forward(step: Step): void {
    const { rows, hidden, lengths, size } = this.#walk;
    const [projected, initial] = this.#sources;
    const before = step.isFirst ? initial : partOf(this.#hiddens, step.before);
    const product = matmul(before, this.#wHidden);
    const lanes = lanesOf(hidden, [projected, initial]);
    const reads = [projected, product, initial, lengths ?? projected];
    const slots = [step.time, step.before, step.after];
    const flags = [step.isFirst ? 1 : 0, lengths ? 1 : 0];
    const offsets = [projected.offset / lanes, initial.offset / lanes, lengths?.offset ?? 0];
    device().dispatch(
      forwards.get(`${this.#activation} ${lanes}`),
      [...reads, this.#hiddens].map(({ block }) => block),
      [rows, hidden / lanes, ...slots, ...flags, ...offsets],
      ...gridOf(size / lanes),
    );
    product.dispose();
    if (before !== initial) before.dispose();
  }

  outputs(): readonly Tensor[] {
    const hiddens = this.#hiddens;
    const outputs = [this.#walk.statesOf(hiddens, "after"), this.#walk.lastOf(hiddens)];
    if (!isWatched(...this.inputs)) hiddens.dispose();
    return outputs;
  }

  gradients([dHiddens, dHidden]: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    const { length, rows, hidden, lengths, steps } = this.#walk;
    const dProjected = Tensor.empty([length, rows, hidden], "f32");
    const carry = Tensor.empty([rows, hidden], "f32");
    let arriving = dHidden ?? null;
    steps.toReversed().forEach((step, i) => {
      this.#backward(step, i === 0, [dHiddens ?? null, arriving], [dProjected, carry]);
      if (i > 0) arriving?.dispose();
      arriving = matmul(partOf(dProjected, step.time), this.#wHidden, { transposeB: true });
    });
    const before = reshape(this.#walk.statesOf(this.#hiddens, "before"), [length * rows, hidden]);
    const flat = reshape(dProjected, [length * rows, hidden]);
    const dState = lengths ? add(arriving as unknown as Tensor, carry) : arriving;
    return [dProjected, dState, matmul(before, flat, { transposeA: true })];
  }

  #backward(
    step: Step,
    isFirst: boolean,
    arriving: readonly (Tensor | null)[],
    targets: readonly Tensor[],
  ): void {
    const { rows, hidden, lengths, size } = this.#walk;
    if (size === 0) return;
    const lanes = lanesOf(hidden, arriving);
    const dys = arriving.map((dy) => dy ?? this.#hiddens);
    const reads = [this.#hiddens, ...dys, lengths ?? this.#hiddens];
    const flags = [isFirst ? 1 : 0, ...arriving.map((dy) => (dy ? 1 : 0)), lengths ? 1 : 0];
    const offsets = arriving.map((dy) => (dy?.offset ?? 0) / lanes);
    device().dispatch(
      backwards.get(`${this.#activation} ${lanes}`),
      [...reads, ...targets].map(({ block }) => block),
      [rows, hidden / lanes, step.time, step.after, ...flags, ...offsets, lengths?.offset ?? 0],
      ...gridOf(size / lanes),
    );
  }

  inOps(inputs: readonly Tensor[]): readonly Tensor[] {
    const [projected, state, wHidden] = inputs as [Tensor, Tensor, Tensor];
    const { op } = ACTIVATIONS[this.#activation];
    return this.#walk.unroll(projected, [state], (p, [h]) => {
      return [op(add(p, matmul(h as Tensor, wHidden)))];
    });
  }
}

function run(
  op: string,
  x: Tensor,
  state: Tensor,
  weights: VanillaWeights,
  { activation = "tanh", ...options }: SequenceOptions & VanillaOptions,
): { walk: Walk; hiddens: Tensor; last: Tensor } {
  const { wInput, wHidden, bias } = weights;
  if (ACTIVATIONS[activation] === undefined) {
    throw new UsageError(op, "activation must be tanh or relu", { got: `${activation as string}` });
  }
  const hidden = requireWeights(op, x, weights, 1);
  const [length, rows] = x.shape as [number, number];
  requireSizes(op, "wHidden", wHidden, [hidden, hidden], "[hidden, hidden]");
  requireSizes(op, "state", state, [rows, hidden], "[batch, hidden]");
  const walk = new Walk(length, rows, hidden, options);
  const projected = matmul(x, wInput, bias ? { bias } : {});
  const steps = new VanillaRecurrence(op, walk, projected, state, wHidden, activation);
  const [hiddens, last] = runRecurrence(walk, steps) as [Tensor, Tensor];
  return { walk, hiddens, last };
}

/**
 * One step of a plain recurrent network: h' = activation(x · wInput + h · wHidden + bias), the new
 * state, which is also its output.
 *
 * @param x      `[batch, input]` f32.
 * @param state  `[batch, hidden]`.
 * @throws {ShapeError} if the shapes do not fit.
 * @see Elman 1990, Finding Structure in Time.
 */
export function vanillaCell(
  x: Tensor,
  state: Tensor,
  weights: VanillaWeights,
  options: VanillaOptions = {},
): Tensor {
  if (x.dtype === "f16") return inF32(vanillaCell, x, state, weights, options);
  requireStep("vanillaCell", x);
  return run("vanillaCell", expandDims(x, 0), state, weights, options).last;
}

/**
 * A plain recurrent network over a sequence: as many steps of `vanillaCell`, with one product for the
 * inputs of all steps.
 *
 * @param x  `[time, batch, input]` f32.
 * @throws {ShapeError} if the shapes do not fit.
 */
export function vanillaRnn(
  x: Tensor,
  state: Tensor,
  weights: VanillaWeights,
  options: SequenceOptions & VanillaOptions = {},
): SequenceResult<Tensor> {
  if (x.dtype === "f16") return inF32(vanillaRnn, x, state, weights, options);
  requireSequence("vanillaRnn", x, options);
  const { walk, hiddens, last } = run("vanillaRnn", x, state, weights, options);
  return { outputs: walk.maskOutputs(hiddens), state: last };
}
