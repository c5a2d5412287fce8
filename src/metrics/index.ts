// renga/metrics: accumulated on the GPU.

export { Accuracy } from "./accuracy.ts";
export { BalancedAccuracy, type BalancedAccuracyOptions } from "./balancedAccuracy.ts";
export { BitsPerCharacter } from "./bitsPerCharacter.ts";
export { BLEU, type BLEUDetails, type BLEUOptions, type References } from "./bleu.ts";
export { ChrF, type ChrFOptions } from "./chrF.ts";
export type { ConfusionOptions } from "./confusionCounts.ts";
export { type ConfusionDetails, ConfusionMatrix } from "./confusionMatrix.ts";
export type { ClassAverageOptions, ClassDetails } from "./confusionMetric.ts";
export type { DetectionScores } from "./detectionScores.ts";
export {
  type EditDetails,
  EditDistance,
  type EditDistanceOptions,
  levenshtein,
} from "./editDistance.ts";
export { type EpisodeDetails, EpisodeReturn } from "./episodeReturn.ts";
export {
  type CalibrationBin,
  type CalibrationDetails,
  type CalibrationOptions,
  ExpectedCalibrationError,
} from "./expectedCalibrationError.ts";
export { ExplainedVariance } from "./explainedVariance.ts";
export { F1 } from "./f1.ts";
export { type FrechetDetails, FrechetDistance } from "./frechetDistance.ts";
export {
  GenerativePrecisionRecall,
  type GenerativePrecisionRecallDetails,
  type GenerativePrecisionRecallOptions,
} from "./generativePrecisionRecall.ts";
export type { ImageOptions } from "./images.ts";
export type { LabelOptions, ScoreKind } from "./labels.ts";
export { LogLoss } from "./logLoss.ts";
export { Mean } from "./mean.ts";
export { MeanAbsoluteError } from "./meanAbsoluteError.ts";
export {
  type Detections,
  MeanAveragePrecision,
  type MeanAveragePrecisionOptions,
  type Objects,
} from "./meanAveragePrecision.ts";
export { IoU, type IoUOptions, MeanIoU } from "./meanIoU.ts";
export { MeanSquaredError, RootMeanSquaredError } from "./meanSquaredError.ts";
export type { Metric, MetricOptions } from "./metric.ts";
export { MMD, type MMDDetails, type MMDOptions } from "./mmd.ts";
export type { OutputDetails } from "./outputErrors.ts";
export { type ExampleDetails, PerExample } from "./perExample.ts";
export { Perplexity } from "./perplexity.ts";
export { type PrecisionRecallCurve, PRAUC } from "./prAUC.ts";
export { Precision } from "./precision.ts";
export { PSNR } from "./psnr.ts";
export { R2 } from "./r2.ts";
export type { RankingOptions } from "./rankedScores.ts";
export { Recall } from "./recall.ts";
export { type RankingDetails, ROCAUC, type RocCurve } from "./rocAUC.ts";
export type { RowLossOptions } from "./rowLoss.ts";
export { SSIM, type SSIMOptions } from "./ssim.ts";
export { TopKAccuracy, type TopKAccuracyOptions } from "./topKAccuracy.ts";
