// Gated recurrent units: one step and whole sequences, in the two conventions there are.

import { UsageError } from "../errors.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { AfterRecurrence, afterKernels } from "./gruAfter.ts";
import { BeforeRecurrence, beforeKernels } from "./gruBefore.ts";
import { matmul } from "./matmul.ts";
import {
  type SequenceOptions,
  type SequenceResult,
  Walk,
  requireSequence,
  requireSizes,
  requireStep,
  requireWeights,
  runRecurrence,
} from "./recurrence.ts";
import { expandDims } from "./views.ts";
import { inF32 } from "./inF32.ts";

/** Every kernel of this family. */
export function gruKernels(): Kernel[] {
  return [...afterKernels(), ...beforeKernels()];
}

/** Weights of a GRU. Columns are in the order z, r, a; with `reset: "after"`, r, z, n. */
export interface GruWeights {
  /** `[input, 3 · hidden]`. */
  readonly wInput: Tensor;
  /** `[hidden, 3 · hidden]`. */
  readonly wHidden: Tensor;
  /** `[3 · hidden]`. */
  readonly bias?: Tensor;
  /** `[3 · hidden]`, added to h · wHidden; with `reset: "after"` only. */
  readonly hiddenBias?: Tensor;
}

/** Options of `gruCell`. */
export interface GruOptions {
  /**
   * Whether the reset gate meets the state before its product with the weights, as in the paper and in
   * Sonnet, or after it, as in PyTorch and cuDNN. Default "before".
   */
  readonly reset?: "before" | "after";
}

/** @returns the length of the state. */
function requireGru(
  op: string,
  x: Tensor,
  state: Tensor,
  weights: GruWeights,
  { reset = "before" }: GruOptions,
): number {
  const { wHidden, hiddenBias } = weights;
  if (reset !== "before" && reset !== "after") {
    throw new UsageError(op, 'reset must be "before" or "after"', { got: `${reset as string}` });
  }
  const hidden = requireWeights(op, x, weights, 3);
  requireSizes(op, "wHidden", wHidden, [hidden, 3 * hidden], "[hidden, 3 · hidden]");
  requireSizes(op, "state", state, [x.shape.at(-2) as number, hidden], "[batch, hidden]");
  if (hiddenBias === undefined) return hidden;
  requireSizes(op, "hiddenBias", hiddenBias, [3 * hidden], "[3 · hidden]");
  if (reset === "after") return hidden;
  throw new UsageError(op, 'hiddenBias belongs to reset: "after"', {
    remedy: "Add it to bias, or ask for that convention.",
  });
}

function run(
  op: string,
  x: Tensor,
  state: Tensor,
  weights: GruWeights,
  walk: Walk,
  { reset = "before" }: GruOptions,
): readonly [hiddens: Tensor, last: Tensor] {
  const { wInput, wHidden, bias, hiddenBias } = weights;
  const projected = matmul(x, wInput, bias ? { bias } : {});
  const steps =
    reset === "after"
      ? new AfterRecurrence(op, walk, projected, state, wHidden, hiddenBias)
      : new BeforeRecurrence(op, walk, projected, state, wHidden);
  return runRecurrence(walk, steps) as [Tensor, Tensor];
}

/**
 * One step of a GRU: the new state, which is also its output.
 *
 *   "before":  z, r = σ(x·W + h·U + b),  a = tanh(x·W_a + (r ∘ h)·U_a + b_a),  h' = (1 − z)·h + z·a
 *   "after":   r, z = σ(x·W + b + h·U + b'),  n = tanh(x·W_n + b_n + r ∘ (h·U_n + b'_n)),
 *              h' = (1 − z)·n + z·h
 *
 * @param x      `[batch, input]` f32.
 * @param state  `[batch, hidden]`.
 * @throws {ShapeError} if the shapes do not fit.
 * @see Cho et al. 2014, Learning Phrase Representations using RNN Encoder–Decoder.
 */
export function gruCell(
  x: Tensor,
  state: Tensor,
  weights: GruWeights,
  options: GruOptions = {},
): Tensor {
  if (x.dtype === "f16") return inF32(gruCell, x, state, weights, options);
  requireStep("gruCell", x);
  const hidden = requireGru("gruCell", x, state, weights, options);
  const walk = new Walk(1, x.shape[0] as number, hidden);
  return run("gruCell", expandDims(x, 0), state, weights, walk, options)[1];
}

/**
 * A GRU over a sequence: as many steps of `gruCell`, with one product for the inputs of all steps, and
 * for small states on software adapters one kernel for the rest of all steps, forwards and backwards.
 *
 * @param x  `[time, batch, input]` f32.
 * @throws {ShapeError} if the shapes do not fit.
 */
export function gru(
  x: Tensor,
  state: Tensor,
  weights: GruWeights,
  options: SequenceOptions & GruOptions = {},
): SequenceResult<Tensor> {
  if (x.dtype === "f16") return inF32(gru, x, state, weights, options);
  requireSequence("gru", x, options);
  const hidden = requireGru("gru", x, state, weights, options);
  const walk = new Walk(x.shape[0] as number, x.shape[1] as number, hidden, options);
  const [hiddens, last] = run("gru", x, state, weights, walk, options);
  return { outputs: walk.maskOutputs(hiddens), state: last };
}
