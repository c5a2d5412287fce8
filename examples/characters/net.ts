// Two networks from characters to logits of the next one, `[batch, time]` to `[batch, time, characters]`.

import type { Tensor } from "../../src/index.ts";
import {
  DeepRNN,
  type DeepState,
  Embed,
  type Increment,
  type IncrementalModel,
  type KeyValueCache,
  LSTM,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  TransformerBlock,
  dynamicUnroll,
} from "../../src/nn/index.ts";

/** From characters to logits, and a few at a time. */
type CharacterNet = Module<(characters: Tensor) => Tensor> & IncrementalModel;

/** An embedding, LSTMs, and a linear layer. */
export class LSTMNet
  extends Module<(characters: Tensor) => Tensor>
  implements IncrementalModel<DeepState>
{
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
    return this.step(characters, this.initialState(characters.shape[0] as number)).logits;
  }

  initialState(batchSize: number): DeepState {
    return this.core.initialState(batchSize);
  }

  step(characters: Tensor, before: DeepState): Increment<DeepState> {
    const sequence = this.embed(characters).transpose([1, 0, 2]);
    const [outputs, state] = dynamicUnroll(this.core, sequence, before);
    return { logits: this.head(outputs).transpose([1, 0, 2]), state };
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
export class TransformerNet
  extends Module<(characters: Tensor) => Tensor>
  implements IncrementalModel<readonly KeyValueCache[]>
{
  readonly maxLength: number;
  readonly embed: Embed;
  readonly positions: LearnedPositions;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(characters: number, options: TransformerNetOptions = {}) {
    super("transformer_net");
    const { layers = 2, size = 64, heads = 4, length = 64 } = options;
    this.maxLength = length;
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

  initialState(batchSize: number, length: number): readonly KeyValueCache[] {
    return this.blocks.map((block) => block.initialState(batchSize, length));
  }

  step(
    characters: Tensor,
    before: readonly KeyValueCache[],
    position: Tensor,
  ): Increment<readonly KeyValueCache[]> {
    let x = this.positions(this.embed(characters), { offset: position });
    const state = this.blocks.map((block, i) => {
      const [y, cache] = block.step(x, before[i] as KeyValueCache, position);
      x = y;
      return cache;
    });
    return { logits: this.head(this.norm(x)), state };
  }
}

/** Networks by the name that a user says, of their usual size or another. */
export const NETS: Readonly<
  Record<string, (characters: number, options?: { size?: number }) => CharacterNet>
> = {
  lstm: (characters, options) => new LSTMNet(characters, options),
  transformer: (characters, options) => new TransformerNet(characters, options),
};
