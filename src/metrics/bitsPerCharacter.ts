// How many bits a language model needs for a character.

import { ShapeError, shapeText } from "../errors.ts";
import { cast } from "../ops/cast.ts";
import { ones } from "../ops/creation.ts";
import { sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { where } from "../ops/where.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Counts } from "./counts.ts";
import { type LabelOptions, sortLabels } from "./labels.ts";
import type { Metric } from "./metric.ts";
import { RowLoss } from "./rowLoss.ts";

/**
 * Negative log₂-likelihood per character, which models with different tokens can be compared by.
 *
 *   −Σₙ log₂ softmax(logitsₙ)[labelₙ] / characters
 *
 * @see Graves 2013, Generating Sequences With Recurrent Neural Networks, §3.
 */
export class BitsPerCharacter implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #options: LabelOptions;
  readonly #loss: RowLoss;
  readonly #characters: Counts = new Counts();

  constructor(options: LabelOptions = {}) {
    this.name = options.name ?? "bitsPerCharacter";
    this.#options = options;
    this.#loss = new RowLoss("BitsPerCharacter", { ...options, scores: "logits" });
  }

  reset(): void {
    this.#loss.reset();
    this.#characters.reset();
  }

  /**
   * @param logits      `[…, vocabulary]`.
   * @param labels      `[…]` i32 or u32 tokens.
   * @param characters  `[…]` i32 or u32, how many each token stands for: `gather(lengths, labels)`, say.
   *                    Default: one each.
   * @throws {ShapeError} unless there is one label per row, and one length per label.
   */
  update(logits: Tensor, labels: Tensor, characters?: Tensor): void {
    if (characters !== undefined) {
      requireDtype("BitsPerCharacter", characters.dtype, ["i32", "u32"]);
      if (!sameShape(characters.shape, labels.shape)) {
        throw new ShapeError("BitsPerCharacter", "there must be a length per label", {
          got: `${shapeText(characters.shape)} for labels ${shapeText(labels.shape)}`,
        });
      }
    }
    this.#loss.update(logits, labels);
    untaped(() =>
      scope(() => {
        const { isCounted } = sortLabels(labels, logits.shape.at(-1) as number, this.#options);
        const lengths = cast(characters ?? ones(labels.shape, "u32"), "u32");
        this.#characters.add(sum(where(isCounted, lengths, 0)));
      }),
    );
  }

  /** @throws {DataError} if tokens outside of the vocabulary have come. */
  async result(): Promise<number> {
    const [{ total }, [characters]] = await Promise.all([
      this.#loss.read(),
      this.#characters.read(),
    ]);
    return total / Math.LN2 / (characters as number);
  }
}
