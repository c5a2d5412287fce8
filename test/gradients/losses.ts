// Rows of losses.

import * as losses from "../../src/losses/index.ts";
import { type Tensor, concat, setSeed, tensor } from "../../src/index.ts";
import type { Row, Values } from "./case.ts";

const REDUCTIONS = ["mean", "sum", "none"] as const;
type Options = { readonly reduction: (typeof REDUCTIONS)[number] };

/** A loss of predictions and targets in each reduction. */
function pair(
  loss: (a: Tensor, b: Tensor, options: Options) => Tensor,
  ...values: readonly Values[]
): readonly Row[] {
  return REDUCTIONS.map((reduction) => ({
    f: (a, b) => loss(a as Tensor, b as Tensor, { reduction }),
    shapes: ["5×3 5×3", "1 1", "13 13", ...(reduction === "mean" ? [] : ["0×3 0×3"])],
    ...(values.length > 0 ? { values, mayRepeat: !values.includes("apart") } : {}),
  }));
}

/** A loss of scores for labels in each reduction. */
function classes(loss: (x: Tensor, labels: Tensor, options: Options) => Tensor): readonly Row[] {
  const labels = (): Tensor => tensor([2, 0, 1, 2, 1], { dtype: "i32" });
  const alone = (): Tensor => tensor([0], { dtype: "i32" });
  return REDUCTIONS.flatMap((reduction): Row[] => [
    { f: (x) => loss(x as Tensor, labels(), { reduction }), shapes: ["5×3", "5×131"] },
    { f: (x) => loss(x as Tensor, alone(), { reduction }), shapes: ["1×1"] },
  ]);
}

/** Both losses of a GAN; scores stay away from the hinges at ±1. */
function adversarial(pair: losses.AdversarialLosses): readonly Row[] {
  const { generatorLoss, discriminatorLoss } = pair;
  return [
    { f: (fake) => generatorLoss(fake as Tensor), shapes: ["5×1", "7"] },
    { f: (real, fake) => discriminatorLoss(real as Tensor, fake as Tensor), shapes: ["5×1 5×1"] },
  ];
}

const signs = (): Tensor => tensor([1, -1, -1, 1, 1]);

export const LOSSES: Readonly<Record<string, Row | readonly Row[]>> = {
  adversarialHinge: adversarial(losses.adversarialHinge),
  bernoulliLikelihood: {
    f: (x, y) => losses.bernoulliLikelihood(x as Tensor, y as Tensor),
    shapes: ["5×3 5×3", "2×3×4 2×3×4", "1 1", "0×3 0×3"],
    values: ["signed", [0.1, 0.9]],
  },
  binaryCrossEntropy: pair(losses.binaryCrossEntropy, [0.2, 0.8]),
  binaryCrossEntropyWithLogits: pair(losses.binaryCrossEntropyWithLogits, "signed", [0.1, 0.9]),
  cosineEmbeddingLoss: {
    f: (a, b) => losses.cosineEmbeddingLoss(a as Tensor, b as Tensor, signs(), { margin: -1 }),
    shapes: ["5×3 5×3"],
  },
  cosineSimilarityLoss: pair(losses.cosineSimilarityLoss),
  crossEntropy: [
    ...classes(losses.crossEntropy),
    {
      f: (logits, q) => losses.crossEntropy(logits as Tensor, q as Tensor, { labelSmoothing: 0.2 }),
      shapes: ["5×3 5×3", "1×1 1×1"],
      values: ["signed", [0.1, 0.9]],
    },
    {
      f: (logits, classWeights) => {
        const labels = tensor([2, 0, 1, 2, 1], { dtype: "i32" });
        return losses.crossEntropy(logits as Tensor, labels, {
          classWeights: classWeights as Tensor,
          ignoreIndex: 1,
        });
      },
      shapes: ["5×3 3"],
      values: ["signed", [0.5, 2]],
    },
  ],
  distillationLoss: REDUCTIONS.map((reduction) => ({
    f: (a, b) => losses.distillationLoss(a as Tensor, b as Tensor, { reduction, temperature: 2 }),
    shapes: ["5×3 5×3", "1×7 1×7"],
  })),
  gaussianKlDivergence: pair(losses.gaussianKlDivergence),
  gaussianLikelihood: {
    f: (x, y) => losses.gaussianLikelihood({ deviation: 0.5 })(x as Tensor, y as Tensor),
    shapes: ["5×3 5×3", "2×3×4 2×3×4", "1 1", "0×3 0×3"],
  },
  gradientPenalty: {
    // Of the discriminator's weights: real and fake examples only say where.
    f: (w) => {
      setSeed(1);
      const [real, fake] = [tensor([1, 2, 0.5, -1, 0.3, 2]), tensor([-1, 1, 0.2, 0.7, 1, -2])];
      const score = (x: Tensor): Tensor => x.matmul(w as Tensor).tanh();
      const penalty = losses.gradientPenalty({ weight: 2 });
      return penalty(score, real.reshape([2, 3]), fake.reshape([2, 3]));
    },
    shapes: ["3×2"],
  },
  hingeLoss: pair((x, y, options) => losses.hingeLoss(x, y.sign(), options)),
  huberLoss: pair((a, b, options) => losses.huberLoss(a, b, { delta: 0.1, ...options }), "apart"),
  klDivergence: [
    ...pair(losses.klDivergence, "signed", [0.1, 0.9]),
    ...pair((p, q, o) => losses.klDivergence(p, q, { ...o, isLogTarget: true })),
  ],
  leastSquares: adversarial(losses.leastSquares),
  meanAbsoluteError: pair(losses.meanAbsoluteError, "apart"),
  meanSquaredError: pair(losses.meanSquaredError),
  multiMarginLoss: classes((x, labels, options) => {
    return losses.multiMarginLoss(x, labels, { power: 2, ...options });
  }),
  negativeLogLikelihood: [
    ...classes(losses.negativeLogLikelihood),
    {
      f: (x) => {
        const labels = tensor([2, 0, 1], { dtype: "i32" });
        return losses.negativeLogLikelihood(x as Tensor, labels, {
          classWeights: tensor([0.5, 2, 1]),
        });
      },
      shapes: ["3×3"],
    },
  ],
  ntXent: REDUCTIONS.map((reduction) => ({
    f: (a, b) => losses.ntXent(a as Tensor, b as Tensor, { reduction, temperature: 0.7 }),
    shapes: ["5×3 5×3", "1×2 1×2"],
  })),
  nonSaturating: adversarial(losses.nonSaturating),
  smoothL1Loss: pair((a, b, o) => losses.smoothL1Loss(a, b, { beta: 0.1, ...o }), "apart"),
  tripletLoss: REDUCTIONS.map((reduction) => ({
    f: (a, b, c) => {
      return losses.tripletLoss(a as Tensor, b as Tensor, c as Tensor, { reduction, margin: 5 });
    },
    shapes: ["5×3 5×3 5×3", "1 1 1"],
  })),
  wasserstein: adversarial(losses.wasserstein),
  zLoss: REDUCTIONS.map((reduction) => ({
    f: (x) => losses.zLoss(x as Tensor, { reduction }),
    shapes: ["5×3", "1×1"],
  })),
  variationalLosses: {
    f: (x) => {
      setSeed(1);
      const likelihood = losses.gaussianLikelihood();
      const decoder = (z: Tensor): Tensor => concat([z.tanh(), z], 1);
      const encoder = (y: Tensor): Tensor => y.mul(0.5);
      return losses.variationalLosses({ encoder, decoder, likelihood }, x as Tensor).loss;
    },
    shapes: ["5×4"],
  },
};
