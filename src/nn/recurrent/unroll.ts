// Cores over sequences.

import { ShapeError, UsageError, shapeText } from "../../errors.ts";
import { zeros } from "../../ops/creation.ts";
import { greater } from "../../ops/binary.ts";
import { requireDtype } from "../../tensor/dtype.ts";
import { stack } from "../../ops/slice.ts";
import { reshape } from "../../ops/views.ts";
import { where } from "../../ops/where.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { leavesOf, mapLeaves, zipLeaves } from "../tree.ts";
import { type RNNCore, type Stepped, type UnrollOptions, isCore } from "./rnnCore.ts";

/** A core, or any function like one. */
export type StepFunction<State, Input = Tensor, Output = Tensor> = (
  x: Input,
  state: State,
) => Stepped<State, Output>;

/** @returns the number of steps. */
function requireSteps(op: string, sequence: unknown, lengths: Tensor | undefined): number {
  const leaves = leavesOf(sequence);
  const [first] = leaves;
  const wanted = "the sequence must be [time, batch, …]";
  if (first === undefined) throw new UsageError(op, wanted, { got: "no tensor" });
  const short = leaves.find(({ rank }) => rank < 2);
  if (short !== undefined) throw new ShapeError(op, wanted, { got: shapeText(short.shape) });
  const [steps, rows] = first.shape as [number, number];
  const stranger = leaves.find(({ shape }) => shape[0] !== steps);
  if (stranger !== undefined) {
    throw new ShapeError(op, "all tensors of the sequence must have as many steps", {
      got: `${shapeText(first.shape)} and ${shapeText(stranger.shape)}`,
    });
  }
  if (steps === 0)
    throw new ShapeError(op, "there must be a step", { got: shapeText(first.shape) });
  if (lengths === undefined) return steps;
  if (!(lengths instanceof Tensor)) {
    throw new UsageError(op, "sequenceLength must be a tensor", {
      got: String(lengths),
      remedy: 'Write tensor([…], { dtype: "i32" }).',
    });
  }
  requireDtype(op, lengths.dtype, ["i32", "u32"]);
  if (lengths.rank !== 1 || lengths.shape[0] !== rows) {
    throw new ShapeError(op, `sequenceLength must be [batch], [${rows}]`, {
      got: shapeText(lengths.shape),
    });
  }
  return steps;
}

/** Rows whose sequence has not ended take what is new; scalars always do. */
function take<T>(op: string, isLive: Tensor, next: T, last: unknown): T {
  return zipLeaves(op, [next, last], (a, b) => {
    if ((a as Tensor).rank === 0) return a as Tensor;
    const mask = reshape(isLive, [isLive.size, ...(a as Tensor).shape.slice(1).map(() => 1)]);
    return where(mask, a as Tensor, b as Tensor);
  });
}

/**
 * A core step by step over a sequence; what it gives is stacked along time. Inputs, outputs and states are
 * tensors, arrays of them, or plain objects.
 *
 *     const [ys, last] = staticUnroll(core, xs, core.initialState(batchSize));
 *
 * @param sequence  `[time, batch, …]` each.
 * @returns         outputs `[time, batch, …]`, and the state after each row's last step.
 * @throws {ShapeError} if there is no step, or numbers of steps differ.
 */
export function staticUnroll<State, Input = Tensor, Output = Tensor>(
  core: StepFunction<State, Input, Output>,
  sequence: Input,
  initialState: State,
  options: UnrollOptions = {},
): Stepped<State, Output> {
  const count = requireSteps("staticUnroll", sequence, options.sequenceLength);
  return walk("staticUnroll", count, core, sequence, initialState, options);
}

/**
 * A core over a sequence, by a kernel for all steps where the core has one (`LSTM`, `GRU`, `VanillaRNN`, and
 * `DeepRNN` of these), else as `staticUnroll`. Both agree within rounding.
 *
 *     const [ys, last] = dynamicUnroll(core, xs, core.initialState(batchSize));
 *
 * @param sequence  `[time, batch, …]` each.
 * @returns         outputs `[time, batch, …]`, and the state after each row's last step.
 * @throws {ShapeError} if there is no step, or numbers of steps differ.
 */
export function dynamicUnroll<State, Input = Tensor, Output = Tensor>(
  core: StepFunction<State, Input, Output>,
  sequence: Input,
  initialState: State,
  options: UnrollOptions = {},
): Stepped<State, Output> {
  const count = requireSteps("dynamicUnroll", sequence, options.sequenceLength);
  if (isCore(core) && sequence instanceof Tensor) {
    const whole = core as unknown as RNNCore<State>;
    const result = whole.unroll?.(sequence, initialState, options);
    if (result !== undefined) return result as unknown as Stepped<State, Output>;
  }
  return walk("dynamicUnroll", count, core, sequence, initialState, options);
}

function walk<State, Input, Output>(
  op: string,
  count: number,
  core: StepFunction<State, Input, Output>,
  sequence: Input,
  initialState: State,
  { sequenceLength }: UnrollOptions,
): Stepped<State, Output> {
  let state = initialState;
  const outputs: Output[] = [];
  for (let t = 0; t < count; t++) {
    const x = mapLeaves(sequence, (leaf) => leaf.slice([t]));
    let [output, next] = core(x, state);
    if (sequenceLength !== undefined) {
      const isLive = greater(sequenceLength, t);
      const before: unknown =
        outputs.at(-1) ?? mapLeaves(output, (leaf) => zeros(leaf.shape, leaf.dtype));
      output = take(op, isLive, output, before);
      next = take(op, isLive, next, state);
    }
    outputs.push(output);
    state = next;
  }
  const [first, ...rest] = outputs as [Output, ...Output[]];
  return [zipLeaves(op, [first, ...rest], (...leaves) => stack(leaves)), state];
}
