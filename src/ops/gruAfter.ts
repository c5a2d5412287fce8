// The steps of a GRU that resets after the product: one product and one kernel each, or one kernel
// for all of them.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { gru as gruShader } from "../shaders/gru.ts";
import { gruGradient } from "../shaders/gruGradient.ts";
import { gruSequence } from "../shaders/gruSequence.ts";
import { gruSequenceGradient } from "../shaders/gruSequenceGradient.ts";
import { gruState } from "../shaders/gruState.ts";
import { gruStateGradient } from "../shaders/gruStateGradient.ts";
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
import { split } from "./slice.ts";
import { sum } from "./sum.ts";
import { isWatched } from "./tape.ts";
import { contiguous, reshape } from "./views.ts";

const forwards = /* @__PURE__ */ new KernelFamily<"1" | "4">((lanes) => {
  return { shader: gruShader, prelude: `${recurrentPrelude(lanes)}\n${gruState}` };
});

const backwards = /* @__PURE__ */ new KernelFamily<"1" | "4">((lanes) => {
  return { shader: gruGradient, prelude: `${recurrentPrelude(lanes)}\n${gruStateGradient}` };
});

const sequences = /* @__PURE__ */ new KernelFamily<"1" | "4">((lanes) => {
  return { shader: gruSequence, prelude: `${weightsPrelude(lanes, false)}\n${gruState}` };
});

const sequencesBack = /* @__PURE__ */ new KernelFamily<"1" | "4">((lanes) => {
  const prelude = `${weightsPrelude(lanes, false)}\n${gruStateGradient}`;
  return { shader: gruSequenceGradient, prelude };
});

/** Every kernel of this file. */
export function afterKernels(): Kernel[] {
  const families = [forwards, backwards, sequences, sequencesBack];
  return families.flatMap((family) => family.all(["1", "4"]));
}

/** n = tanh(p_n + r ∘ q_n), h' = (1 − z) · n + z · h with p the projected input, q = h · U + b'. */
export class AfterRecurrence implements Recurrence {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly #walk: Walk;
  readonly #wHidden: Tensor;
  readonly #bias: Tensor | undefined;
  readonly #sources: readonly [projected: Tensor, hidden: Tensor];
  readonly #isKept: boolean;
  /** Whether one kernel takes all steps. */
  readonly #isSequence: boolean;
  readonly #gates: Tensor;
  readonly #hiddens: Tensor;

  constructor(
    op: string,
    walk: Walk,
    projected: Tensor,
    state: Tensor,
    wHidden: Tensor,
    bias: Tensor | undefined,
  ) {
    this.op = op;
    this.inputs = bias ? [projected, state, wHidden, bias] : [projected, state, wHidden];
    this.#walk = walk;
    this.#wHidden = contiguous(wHidden);
    this.#bias = bias && contiguous(bias);
    this.#sources = [contiguous(projected), contiguous(state)];
    this.#isKept = isWatched(...this.inputs);
    this.#isSequence = isSequence(walk, device().info.adapterClass);
    const kept = this.#isKept ? walk.length : 1;
    this.#gates = Tensor.empty([kept, walk.rows, 4 * walk.hidden], "f32");
    this.#hiddens = walk.emptyStates();
  }

  forwardAll(): boolean {
    const { length, rows, hidden, reverse, lengths } = this.#walk;
    const [projected, initial] = this.#sources;
    const bias = this.#bias;
    const lanes = lanesOf(hidden, [projected, this.#wHidden, initial, bias ?? null]);
    if (!this.#isSequence) return false;
    const reads = [projected, this.#wHidden, initial, bias ?? projected];
    const flags = [reverse, this.#isKept, bias, lengths].map((flag) => (flag ? 1 : 0));
    const offsets = reads.map(({ offset }) => offset / lanes);
    device().dispatch(
      sequences.get(`${lanes}`),
      [...reads, lengths ?? projected, this.#gates, this.#hiddens].map(({ block }) => block),
      [rows, hidden / lanes, lanes, length, ...flags, ...offsets, lengths?.offset ?? 0],
      ...fold(Math.ceil(rows / ROWS_PER_GROUP)),
    );
    return true;
  }

  forward(step: Step): void {
    const { rows, hidden, lengths, size } = this.#walk;
    const [projected, initial] = this.#sources;
    const before = step.isFirst ? initial : partOf(this.#hiddens, step.before);
    const product = matmul(before, this.#wHidden, this.#bias ? { bias: this.#bias } : {});
    const lanes = lanesOf(hidden, [projected, initial]);
    const reads = [projected, product, initial, lengths ?? projected];
    const kept = this.#isKept ? step.time : 0;
    const slots = [step.time, kept, step.before, step.after];
    const flags = [step.isFirst ? 1 : 0, lengths ? 1 : 0];
    const offsets = [projected.offset / lanes, initial.offset / lanes, lengths?.offset ?? 0];
    device().dispatch(
      forwards.get(`${lanes}`),
      [...reads, this.#gates, this.#hiddens].map(({ block }) => block),
      [rows, hidden / lanes, ...slots, ...flags, ...offsets],
      ...gridOf(size / lanes),
    );
    product.dispose();
    if (before !== initial) before.dispose();
  }

  outputs(): readonly Tensor[] {
    const hiddens = this.#hiddens;
    const outputs = [this.#walk.statesOf(hiddens, "after"), this.#walk.lastOf(hiddens)];
    if (!this.#isKept) for (const buffer of [this.#gates, hiddens]) buffer.dispose();
    return outputs;
  }

  gradients([dHiddens, dHidden]: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    const { length, rows, hidden, steps } = this.#walk;
    const wide = [length, rows, 3 * hidden];
    const [dProjected, dProduct] = [Tensor.empty(wide, "f32"), Tensor.empty(wide, "f32")];
    const carry = Tensor.empty([rows, hidden], "f32");
    const targets = [dProjected, dProduct, carry];
    const passOn = ({ time }: Step): Tensor => {
      return matmul(partOf(dProduct, time), this.#wHidden, { transposeB: true });
    };
    const order = steps.toReversed();
    const single = this.#isSequence ? order.slice(0, 1) : order;
    single.forEach((step, i) => {
      using passed = i > 0 ? passOn(order[i - 1] as Step) : null;
      this.#backward(step, i === 0, [dHiddens ?? null, passed ?? dHidden ?? null], targets);
    });
    if (single.length < length)
      gruSequenceBack(sequencesBack, this.#pass(), dHiddens ?? null, targets);
    const dState = add(passOn(steps[0] as Step), carry);
    const before = reshape(this.#walk.statesOf(this.#hiddens, "before"), [length * rows, hidden]);
    const flat = reshape(dProduct, [length * rows, 3 * hidden]);
    const dWeights = matmul(before, flat, { transposeA: true });
    const dBias = this.#bias ? [sum(flat, 0)] : [];
    return [dProjected, dState, dWeights, ...dBias];
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
      backwards.get(`${lanes}`),
      [...reads, ...targets].map(({ block }) => block),
      [rows, hidden / lanes, step.time, step.before, ...flags, ...offsets, lengths?.offset ?? 0],
      ...gridOf(size / lanes),
    );
  }

  inOps(inputs: readonly Tensor[]): readonly Tensor[] {
    const [projected, state, wHidden, bias] = inputs as [Tensor, Tensor, Tensor, Tensor?];
    return this.#walk.unroll(projected, [state], (p, [given]) => {
      const h = given as Tensor;
      const product = matmul(h, wHidden, bias ? { bias } : {});
      const [pr, pz, pn] = split(p, 3, -1) as [Tensor, Tensor, Tensor];
      const [qr, qz, qn] = split(product, 3, -1) as [Tensor, Tensor, Tensor];
      const z = sigmoid(add(pz, qz));
      const n = tanh(add(pn, mul(sigmoid(add(pr, qr)), qn)));
      return [add(mul(sub(1, z), n), mul(z, h))];
    });
  }
}
