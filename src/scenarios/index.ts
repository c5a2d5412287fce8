// renga/scenarios: training and evaluation as modules of their own.

export {
  Evaluate,
  type EvaluateEvent,
  type EvaluateParts,
  type EvaluateResult,
  type EvaluateSettings,
} from "./evaluate.ts";
export { type RunOptions, Scenario } from "./scenario.ts";
export {
  SupervisedTrain,
  type SupervisedTrainParts,
  type SupervisedTrainSettings,
  type TrainEvent,
  type TrainResult,
} from "./supervisedTrain.ts";
export type { TrainableModel } from "./supervisedTrain.ts";
