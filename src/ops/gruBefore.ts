// The steps of a GRU that resets before the product: two products and two kernels each.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { gruReset } from "../shaders/gruReset.ts";
import { gruResetGradient } from "../shaders/gruResetGradient.ts";
import { Tensor } from "../tensor/tensor.ts";
import { sigmoid, tanh } from "./activations.ts";
import { add, mul, sub } from "./binary.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { matmul } from "./matmul.ts";
import {
  type Recurrence,
  type Step,
  type Walk,
  lanesOf,
  partOf,
  recurrentPrelude,
} from "./recurrence.ts";
import { concat, split } from "./slice.ts";
import { isWatched } from "./tape.ts";
import { contiguous } from "./views.ts";

type Half = "open" | "close";

const forwards = /* @__PURE__ */ new KernelFamily<`${Half} ${"1" | "4"}`>((key) => {
  const [entryPoint, lanes] = key.split(" ") as [Half, string];
  return { shader: gruReset, prelude: recurrentPrelude(lanes), entryPoint };
});

const backwards = /* @__PURE__ */ new KernelFamily<`${Half} ${"1" | "4"}`>((key) => {
  const [entryPoint, lanes] = key.split(" ") as [Half, string];
  return { shader: gruResetGradient, prelude: recurrentPrelude(lanes), entryPoint };
});

/** Every kernel of this file. */
export function beforeKernels(): Kernel[] {
  const keys = ["open 1", "open 4", "close 1", "close 4"] as const;
  return [...forwards.all(keys), ...backwards.all(keys)];
}

/** `count` columns of a matrix from `first` on, as a view that no tape sees. */
function columnsOf(x: Tensor, first: number, count: number): Tensor {
  const shape = [x.shape[0] as number, count];
  return Tensor.view(x, shape, x.strides, x.offset + first * (x.strides[1] as number));
}

/** `[time, rows, n]` as `[time · rows, n]`. */
function flatten(x: Tensor): Tensor {
  const width = x.shape[2] as number;
  return Tensor.view(x, [(x.shape[0] as number) * (x.shape[1] as number), width]);
}

/** a = tanh(p_a + (r ∘ h) · U_a), h' = (1 − z) · h + z · a with p the projected input. */
export class BeforeRecurrence implements Recurrence {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly #walk: Walk;
  /** Weights of z and r, and of a. */
  readonly #wGates: Tensor;
  readonly #wCandidate: Tensor;
  readonly #sources: readonly [projected: Tensor, hidden: Tensor];
  readonly #isKept: boolean;
  readonly #gates: Tensor;
  readonly #resets: Tensor;
  readonly #hiddens: Tensor;

  constructor(op: string, walk: Walk, projected: Tensor, state: Tensor, wHidden: Tensor) {
    const { length, rows, hidden } = walk;
    this.op = op;
    this.inputs = [projected, state, wHidden];
    this.#walk = walk;
    this.#wGates = columnsOf(wHidden, 0, 2 * hidden);
    this.#wCandidate = columnsOf(wHidden, 2 * hidden, hidden);
    this.#sources = [contiguous(projected), contiguous(state)];
    this.#isKept = isWatched(...this.inputs);
    const kept = this.#isKept ? length : 1;
    this.#gates = Tensor.empty([kept, rows, 3 * hidden], "f32");
    this.#resets = Tensor.empty([kept, rows, hidden], "f32");
    this.#hiddens = walk.emptyStates();
  }

  forward(step: Step): void {
    const initial = this.#sources[1];
    const before = step.isFirst ? initial : partOf(this.#hiddens, step.before);
    this.#half("open", step, matmul(before, this.#wGates));
    const reset = partOf(this.#resets, this.#isKept ? step.time : 0);
    this.#half("close", step, matmul(reset, this.#wCandidate));
    reset.dispose();
    if (before !== initial) before.dispose();
  }

  #half(half: Half, step: Step, product: Tensor): void {
    const { rows, hidden, lengths, size } = this.#walk;
    const [projected, initial] = this.#sources;
    const lanes = lanesOf(hidden, [projected, initial]);
    const reads = [projected, product, initial, lengths ?? projected];
    const slots = [step.time, this.#isKept ? step.time : 0, step.before, step.after];
    const flags = [step.isFirst ? 1 : 0, lengths ? 1 : 0];
    const offsets = [projected.offset / lanes, initial.offset / lanes, lengths?.offset ?? 0];
    device().dispatch(
      forwards.get(`${half} ${lanes}`),
      [...reads, this.#gates, this.#resets, this.#hiddens].map(({ block }) => block),
      [rows, hidden / lanes, ...slots, ...flags, ...offsets],
      ...gridOf(size / lanes),
    );
    product.dispose();
  }

  outputs(): readonly Tensor[] {
    const hiddens = this.#hiddens;
    const outputs = [this.#walk.statesOf(hiddens, "after"), this.#walk.lastOf(hiddens)];
    if (!this.#isKept) for (const buffer of [this.#gates, this.#resets, hiddens]) buffer.dispose();
    return outputs;
  }

  gradients([dHiddens, dHidden]: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    const { length, rows, hidden, steps } = this.#walk;
    const dProjected = Tensor.empty([length, rows, 3 * hidden], "f32");
    const carry = Tensor.empty([rows, hidden], "f32");
    let arriving = dHidden ?? null;
    steps.toReversed().forEach((step, i) => {
      const targets = [dProjected, carry];
      const own = partOf(dProjected, step.time);
      this.#backward("close", step, i === 0, [dHiddens ?? null, arriving], targets);
      const dReset = matmul(columnsOf(own, 2 * hidden, hidden), this.#wCandidate, {
        transposeB: true,
      });
      this.#backward("open", step, i === 0, [null, dReset], targets);
      dReset.dispose();
      if (i > 0) arriving?.dispose();
      arriving = matmul(columnsOf(own, 0, 2 * hidden), this.#wGates, { transposeB: true });
    });
    const flat = flatten(dProjected);
    const before = flatten(this.#walk.statesOf(this.#hiddens, "before"));
    const options = { transposeA: true };
    const dGates = matmul(before, columnsOf(flat, 0, 2 * hidden), options);
    const dCandidate = matmul(flatten(this.#resets), columnsOf(flat, 2 * hidden, hidden), options);
    const dWeights = concat([dGates, dCandidate], 1);
    return [dProjected, add(arriving as unknown as Tensor, carry), dWeights];
  }

  #backward(
    half: Half,
    step: Step,
    isFirst: boolean,
    arriving: readonly (Tensor | null)[],
    targets: readonly Tensor[],
  ): void {
    const { rows, hidden, lengths, size } = this.#walk;
    if (size === 0) return;
    const lanes = lanesOf(hidden, arriving);
    const dys = arriving.map((dy) => dy ?? this.#gates);
    const reads = [this.#gates, this.#hiddens, ...dys, lengths ?? this.#gates];
    const flags = [isFirst ? 1 : 0, ...arriving.map((dy) => (dy ? 1 : 0)), lengths ? 1 : 0];
    const offsets = arriving.map((dy) => (dy?.offset ?? 0) / lanes);
    device().dispatch(
      backwards.get(`${half} ${lanes}`),
      [...reads, ...targets].map(({ block }) => block),
      [rows, hidden / lanes, step.time, step.before, ...flags, ...offsets, lengths?.offset ?? 0],
      ...gridOf(size / lanes),
    );
  }

  inOps(inputs: readonly Tensor[]): readonly Tensor[] {
    const [projected, state, wHidden] = inputs as [Tensor, Tensor, Tensor];
    const { hidden } = this.#walk;
    const [wGates, wCandidate] = split(wHidden, [2 * hidden, hidden], 1) as [Tensor, Tensor];
    return this.#walk.unroll(projected, [state], (p, [given]) => {
      const h = given as Tensor;
      const [pg, pa] = split(p, [2 * hidden, hidden], -1) as [Tensor, Tensor];
      const gates = sigmoid(add(pg, matmul(h, wGates)));
      const [z, r] = split(gates, 2, -1) as [Tensor, Tensor];
      const a = tanh(add(pa, matmul(mul(r, h), wCandidate)));
      return [add(mul(sub(1, z), h), mul(z, a))];
    });
  }
}
