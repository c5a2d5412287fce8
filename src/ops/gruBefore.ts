// The steps of a GRU that resets before the product: two products and two kernels each, or one kernel
// for all of them.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { gruReset } from "../shaders/gruReset.ts";
import { gruResetGradient } from "../shaders/gruResetGradient.ts";
import { gruResetSequence } from "../shaders/gruResetSequence.ts";
import { gruResetSequenceGradient } from "../shaders/gruResetSequenceGradient.ts";
import { gruResetState } from "../shaders/gruResetState.ts";
import { gruResetStateGradient } from "../shaders/gruResetStateGradient.ts";
import { Tensor } from "../tensor/tensor.ts";
import { sigmoid, tanh } from "./activations.ts";
import { add, mul, sub } from "./binary.ts";
import { KernelFamily, fold, gridOf } from "./dispatch.ts";
import { type GruPass, gruSequenceBack } from "./gruSequenceBack.ts";
import { matmul } from "./matmul.ts";
import {
  type Recurrence,
  type Step,
  type Walk,
  lanesOf,
  partOf,
  recurrentPrelude,
  weightsPrelude,
} from "./recurrence.ts";
import { ROWS_PER_GROUP, isSequence } from "./recurrentPlan.ts";
import { concat, split } from "./slice.ts";
import { isWatched } from "./tape.ts";
import { contiguous } from "./views.ts";

type Half = "open" | "close";

const forwards = /* @__PURE__ */ new KernelFamily<`${Half} ${"1" | "4"}`>((key) => {
  const [entryPoint, lanes] = key.split(" ") as [Half, string];
  const prelude = `${recurrentPrelude(lanes)}\n${gruResetState}`;
  return { shader: gruReset, prelude, entryPoint };
});

const backwards = /* @__PURE__ */ new KernelFamily<`${Half} ${"1" | "4"}`>((key) => {
  const [entryPoint, lanes] = key.split(" ") as [Half, string];
  const prelude = `${recurrentPrelude(lanes)}\n${gruResetStateGradient}`;
  return { shader: gruResetGradient, prelude, entryPoint };
});

const sequences = /* @__PURE__ */ new KernelFamily<"1" | "4">((lanes) => {
  return { shader: gruResetSequence, prelude: `${weightsPrelude(lanes, false)}\n${gruResetState}` };
});

const sequencesBack = /* @__PURE__ */ new KernelFamily<"1" | "4">((lanes) => {
  const prelude = `${weightsPrelude(lanes, false)}\n${gruResetStateGradient}`;
  return { shader: gruResetSequenceGradient, prelude };
});

/** Every kernel of this file. */
export function beforeKernels(): Kernel[] {
  const keys = ["open 1", "open 4", "close 1", "close 4"] as const;
  const steps = [forwards, backwards].flatMap((family) => family.all(keys));
  return [...steps, ...[sequences, sequencesBack].flatMap((family) => family.all(["1", "4"]))];
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
  readonly #wHidden: Tensor;
  /** Its columns for z and r, and for a. */
  readonly #wGates: Tensor;
  readonly #wCandidate: Tensor;
  readonly #sources: readonly [projected: Tensor, hidden: Tensor];
  readonly #isKept: boolean;
  /** Whether one kernel takes all steps. */
  readonly #isSequence: boolean;
  readonly #gates: Tensor;
  readonly #resets: Tensor;
  readonly #hiddens: Tensor;

  constructor(op: string, walk: Walk, projected: Tensor, state: Tensor, wHidden: Tensor) {
    const { length, rows, hidden } = walk;
    this.op = op;
    this.inputs = [projected, state, wHidden];
    this.#walk = walk;
    this.#wHidden = contiguous(wHidden);
    this.#wGates = columnsOf(this.#wHidden, 0, 2 * hidden);
    this.#wCandidate = columnsOf(this.#wHidden, 2 * hidden, hidden);
    this.#sources = [contiguous(projected), contiguous(state)];
    this.#isKept = isWatched(...this.inputs);
    this.#isSequence = isSequence(walk, device().info.adapterClass);
    const kept = this.#isKept ? length : 1;
    this.#gates = Tensor.empty([kept, rows, 3 * hidden], "f32");
    this.#resets = Tensor.empty([kept, rows, hidden], "f32");
    this.#hiddens = walk.emptyStates();
  }

  forwardAll(): boolean {
    if (!this.#isSequence) return false;
    const { length, rows, hidden, reverse, lengths } = this.#walk;
    const [projected, initial] = this.#sources;
    const reads = [projected, this.#wHidden, initial];
    const lanes = lanesOf(hidden, reads);
    const flags = [reverse, this.#isKept, lengths].map((flag) => (flag ? 1 : 0));
    const offsets = reads.map(({ offset }) => offset / lanes);
    const writes = [this.#gates, this.#resets, this.#hiddens];
    device().dispatch(
      sequences.get(`${lanes}`),
      [...reads, lengths ?? projected, ...writes].map(({ block }) => block),
      [rows, hidden / lanes, lanes, length, ...flags, ...offsets, lengths?.offset ?? 0],
      ...fold(Math.ceil(rows / ROWS_PER_GROUP)),
    );
    return true;
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
    const targets = [dProjected, carry];
    const back = { transposeB: true };
    const passOn = ({ time }: Step): Tensor => {
      return matmul(columnsOf(partOf(dProjected, time), 0, 2 * hidden), this.#wGates, back);
    };
    const order = steps.toReversed();
    const single = this.#isSequence ? order.slice(0, 1) : order;
    single.forEach((step, i) => {
      using passed = i > 0 ? passOn(order[i - 1] as Step) : null;
      const arriving = [dHiddens ?? null, passed ?? dHidden ?? null];
      this.#backward("close", step, i === 0, arriving, targets);
      const dCandidate = columnsOf(partOf(dProjected, step.time), 2 * hidden, hidden);
      using dReset = matmul(dCandidate, this.#wCandidate, back);
      this.#backward("open", step, i === 0, [null, dReset], targets);
    });
    if (single.length < length)
      gruSequenceBack(sequencesBack, this.#pass(), dHiddens ?? null, targets);
    const dState = add(passOn(steps[0] as Step), carry);
    const flat = flatten(dProjected);
    const before = flatten(this.#walk.statesOf(this.#hiddens, "before"));
    const options = { transposeA: true };
    const dGates = matmul(before, columnsOf(flat, 0, 2 * hidden), options);
    const dCandidate = matmul(flatten(this.#resets), columnsOf(flat, 2 * hidden, hidden), options);
    const dWeights = concat([dGates, dCandidate], 1);
    return [dProjected, dState, dWeights];
  }

  #pass(): GruPass {
    return {
      walk: this.#walk,
      gates: this.#gates,
      hiddens: this.#hiddens,
      weights: this.#wHidden,
    };
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
