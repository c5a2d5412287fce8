// Long short-term memory: the update from pre-activations, one step, and whole sequences.

import { ShapeError, shapeText } from "../errors.ts";
import { requireDtype } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { LstmRecurrence } from "./lstmSteps.ts";
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
import { reshape } from "./views.ts";
import { inF32 } from "./inF32.ts";

/** State of an LSTM. */
export interface LstmState {
  /** `[batch, hidden]`, or `[batch, projected]` with a projection. */
  readonly hidden: Tensor;
  /** `[batch, hidden]`. */
  readonly cell: Tensor;
}

/** Weights of an LSTM, columns in the order i, f, g, o. A forget bias is part of `bias`. */
export interface LstmWeights {
  /** `[input, 4 · hidden]`. */
  readonly wInput: Tensor;
  /** `[hidden, 4 · hidden]`, or `[projected, 4 · hidden]`. */
  readonly wHidden: Tensor;
  /** `[4 · hidden]`. */
  readonly bias?: Tensor;
  /** `[hidden, projected]`: the hidden state is h' · projection (Sak et al. 2014). */
  readonly projection?: Tensor;
}

/**
 * The state of an LSTM after a step, from the two halves of its pre-activations; for cells whose
 * products are not matrix products, such as convolutional ones.
 *
 *   [i, f, g, o] = input + recurrent
 *   c' = σ(f) · c + σ(i) · tanh(g),  h' = σ(o) · tanh(c')
 *
 * @param input      `[…, 4 · hidden]` f32.
 * @param recurrent  of the same shape.
 * @param cell       `[…, hidden]`.
 * @throws {ShapeError} if the shapes do not fit.
 */
export function lstmUpdate(input: Tensor, recurrent: Tensor, cell: Tensor): LstmState {
  if (input.dtype === "f16") return inF32(lstmUpdate, input, recurrent, cell);
  const hidden = cell.shape.at(-1) ?? 0;
  const wide = [...cell.shape.slice(0, -1), 4 * hidden];
  requireSizes("lstmUpdate", "input", input, wide, "[…, 4 · hidden]");
  requireSizes("lstmUpdate", "recurrent", recurrent, wide, "[…, 4 · hidden]");
  requireDtype("lstmUpdate", cell.dtype, ["f32"]);
  const rows = wide.slice(0, -1).reduce((product, n) => product * n, 1);
  const walk = new Walk(1, rows, hidden);
  const projected = reshape(input, [1, rows, 4 * hidden]);
  const product = reshape(recurrent, [rows, 4 * hidden]);
  const before = reshape(cell, [rows, hidden]);
  const steps = new LstmRecurrence("lstmUpdate", walk, projected, undefined, before, { product });
  const [, h, c] = runRecurrence(walk, steps) as [Tensor, Tensor, Tensor];
  return { hidden: reshape(h, cell.shape), cell: reshape(c, cell.shape) };
}

/** @returns the length of the cell state. */
function requireLstm(op: string, x: Tensor, state: LstmState, weights: LstmWeights): number {
  const { wHidden, projection } = weights;
  const hidden = requireWeights(op, x, weights, 4);
  const rows = x.shape.at(-2) as number;
  const width = projection?.shape.at(-1) ?? hidden;
  if (projection !== undefined) {
    requireSizes(op, "projection", projection, [hidden, width], "[hidden, projected]");
  }
  requireSizes(op, "wHidden", wHidden, [width, 4 * hidden], "[hidden, 4 · hidden]");
  if (state.hidden === undefined || state.cell === undefined) {
    throw new ShapeError(op, "the state must be { hidden, cell }", {
      got: `x ${shapeText(x.shape)} and another state`,
      remedy: "Start from { hidden: zeros([batch, hidden]), cell: zeros([batch, hidden]) }.",
    });
  }
  requireSizes(op, "state.hidden", state.hidden, [rows, width], "[batch, hidden]");
  requireSizes(op, "state.cell", state.cell, [rows, hidden], "[batch, hidden]");
  return hidden;
}

/**
 * One step of an LSTM; `hidden` of the result is also its output.
 *
 *   [i, f, g, o] = x · wInput + h · wHidden + bias
 *   c' = σ(f) · c + σ(i) · tanh(g),  h' = σ(o) · tanh(c')
 *
 * @param x  `[batch, input]` f32.
 * @throws {ShapeError} if the shapes do not fit.
 * @see Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Zaremba et al. 2014.
 */
export function lstmCell(x: Tensor, state: LstmState, weights: LstmWeights): LstmState {
  if (x.dtype === "f16") return inF32(lstmCell, x, state, weights);
  requireStep("lstmCell", x);
  requireLstm("lstmCell", x, state, weights);
  const { wInput, wHidden, bias, projection } = weights;
  const input = matmul(x, wInput, bias ? { bias } : {});
  const { hidden, cell } = lstmUpdate(input, matmul(state.hidden, wHidden), state.cell);
  return { hidden: projection ? matmul(hidden, projection) : hidden, cell };
}

/**
 * An LSTM over a sequence: as many steps of `lstmCell`, with one product for the inputs of all steps,
 * then one kernel per step, forwards and backwards; for long states on GPUs a product and a kernel,
 * and for small ones on software adapters one kernel for all steps.
 *
 * @param x  `[time, batch, input]` f32.
 * @throws {ShapeError} if the shapes do not fit.
 */
export function lstm(
  x: Tensor,
  state: LstmState,
  weights: LstmWeights,
  options: SequenceOptions = {},
): SequenceResult<LstmState> {
  if (x.dtype === "f16") return inF32(lstm, x, state, weights, options);
  requireSequence("lstm", x, options);
  const hidden = requireLstm("lstm", x, state, weights);
  const { wInput, wHidden, bias, projection } = weights;
  const walk = new Walk(x.shape[0] as number, x.shape[1] as number, hidden, options);
  const projected = matmul(x, wInput, bias ? { bias } : {});
  const [hiddens, last, cell] = (
    projection === undefined
      ? runRecurrence(
          walk,
          new LstmRecurrence("lstm", walk, projected, state.hidden, state.cell, { wHidden }),
        )
      : walk.unroll(projected, [state.hidden, state.cell], (p, [h, c]) => {
          const next = lstmUpdate(p, matmul(h as Tensor, wHidden), c as Tensor);
          return [matmul(next.hidden, projection), next.cell];
        })
  ) as [Tensor, Tensor, Tensor];
  return { outputs: walk.maskOutputs(hiddens), state: { hidden: last, cell } };
}
