// Two networks from characters to logits of the next one, `[batch, time]` to `[batch, time, characters]`.

import type { Tensor } from "../../src/index.ts";
import {
  DeepRNN,
  Embed,
  LSTM,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  TransformerBlock,
  dynamicUnroll,
} from "../../src/nn/index.ts";

type CharacterNet = Module<(characters: Tensor) => Tensor>;

/** An embedding, LSTMs, and a linear layer. */
export class LSTMNet extends Module<(characters: Tensor) => Tensor> {
  readonly embed: Embed;
  readonly core: DeepRNN;
  readonly head: Linear;

  constructor(
    characters: number,
    { layers = 1, size = 128 }: { layers?: number; size?: number } = {},
  ) {
    super("lstm_net");
    this.embed = new Embed({ vocabSize: characters, embedDim: 32 });
    this.core = new DeepRNN(Array.from({ length: layers }, () => new LSTM(size)));
    this.head = new Linear(characters);
  }

  forward(characters: Tensor): Tensor {
    const [batch] = characters.shape as [number, number];
    const sequence = this.embed(characters).transpose([1, 0, 2]);
    const [outputs] = dynamicUnroll(this.core, sequence, this.core.initialState(batch));
    return this.head(outputs).transpose([1, 0, 2]);
  }
}

/** Sizes of a `TransformerNet`. */
export interface TransformerNetOptions {
  readonly layers?: number;
  readonly size?: number;
  readonly heads?: number;
  /** The longest sequence. */
  readonly length?: number;
}

/** Embeddings of characters and positions, transformer blocks that look back, and a linear layer. */
export class TransformerNet extends Module<(characters: Tensor) => Tensor> {
  readonly embed: Embed;
  readonly positions: LearnedPositions;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(characters: number, options: TransformerNetOptions = {}) {
    super("transformer_net");
    const { layers = 2, size = 64, heads = 4, length = 64 } = options;
    this.embed = new Embed({ vocabSize: characters, embedDim: size });
    this.positions = new LearnedPositions(length);
    this.blocks = Array.from({ length: layers }, () => new TransformerBlock({ numHeads: heads }));
    this.norm = new LayerNorm(-1, true, true);
    this.head = new Linear(characters);
  }

  forward(characters: Tensor): Tensor {
    let x = this.positions(this.embed(characters));
    for (const block of this.blocks) x = block(x, { isCausal: true });
    return this.head(this.norm(x));
  }
}

/** Networks by the name that a user says. */
export const NETS: Readonly<Record<string, (characters: number) => CharacterNet>> = {
  lstm: (characters) => new LSTMNet(characters),
  transformer: (characters) => new TransformerNet(characters),
};
