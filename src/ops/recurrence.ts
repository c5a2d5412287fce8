// What recurrent ops share: the walk over a sequence, rows that end early, checks of shapes, and
// the way through ops that gradients of gradients take.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { type Shape, sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { add, greater, mul } from "./binary.ts";
import { cast } from "./cast.ts";
import { arange } from "./creation.ts";
import { GradientTape } from "./gradient.ts";
import { stack } from "./slice.ts";
import { sum } from "./sum.ts";
import { isWatched, recordJoint, untaped } from "./tape.ts";
import { contiguous, reshape } from "./views.ts";
import { where } from "./where.ts";
import { KEEP_NAN, SIGMOID, TANH } from "./wgslFunctions.ts";

/** Options of recurrent ops over a sequence. */
export interface SequenceOptions {
  /**
   * `[batch]` i32 or u32. From its length on a row keeps its state and repeats its last output; before
   * the first one its outputs are zeros.
   */
  readonly sequenceLengths?: Tensor;
  /** Runs from the last step to the first; outputs stay in the order of `x`. Default false. */
  readonly reverse?: boolean;
}

/** What a recurrent op makes of a sequence. */
export interface SequenceResult<State> {
  /** `[time, batch, hidden]`. */
  readonly outputs: Tensor;
  /** After the last step. */
  readonly state: State;
}

/** One step of a walk. States lie in slots: one more than there are steps. */
export interface Step {
  readonly time: number;
  /** Slot of the state that the step starts from. */
  readonly before: number;
  readonly after: number;
  readonly isFirst: boolean;
}

/** The steps of a sequence in the order in which they run. */
export class Walk {
  readonly length: number;
  readonly rows: number;
  readonly hidden: number;
  readonly reverse: boolean;
  readonly lengths: Tensor | undefined;
  readonly steps: readonly Step[];

  constructor(length: number, rows: number, hidden: number, options: SequenceOptions = {}) {
    const { reverse = false, sequenceLengths } = options;
    this.length = length;
    this.rows = rows;
    this.hidden = hidden;
    this.reverse = reverse;
    this.lengths = sequenceLengths && contiguous(cast(sequenceLengths, "i32"));
    this.steps = Array.from({ length }, (_, i) => {
      if (reverse) return { time: length - 1 - i, before: length - i, after: length - 1 - i };
      return { time: i, before: i, after: i + 1 };
    }).map((step, i) => ({ ...step, isFirst: i === 0 }));
  }

  /** Elements of a state. */
  get size(): number {
    return this.rows * this.hidden;
  }

  /** A buffer for the states of all steps, and the initial one. */
  emptyStates(): Tensor {
    return Tensor.empty([this.length + 1, this.rows, this.hidden], "f32");
  }

  /** `[time, rows, hidden]`: the states before or after each step. */
  statesOf(states: Tensor, side: "before" | "after"): Tensor {
    const first = (side === "after") === this.reverse ? 0 : this.size;
    return Tensor.view(states, [this.length, this.rows, this.hidden], undefined, first);
  }

  /** `[rows, hidden]`: the state after the last step. */
  lastOf(states: Tensor): Tensor {
    return partOf(states, (this.steps.at(-1) as Step).after);
  }

  /** Zeros before a row's first step; `[time, rows, hidden]`. */
  maskOutputs(hiddens: Tensor): Tensor {
    if (this.lengths === undefined) return hiddens;
    const ends = reshape(this.lengths, [1, this.rows, 1]);
    const times = reshape(arange(0, this.length, 1, "i32"), [this.length, 1, 1]);
    return where(greater(ends, this.reverse ? times : 0), hiddens, 0);
  }

  /**
   * The walk in ops.
   *
   * @param step  from one step of `x` and the states before it to those after it, `hidden` first.
   * @returns     `[time, …]` of the first state, then the last of each state.
   */
  unroll(
    x: Tensor,
    initial: readonly Tensor[],
    step: (x: Tensor, states: readonly Tensor[]) => readonly Tensor[],
  ): readonly Tensor[] {
    let states = initial;
    const outputs: Tensor[] = Array<Tensor>(this.length);
    for (const { time } of this.steps) {
      const next = step(x.slice([time]), states);
      const live = this.lengths && reshape(greater(this.lengths, time), [this.rows, 1]);
      states = next.map((state, i) => (live ? where(live, state, states[i] as Tensor) : state));
      outputs[time] = states[0] as Tensor;
    }
    return [stack(outputs), ...states];
  }
}

/** Entry `index` of the first axis, as a view that no tape sees. */
export function partOf(x: Tensor, index: number): Tensor {
  const shape = x.shape.slice(1);
  const strides = x.strides.slice(1);
  return Tensor.view(x, shape, strides, x.offset + index * (x.strides[0] as number));
}

/** How a recurrent op runs. Tapes see nothing of it but `inOps`. */
export interface Recurrence {
  readonly op: string;
  /** Projected inputs, initial states, weights. */
  readonly inputs: readonly Tensor[];
  forward(step: Step): void;
  /** All steps at once; false if they have to be taken one by one. */
  forwardAll?(): boolean;
  /** All hidden states in the order of time, then the last of each state. */
  outputs(): readonly Tensor[];
  /** One gradient per input. */
  gradients(dys: readonly (Tensor | null)[]): readonly (Tensor | null)[];
  /** The outputs once more, made of ops. */
  inOps(inputs: readonly Tensor[]): readonly Tensor[];
}

/** Runs a recurrence and records its gradient: fused, or through ops if that is watched as well. */
export function runRecurrence(walk: Walk, recurrence: Recurrence): readonly Tensor[] {
  const { op, inputs } = recurrence;
  if (walk.size > 0) {
    untaped(() => {
      if (recurrence.forwardAll?.() === true) return;
      for (const step of walk.steps) recurrence.forward(step);
    });
  }
  const outputs = recurrence.outputs();
  recordJoint(
    op,
    inputs,
    outputs,
    (dys) => {
      if (isWatched(...inputs, ...dys.filter((dy) => dy !== null))) {
        return gradientsInOps(inputs, dys, (own) => recurrence.inOps(own));
      }
      return untaped(() => recurrence.gradients(dys.map((dy) => dy && contiguous(dy))));
    },
    recurrence,
  );
  return outputs;
}

/** Gradients of an op through a repetition of it in ops, which outer tapes can record. */
function gradientsInOps(
  inputs: readonly Tensor[],
  dys: readonly (Tensor | null)[],
  run: (inputs: readonly Tensor[]) => readonly Tensor[],
): (Tensor | null)[] {
  // Views, so that a tensor that is given twice has a gradient for each place.
  const own = inputs.map((input) => reshape(input, input.shape));
  using tape = new GradientTape();
  tape.watch(...own);
  const terms = run(own).flatMap((y, i) => {
    const dy = dys[i];
    return dy ? [sum(mul(y, dy))] : [];
  });
  return tape.gradient(terms.reduce(add), own);
}

/** WGSL of recurrent kernels for elements or vectors of four. */
export function recurrentPrelude(lanes: string): string {
  const [value, word] = lanes === "4" ? ["vec4<f32>", "vec4<u32>"] : ["f32", "u32"];
  return `alias A = ${value};
alias Word = ${word};
${KEEP_NAN}
${TANH}
${SIGMOID}
fn tanhOf(x: A) -> A { return keepNan(tanhStable(x), x); }`;
}

/** `recurrentPrelude`, and reads of `weights` for kernels that find the product themselves. */
export function weightsPrelude(lanes: string, tall: boolean): string {
  const lines = "weights[at], weights[at + line], weights[at + 2u * line], weights[at + 3u * line]";
  const [block, value] =
    lanes === "4" ? ["mat4x4<f32>", `Block(${lines})`] : ["f32", "weights[at]"];
  return `${recurrentPrelude(lanes)}
alias Block = ${block};
const TALL = ${tall};
fn blockAt(at: u32, line: u32) -> Block { return ${value}; }`;
}

/** Elements that a thread takes at once: vectors where alignment allows, for software adapters. */
export function lanesOf(hidden: number, tensors: readonly (Tensor | null)[]): 1 | 4 {
  if (device().info.adapterClass === "gpu" || hidden % 4 !== 0) return 1;
  return tensors.every((x) => x === null || x.offset % 4 === 0) ? 4 : 1;
}

/** @throws {ShapeError} if a tensor is not f32 of the shape that the others give it. */
export function requireSizes(
  op: string,
  name: string,
  given: Tensor,
  shape: Shape,
  axes: string,
): void {
  requireDtype(op, given.dtype, ["f32"]);
  if (sameShape(given.shape, shape)) return;
  throw new ShapeError(op, `${name} must be ${axes}, here ${shapeText(shape)}`, {
    got: shapeText(given.shape),
    remedy: "Sizes follow from x and wHidden.",
  });
}

/** Weights that every recurrent op has. */
interface Weights {
  readonly wInput: Tensor;
  readonly wHidden: Tensor;
  readonly bias?: Tensor;
}

/**
 * Length of the hidden state of `gates` blocks, after checking the input and its weights.
 *
 * @throws {ShapeError} if they do not fit.
 */
export function requireWeights(op: string, x: Tensor, weights: Weights, gates: number): number {
  const { wInput, wHidden, bias } = weights;
  requireDtype(op, x.dtype, ["f32"]);
  const columns = wHidden.shape[1] ?? 0;
  if (wHidden.rank !== 2 || columns % gates !== 0) {
    throw new ShapeError(op, `wHidden must be [hidden, ${gates} · hidden]`, {
      got: shapeText(wHidden.shape),
    });
  }
  const wide = gates === 1 ? "hidden" : `${gates} · hidden`;
  requireSizes(op, "wInput", wInput, [x.shape.at(-1) ?? 0, columns], `[input, ${wide}]`);
  if (bias !== undefined) requireSizes(op, "bias", bias, [columns], `[${wide}]`);
  return columns / gates;
}

/** @throws {ShapeError} if `x` is not a sequence, or lengths are not one per row. */
export function requireSequence(op: string, x: Tensor, options: SequenceOptions): void {
  const { sequenceLengths } = options;
  if (x.rank !== 3 || x.shape[0] === 0) {
    throw new ShapeError(op, "x must be [time, batch, input] with at least one step", {
      got: shapeText(x.shape),
      remedy: x.rank === 2 ? `Use ${op}Cell() for one step.` : "Put the time axis first.",
    });
  }
  if (sequenceLengths === undefined) return;
  requireDtype(op, sequenceLengths.dtype, ["i32", "u32"]);
  if (sequenceLengths.rank === 1 && sequenceLengths.size === x.shape[1]) return;
  throw new ShapeError(op, "sequenceLengths must be [batch]", {
    got: `${shapeText(sequenceLengths.shape)} for x ${shapeText(x.shape)}`,
  });
}

/** @throws {ShapeError} if `x` is not one step. */
export function requireStep(op: string, x: Tensor): void {
  if (x.rank === 2) return;
  throw new ShapeError(op, "x must be [batch, input]", {
    got: shapeText(x.shape),
    remedy: x.rank === 3 ? "The op of this name without Cell runs over a sequence." : undefined,
  });
}
