// Dropout of an LSTM's hidden state, with one mask per sequence.

import { UsageError } from "../../errors.ts";
import { mul } from "../../ops/binary.ts";
import { ones } from "../../ops/creation.ts";
import type { LstmState } from "../../ops/lstm.ts";
import { type Generator, defaultGenerator } from "../../ops/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { LSTM, type LSTMOptions } from "./lstm.ts";
import { RNNCore, type Stepped } from "./rnnCore.ts";

/** State of the core for training: the LSTM's, and what its hidden state is multiplied with. */
export interface RecurrentDropoutState {
  readonly state: LstmState;
  /** `[batch, hidden]`: 0 or 1 / (1 − dropout), the same in all steps. */
  readonly mask: Tensor;
}

class RecurrentDropout extends RNNCore<RecurrentDropoutState> {
  readonly core: LSTM;
  readonly dropout: number;
  readonly #generator: Generator;

  constructor(core: LSTM, dropout: number, generator: Generator) {
    super("lstm_recurrent_dropout");
    this.core = core;
    this.dropout = dropout;
    this.#generator = generator;
  }

  initialState(batchSize: number): RecurrentDropoutState {
    const state = this.core.initialState(batchSize);
    const mask = this.#generator.dropout(ones(state.hidden.shape), this.dropout);
    return { state, mask };
  }

  forward(x: Tensor, { state, mask }: RecurrentDropoutState): Stepped<RecurrentDropoutState> {
    const [y, next] = this.core(x, { hidden: mul(state.hidden, mask), cell: state.cell });
    return [y, { state: next, mask }];
  }
}

/**
 * An LSTM twice, with the same variables: for training, where elements of the hidden state are dropped
 * before every step, the same ones all along a sequence; and for testing, without.
 *
 *     const [training, testing] = lstmWithRecurrentDropout(128, { dropout: 0.3 });
 *
 * @throws {UsageError} unless dropout is in [0, 1).
 * @see Gal & Ghahramani 2016, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks.
 */
export function lstmWithRecurrentDropout(
  hiddenSize: number,
  options: LSTMOptions & {
    /** Probability of dropping an element. Default 0.5. */
    readonly dropout?: number;
    readonly generator?: Generator;
  } = {},
): readonly [training: RNNCore<RecurrentDropoutState>, testing: LSTM] {
  const { dropout = 0.5, generator = defaultGenerator, ...rest } = options;
  if (!(dropout >= 0 && dropout < 1)) {
    const got = `${dropout}`;
    throw new UsageError("lstmWithRecurrentDropout", "dropout must be in [0, 1)", { got });
  }
  const core = new LSTM(hiddenSize, rest);
  return [new RecurrentDropout(core, dropout, generator), core];
}
