// renga/scenarios: training and evaluation as modules of their own.

export {
  AutoencoderTrain,
  type AutoencoderTrainParts,
  type AutoencoderTrainSettings,
} from "./autoencoderTrain.ts";
export type { Calibration } from "./calibration.ts";
export {
  ContrastiveTrain,
  type ContrastiveTrainParts,
  type ContrastiveTrainSettings,
} from "./contrastiveTrain.ts";
export {
  type DenoiseEvent,
  DiffusionSample,
  type DiffusionSampleParts,
  type DiffusionSampleSettings,
} from "./diffusionSample.ts";
export {
  type Denoiser,
  DiffusionTrain,
  type DiffusionTrainParts,
  type DiffusionTrainSettings,
} from "./diffusionTrain.ts";
export {
  DistillTrain,
  type DistillTrainParts,
  type DistillTrainSettings,
  type Teacher,
} from "./distillTrain.ts";
export { DQNTrain, type DQNTrainParts, type DQNTrainSettings } from "./dqnTrain.ts";
export type { StopRule } from "./earlyStop.ts";
export type { AgentEvent, EpisodeEvent } from "./episodes.ts";
export {
  Evaluate,
  type EvaluateEvent,
  type EvaluateParts,
  type EvaluateResult,
  type EvaluateSettings,
} from "./evaluate.ts";
export {
  EvaluateAgent,
  type EvaluateAgentEvent,
  type EvaluateAgentParts,
  type EvaluateAgentSettings,
} from "./evaluateAgent.ts";
export {
  type CalibrationEvent,
  type CalibrationResult,
  EvaluateCalibration,
  type EvaluateCalibrationParts,
  type EvaluateCalibrationSettings,
} from "./evaluateCalibration.ts";
export {
  type CorruptionEvent,
  type CorruptionResult,
  type CorruptionRow,
  EvaluateCorruption,
  type EvaluateCorruptionParts,
  type EvaluateCorruptionSettings,
} from "./evaluateCorruption.ts";
export { type Fields, requireFields } from "./fields.ts";
export {
  FineTune,
  type FineTuneParts,
  type FineTuneSettings,
  type ParametersEvent,
} from "./fineTune.ts";
export {
  type Conditional,
  type GANData,
  GANTrain,
  type GANTrainParts,
  type GANTrainSettings,
} from "./ganTrain.ts";
export {
  GenerateText,
  type GenerateTextParts,
  type GenerateTextResult,
  type GenerateTextSettings,
  type TokenEvent,
} from "./generateText.ts";
export { fitTemperature } from "./fitTemperature.ts";
export type { Portion, PredictData } from "./inOrder.ts";
export {
  LanguageModelTrain,
  type LanguageModelTrainParts,
  type LanguageModelTrainSettings,
} from "./languageModelTrain.ts";
export { MAMLTrain, type MAMLTrainParts, type MAMLTrainSettings } from "./mamlTrain.ts";
export type {
  AnyRun,
  AnyRuns,
  InnerRun,
  ManyRunsEvent,
  ManyRunsParts,
  ManyRunsSettings,
  RunContext,
} from "./manyRuns.ts";
export {
  MaskedAutoencoderTrain,
  type MaskedAutoencoderTrainParts,
  type MaskedAutoencoderTrainSettings,
  type PlacedModel,
} from "./maskedAutoencoderTrain.ts";
export type { Measured } from "./metricPass.ts";
export {
  type CosineNoiseOptions,
  type LinearNoiseOptions,
  type NoiseSchedule,
  cosineNoise,
  linearNoise,
  noiseSchedule,
} from "./noiseSchedule.ts";
export { PPOTrain, type PPOTrainParts, type PPOTrainSettings } from "./ppoTrain.ts";
export {
  Predict,
  type PredictEvent,
  type PredictParts,
  type PredictResult,
  type PredictSettings,
} from "./predict.ts";
export {
  ReinforceTrain,
  type ReinforceTrainParts,
  type ReinforceTrainSettings,
} from "./reinforceTrain.ts";
export type { PlannedRun, RunRecord } from "./runRecord.ts";
export {
  RunSeeds,
  type RunSeedsResult,
  type RunSeedsSettings,
  type SeedSetting,
} from "./runSeeds.ts";
export { Sample, type SampleEvent, type SampleParts, type SampleSettings } from "./sample.ts";
export {
  type SamplingOptions,
  type TokenProbabilities,
  sampleTokens,
  tokenProbabilities,
} from "./sampling.ts";
export type { Pretrained } from "./pretrained.ts";
export type { Rates } from "./scaledRates.ts";
export { type RunOptions, Scenario } from "./scenario.ts";
export {
  choice,
  logUniform,
  uniform,
  type Dimension,
  type RangeOptions,
  type SearchSpace,
  type Setting,
} from "./searchSpace.ts";
export type { Spread } from "./spread.ts";
export {
  SupervisedTrain,
  type SupervisedTrainParts,
  type SupervisedTrainSettings,
} from "./supervisedTrain.ts";
export { Sweep, type SweepResult, type SweepSettings, type SettingResult } from "./sweep.ts";
export type { TextCodec } from "./textPieces.ts";
export type {
  EvaluationEvent,
  NonFiniteEvent,
  PrepareEvent,
  RecoveryEvent,
  SaveEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
  TrainResult,
} from "./trainEvents.ts";
export type { TrainParts } from "./trainParts.ts";
export { type Training, trainingLoop } from "./trainingLoop.ts";
export { type TrainSettings, requireTrainSettings } from "./trainSettings.ts";
export type { Losses, Trainable, TrainableModel, Update } from "./update.ts";
export { VAETrain, type VAETrainParts, type VAETrainSettings } from "./vaeTrain.ts";
export {
  type Quantizer,
  VQVAETrain,
  type VQVAETrainParts,
  type VQVAETrainSettings,
} from "./vqvaeTrain.ts";
