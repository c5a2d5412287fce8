// Vectors for whole numbers.

import { UsageError } from "../errors.ts";
import { gather } from "../ops/gather.ts";
import { withNameScope } from "../tensor/nameScope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { type Initializer, TruncatedNormal } from "./initializers.ts";
import { Module } from "./module.ts";

/** Options of `Embed`: `vocabSize`, or `existingVocab`. */
export interface EmbedOptions {
  readonly vocabSize?: number;
  /** Default: 6 · vocabSize^¼, rounded. */
  readonly embedDim?: number;
  /** `[vocabSize, embedDim]`: starts from these vectors. */
  readonly existingVocab?: Tensor;
  /** Default: truncated normal with deviation 1. */
  readonly initializer?: Initializer;
  /** Default true. */
  readonly trainable?: boolean;
  readonly name?: string;
}

/** Variable: `embeddings [vocabSize, embedDim]`, made with the module. */
export class Embed extends Module<(ids: Tensor) => Tensor> {
  static readonly defaultName: string = "embed";
  readonly vocabSize: number;
  readonly embedDim: number;
  readonly embeddings: Variable;

  /** @throws {UsageError} unless there are sizes, said once. */
  constructor(options: EmbedOptions) {
    super(options.name);
    const { vocabSize, embedDim, existingVocab, initializer, trainable = true } = options;
    const others = [vocabSize, embedDim, initializer];
    if (existingVocab !== undefined && others.some((one) => one !== undefined)) {
      throw new UsageError(this.moduleName, "existingVocab has the sizes and the values already", {
        remedy: "Leave vocabSize, embedDim and initializer out.",
      });
    }
    const [rows, columns] = existingVocab?.shape ?? [vocabSize, embedDim];
    if (!Number.isInteger(rows) || (rows as number) < 1 || (existingVocab?.rank ?? 2) !== 2) {
      throw new UsageError(
        this.moduleName,
        "there must be a vocabSize, or an existingVocab matrix",
        {
          got: existingVocab === undefined ? `vocabSize ${vocabSize}` : `${existingVocab}`,
        },
      );
    }
    this.vocabSize = rows as number;
    this.embedDim = columns ?? Math.round(6 * this.vocabSize ** 0.25);
    const init = initializer ?? TruncatedNormal();
    const initial = existingVocab ?? init([this.vocabSize, this.embedDim]);
    this.embeddings = withNameScope(this.nameScope, () => {
      return new Variable(initial, { name: "embeddings", trainable });
    });
  }

  /**
   * @param ids  i32 of any shape, in [0, vocabSize).
   * @returns    their shape, then `embedDim`.
   */
  forward(ids: Tensor): Tensor {
    return gather(this.embeddings, ids);
  }
}
