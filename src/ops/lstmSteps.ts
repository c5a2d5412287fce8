// The steps of an LSTM: one kernel each, forwards and backwards, or a product and a kernel.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { lstm } from "../shaders/lstm.ts";
import { lstmGradient } from "../shaders/lstmGradient.ts";
import { lstmSequence } from "../shaders/lstmSequence.ts";
import { lstmSequenceGradient } from "../shaders/lstmSequenceGradient.ts";
import { lstmState } from "../shaders/lstmState.ts";
import { lstmStateGradient } from "../shaders/lstmStateGradient.ts";
import { lstmStep } from "../shaders/lstmStep.ts";
import { lstmStepGradient } from "../shaders/lstmStepGradient.ts";
import { Tensor } from "../tensor/tensor.ts";
import { sigmoid, tanh } from "./activations.ts";
import { add, mul } from "./binary.ts";
import { KernelFamily, gridOf, fold } from "./dispatch.ts";
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
import { ROWS_PER_GROUP, type StepPlan, planStep } from "./recurrentPlan.ts";
import { split } from "./slice.ts";
import { isWatched } from "./tape.ts";
import { contiguous, reshape, transpose } from "./views.ts";

/** Whether rows have lengths of their own. */
type Rows = "even" | "ragged";
type Height = "short" | "tall";
type Place = "first" | "later";

const rowsOf = (lengths: Tensor | null | undefined): Rows => (lengths ? "ragged" : "even");
const isRagged = (rows: string): string => `const RAGGED = ${rows === "ragged"};`;

const forwards = /* @__PURE__ */ new KernelFamily<`${1 | 4} ${Rows}`>((key) => {
  const [lanes, rows] = key.split(" ") as [string, string];
  const prelude = `${recurrentPrelude(lanes)}\n${isRagged(rows)}\n${lstmState}`;
  return { shader: lstm, prelude };
});

const backwards = /* @__PURE__ */ new KernelFamily<`${1 | 4} ${Rows}`>((key) => {
  const [lanes, rows] = key.split(" ") as [string, string];
  const prelude = `${recurrentPrelude(lanes)}\n${isRagged(rows)}\n${lstmStateGradient}`;
  return { shader: lstmGradient, prelude };
});

const wholeForwards = /* @__PURE__ */ new KernelFamily<`${1 | 4} ${Rows} ${Height} ${Place}`>(
  (key) => {
    const [lanes, rows, height, place] = key.split(" ") as [string, string, string, string];
    const first = `const FIRST = ${place === "first"};\n${isRagged(rows)}`;
    const prelude = `${weightsPrelude(lanes, height === "tall")}\n${first}\n${lstmState}`;
    return { shader: lstmStep, prelude };
  },
);

const wholeBackwards = /* @__PURE__ */ new KernelFamily<`${1 | 4} ${Rows} ${Height}`>((key) => {
  const [lanes, rows, height] = key.split(" ") as [string, string, string];
  const weights = weightsPrelude(lanes, height === "tall");
  return {
    shader: lstmStepGradient,
    prelude: `${weights}\n${isRagged(rows)}\n${lstmStateGradient}`,
  };
});

const sequences = /* @__PURE__ */ new KernelFamily<`${1 | 4} ${Rows}`>((key) => {
  const [lanes, rows] = key.split(" ") as [string, string];
  const prelude = `${weightsPrelude(lanes, false)}\n${isRagged(rows)}\n${lstmState}`;
  return { shader: lstmSequence, prelude };
});

const sequencesBack = /* @__PURE__ */ new KernelFamily<`${1 | 4} ${Rows}`>((key) => {
  const [lanes, rows] = key.split(" ") as [string, string];
  const prelude = `${weightsPrelude(lanes, false)}\n${isRagged(rows)}\n${lstmStateGradient}`;
  return { shader: lstmSequenceGradient, prelude };
});

/** What whole steps share on their way back. */
interface WholeBackward {
  readonly plan: StepPlan;
  readonly lanes: 1 | 4;
  readonly weights: Tensor;
  /** From a unit's weights to the next one's, and from a gate's to the next one's, in lanes. */
  readonly strides: readonly number[];
}

/** Every kernel of this file. */
export function lstmKernels(): Kernel[] {
  const each = ([1, 4] as const).flatMap((lanes) => {
    return (["even", "ragged"] as const).map((rows) => `${lanes} ${rows}` as const);
  });
  const whole = each.flatMap((key) => [`${key} short`, `${key} tall`] as const);
  return [
    ...forwards.all(each),
    ...backwards.all(each),
    ...sequences.all(each),
    ...sequencesBack.all(each),
    ...wholeForwards.all(whole.flatMap((key) => [`${key} first`, `${key} later`] as const)),
    ...wholeBackwards.all(whole),
  ];
}

/** The steps of a walk; each finds the product with the hidden state or is given it. */
export class LstmRecurrence implements Recurrence {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly #walk: Walk;
  readonly #wHidden: Tensor | undefined;
  readonly #product: Tensor | undefined;
  readonly #sources: readonly Tensor[];
  readonly #isKept: boolean;
  readonly #isHiddenWatched: boolean;
  readonly #lanes: 1 | 4;
  /** How a step finds its product; undefined if it is given that. */
  readonly #plan: StepPlan | undefined;
  readonly #gates: Tensor;
  readonly #hiddens: Tensor;
  readonly #cells: Tensor;

  /**
   * @param projected  `[time, rows, 4 · hidden]`.
   * @param recurrent  wHidden, or for a single step the product with it.
   */
  constructor(
    op: string,
    walk: Walk,
    projected: Tensor,
    hidden: Tensor | undefined,
    cell: Tensor,
    recurrent: { wHidden: Tensor } | { product: Tensor },
  ) {
    this.op = op;
    this.#walk = walk;
    this.#wHidden = "wHidden" in recurrent ? contiguous(recurrent.wHidden) : undefined;
    this.#product = "product" in recurrent ? contiguous(recurrent.product) : undefined;
    const weights = "wHidden" in recurrent ? recurrent.wHidden : recurrent.product;
    this.inputs = hidden ? [projected, hidden, cell, weights] : [projected, cell, weights];
    this.#sources = [projected, hidden ?? cell, cell].map(contiguous);
    this.#isKept = isWatched(...this.inputs);
    this.#isHiddenWatched = hidden !== undefined && isWatched(hidden);
    this.#lanes = lanesOf(walk.hidden, [
      ...this.#sources,
      (this.#wHidden ?? this.#product) as Tensor,
    ]);
    const sizes = { rows: walk.rows, hidden: walk.hidden, lanes: this.#lanes };
    this.#plan = this.#wHidden && planStep(sizes, device().info.adapterClass);
    const kept = this.#isKept ? walk.length : 1;
    this.#gates = Tensor.empty([kept, walk.rows, 4 * walk.hidden], "f32");
    this.#hiddens = walk.emptyStates();
    this.#cells = walk.emptyStates();
  }

  forwardAll(): boolean {
    const { length, rows, hidden, reverse, lengths } = this.#walk;
    const wHidden = this.#wHidden;
    if (!this.#plan?.isSequence || wHidden === undefined) return false;
    const [projected, hidden0, cell0] = this.#sources as [Tensor, Tensor, Tensor];
    const lanes = this.#lanes;
    const reads = [projected, wHidden, hidden0, cell0];
    const flags = [reverse ? 1 : 0, this.#isKept ? 1 : 0];
    device().dispatch(
      sequences.get(`${lanes} ${rowsOf(lengths)}`),
      [...reads, lengths ?? projected, this.#gates, this.#cells, this.#hiddens].map(
        ({ block }) => block,
      ),
      [rows, hidden / lanes, lanes, length, ...flags].concat(
        reads.map(({ offset }) => offset / lanes),
        lengths?.offset ?? 0,
      ),
      ...fold(Math.ceil(rows / ROWS_PER_GROUP)),
    );
    return true;
  }

  forward(step: Step): void {
    if (this.#plan?.isWhole) this.#forwardWhole(step, this.#wHidden as Tensor, this.#plan);
    else this.#forwardFromProduct(step);
  }

  #forwardWhole(step: Step, wHidden: Tensor, { tall, grid }: StepPlan): void {
    const { rows, hidden, lengths } = this.#walk;
    const [projected, hidden0, cell0] = this.#sources as [Tensor, Tensor, Tensor];
    const lanes = this.#lanes;
    const reads = [projected, wHidden, hidden0, cell0];
    const place = step.isFirst ? "first" : "later";
    const kept = this.#isKept ? step.time : 0;
    device().dispatch(
      wholeForwards.get(`${lanes} ${rowsOf(lengths)} ${tall ? "tall" : "short"} ${place}`),
      [...reads, lengths ?? projected, this.#gates, this.#cells, this.#hiddens].map(
        ({ block }) => block,
      ),
      [rows, hidden / lanes, lanes, step.time, kept, step.before, step.after].concat(
        reads.map(({ offset }) => offset / lanes),
        lengths?.offset ?? 0,
      ),
      ...grid,
    );
  }

  #forwardFromProduct(step: Step): void {
    const { rows, hidden, lengths, size } = this.#walk;
    const [projected, hidden0, cell0] = this.#sources as [Tensor, Tensor, Tensor];
    const lanes = this.#lanes;
    const before = step.isFirst ? hidden0 : partOf(this.#hiddens, step.before);
    const product = this.#product ?? matmul(before, this.#wHidden as Tensor);
    const reads = [projected, product, hidden0, cell0];
    const kept = this.#isKept ? step.time : 0;
    device().dispatch(
      forwards.get(`${lanes} ${rowsOf(lengths)}`),
      [...reads, lengths ?? projected, this.#gates, this.#cells, this.#hiddens].map(
        ({ block }) => block,
      ),
      [rows, hidden / lanes, step.time, kept, step.before, step.after].concat(
        [step.isFirst ? 1 : 0],
        reads.map(({ offset }) => offset / lanes),
        lengths?.offset ?? 0,
      ),
      ...gridOf(size / lanes),
    );
    if (before !== hidden0) before.dispose();
    if (product !== this.#product) product.dispose();
  }

  outputs(): readonly Tensor[] {
    const walk = this.#walk;
    const [hiddens, cells] = [this.#hiddens, this.#cells];
    const outputs = [walk.statesOf(hiddens, "after"), walk.lastOf(hiddens), walk.lastOf(cells)];
    if (!this.#isKept) for (const buffer of [this.#gates, hiddens, cells]) buffer.dispose();
    return outputs;
  }

  gradients(dys: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    const { length, rows, hidden, lengths, steps } = this.#walk;
    const [dHiddens, dHidden, dCell] = dys as [Tensor | null, Tensor | null, Tensor | null];
    const dGates = Tensor.empty([length, rows, 4 * hidden], "f32");
    const carry = Tensor.empty([2, rows, hidden], "f32");
    const passOn = (time: number): Tensor => {
      return matmul(partOf(dGates, time), this.#wHidden as Tensor, { transposeB: true });
    };
    const whole = length > 1 && this.#plan?.isWhole ? this.#turn(dHiddens) : undefined;
    steps.toReversed().forEach((step, i, order) => {
      const later = order[i - 1]?.time;
      if (later === undefined) {
        this.#backward(step, true, [dHiddens, dHidden, dCell], dGates, carry);
      } else if (whole?.plan.isSequence) {
        if (i === 1) this.#backwardAll(whole, [dHiddens, dGates, carry]);
      } else if (whole !== undefined) {
        this.#backwardWhole(step, later, whole, [dHiddens, dGates, carry]);
      } else {
        using arriving = passOn(later);
        this.#backward(step, false, [dHiddens, arriving, dCell], dGates, carry);
      }
    });
    const dCell0 = partOf(carry, 1);
    if (this.#wHidden === undefined) return [dGates, dCell0, partOf(dGates, 0)];
    const arriving = this.#isHiddenWatched ? passOn((steps[0] as Step).time) : null;
    const dHidden0 = arriving && lengths ? add(arriving, partOf(carry, 0)) : arriving;
    const before = reshape(this.#walk.statesOf(this.#hiddens, "before"), [length * rows, hidden]);
    const flat = reshape(dGates, [length * rows, 4 * hidden]);
    return [dGates, dHidden0, dCell0, matmul(before, flat, { transposeA: true })];
  }

  /** How whole steps run backwards: neighbouring threads of a GPU read neighbouring weights. */
  #turn(dHiddens: Tensor | null): WholeBackward {
    const { rows, hidden } = this.#walk;
    const wHidden = this.#wHidden as Tensor;
    const { adapterClass } = device().info;
    const lanes = lanesOf(hidden, [wHidden, dHiddens]);
    const plan = planStep({ rows, hidden, lanes }, adapterClass);
    return adapterClass === "gpu"
      ? { plan, lanes, weights: contiguous(transpose(wHidden)), strides: [1, hidden] }
      : { plan, lanes, weights: wHidden, strides: [4 * hidden, 1] };
  }

  /** All steps but the last of the sequence. */
  #backwardAll(
    { lanes, weights, strides }: WholeBackward,
    [dHiddens, dGates, carry]: readonly [Tensor | null, Tensor, Tensor],
  ): void {
    const { length, rows, hidden, reverse, lengths, size } = this.#walk;
    if (size === 0) return;
    const reads = [this.#gates, this.#cells, dHiddens ?? this.#gates, weights];
    device().dispatch(
      sequencesBack.get(`${lanes} ${rowsOf(lengths)}`),
      [...reads, lengths ?? this.#gates, dGates, carry].map(({ block }) => block),
      [rows, hidden / lanes, length, reverse ? 1 : 0, dHiddens ? 1 : 0].concat(strides, [
        (dHiddens?.offset ?? 0) / lanes,
        weights.offset / lanes,
        lengths?.offset ?? 0,
      ]),
      ...fold(Math.ceil(rows / ROWS_PER_GROUP)),
    );
  }

  #backwardWhole(
    step: Step,
    later: number,
    { plan, lanes, weights, strides }: WholeBackward,
    [dHiddens, dGates, carry]: readonly [Tensor | null, Tensor, Tensor],
  ): void {
    const { rows, hidden, lengths, size } = this.#walk;
    if (size === 0) return;
    const reads = [this.#gates, this.#cells, dHiddens ?? this.#gates, weights];
    device().dispatch(
      wholeBackwards.get(`${lanes} ${rowsOf(lengths)} ${plan.tall ? "tall" : "short"}`),
      [...reads, lengths ?? this.#gates, dGates, carry].map(({ block }) => block),
      [rows, hidden / lanes, step.time, later, step.before, step.after].concat(
        [dHiddens ? 1 : 0],
        strides,
        [(dHiddens?.offset ?? 0) / lanes, weights.offset / lanes, lengths?.offset ?? 0],
      ),
      ...plan.grid,
    );
  }

  #backward(
    step: Step,
    isFirst: boolean,
    arriving: readonly (Tensor | null)[],
    dGates: Tensor,
    carry: Tensor,
  ): void {
    const { rows, hidden, lengths, size } = this.#walk;
    if (size === 0) return;
    const lanes = lanesOf(hidden, arriving);
    const given = arriving.map((dy) => (dy ? 1 : 0));
    const offsets = arriving.map((dy) => (dy?.offset ?? 0) / lanes);
    const dys = arriving.map((dy) => dy ?? this.#gates);
    const reads = [this.#gates, this.#cells, ...dys, lengths ?? this.#gates];
    const flags = [isFirst ? 1 : 0, ...given];
    device().dispatch(
      backwards.get(`${lanes} ${rowsOf(lengths)}`),
      [...reads, dGates, carry].map(({ block }) => block),
      [rows, hidden / lanes, step.time, step.before, step.after].concat(
        flags,
        offsets,
        lengths?.offset ?? 0,
      ),
      ...gridOf(size / lanes),
    );
  }

  inOps(inputs: readonly Tensor[]): readonly Tensor[] {
    const [projected, ...rest] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const isWhole = this.#wHidden !== undefined;
    const states = isWhole ? rest.slice(0, 2) : [rest[0], rest[0]];
    const weights = rest.at(-1) as Tensor;
    return this.#walk.unroll(projected, states, (p, [hidden, cell]) => {
      const product = isWhole ? matmul(hidden as Tensor, weights) : weights;
      return updateInOps(add(p, product), cell as Tensor);
    });
  }
}

function updateInOps(preactivations: Tensor, cell: Tensor): [hidden: Tensor, cell: Tensor] {
  const [i, f, g, o] = split(preactivations, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
  const next = add(mul(sigmoid(f), cell), mul(sigmoid(i), tanh(g)));
  return [mul(sigmoid(o), tanh(next)), next];
}
