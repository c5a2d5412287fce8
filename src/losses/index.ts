// renga/losses.

export {
  type AdversarialLosses,
  adversarialHinge,
  leastSquares,
  nonSaturating,
  wasserstein,
} from "./adversarial.ts";
export {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from "./binaryCrossEntropy.ts";
export type { ClassLossOptions } from "./classWeighting.ts";
export {
  type CosineEmbeddingOptions,
  cosineEmbeddingLoss,
  cosineSimilarityLoss,
} from "./cosineSimilarityLoss.ts";
export { type CrossEntropyOptions, crossEntropy } from "./crossEntropy.ts";
export { type DistillationLossOptions, distillationLoss } from "./distillationLoss.ts";
export { gaussianKlDivergence } from "./gaussianKlDivergence.ts";
export { type GradientPenaltyOptions, type Penalty, gradientPenalty } from "./gradientPenalty.ts";
export {
  type MarginOptions,
  type MultiMarginOptions,
  hingeLoss,
  multiMarginLoss,
} from "./hingeLoss.ts";
export {
  type HuberLossOptions,
  type SmoothL1LossOptions,
  huberLoss,
  smoothL1Loss,
} from "./huberLoss.ts";
export { type KlDivergenceOptions, klDivergence } from "./klDivergence.ts";
export {
  type GaussianLikelihoodOptions,
  type NegativeLogLikelihood,
  bernoulliLikelihood,
  gaussianLikelihood,
} from "./likelihood.ts";
export type { LossOptions } from "./lossReduction.ts";
export { meanAbsoluteError } from "./meanAbsoluteError.ts";
export { meanSquaredError } from "./meanSquaredError.ts";
export { negativeLogLikelihood } from "./negativeLogLikelihood.ts";
export { type NtXentOptions, ntXent } from "./ntXent.ts";
export { type TripletLossOptions, tripletLoss } from "./tripletLoss.ts";
export { zLoss } from "./zLoss.ts";
export {
  type VariationalLosses,
  type VariationalOptions,
  type VariationalParts,
  variationalLosses,
} from "./variationalLosses.ts";
