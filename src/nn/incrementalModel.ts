// Language models a few tokens at a time.

import { ShapeError, shapeText } from "../errors.ts";
import { zeros } from "../ops/creation.ts";
import { gather } from "../ops/gather.ts";
import { reshape } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { positionsFrom, written } from "./attention/keyValueCache.ts";

/** Logits of what follows each token, and the state after the last. */
export interface Increment<State> {
  /** `[batch, T, vocabulary]`. */
  readonly logits: Tensor;
  readonly state: State;
}

/**
 * A language model that goes on from a state: the caches of a transformer, the states of recurrent cores.
 *
 *     const { logits, state } = model.step(codes, model.initialState(1, 256), position);
 *
 * States are tensors, arrays of them, or plain objects. Their shapes stay, so that a step is compiled once.
 */
export interface IncrementalModel<State = unknown> {
  /** Positions that a state can hold. Undefined: no limit. */
  readonly maxLength?: number | undefined;
  /** The state before the first token, for sequences of up to `length` tokens. */
  initialState(batchSize: number, length: number): State;
  /**
   * @param codes     `[batch, T]` i32, the tokens at `position` … `position` + T − 1.
   * @param position  i32, one number, on the GPU.
   */
  step(codes: Tensor, state: State, position: Tensor): Increment<State>;
}

/**
 * A causal model without states as an incremental one: each step computes the whole window anew. Its
 * state is the tokens.
 *
 * @param model      from `[batch, length]` i32 to logits `[batch, length, vocabulary]`; those of a position may
 *                   depend on no later one.
 * @param maxLength  of the window.
 */
export function recomputed(
  model: (codes: Tensor) => Tensor,
  maxLength: number,
): IncrementalModel<Tensor> {
  return {
    maxLength,
    initialState: (batchSize, length) => zeros([batchSize, Math.min(length, maxLength)], "i32"),
    step(codes, state, position) {
      const [batch, length] = state.shape as [number, number];
      const count = codes.shape[1] as number;
      const columns = (x: Tensor): Tensor => reshape(x, [batch, 1, x.shape[1] as number, 1]);
      const next = reshape(written(columns(state), columns(codes), position), [batch, length]);
      const logits = model(next);
      if (logits.rank !== 3 || logits.shape[1] !== length) {
        throw new ShapeError("recomputed", "the model must give [batch, length, vocabulary]", {
          got: `${shapeText(logits.shape)} for ${shapeText(next.shape)}`,
        });
      }
      return { logits: gather(logits, positionsFrom(position, count), 1), state: next };
    },
  };
}
