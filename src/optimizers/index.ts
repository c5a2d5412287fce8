// renga/optimizers: update rules over flat arenas.

export { Adadelta, type AdadeltaOptions, ADADELTA_RULE } from "./adadelta.ts";
export { Adagrad, type AdagradOptions, ADAGRAD_RULE } from "./adagrad.ts";
export { Adam, type AdamOptions, ADAM_RULE, AMSGRAD_RULE } from "./adam.ts";
export { Adamax, ADAMAX_RULE } from "./adamax.ts";
export { AdamW, ADAMW_RULE, AMSGRADW_RULE } from "./adamW.ts";
export { type ClippedGradients, clipByGlobalNorm, clipByValue, globalNorm } from "./clipping.ts";
export { LAMB, LAMB_RULE } from "./lamb.ts";
export { lateScalar } from "../ops/creation.ts";
export { Lion, type LionOptions, LION_RULE } from "./lion.ts";
export { Momentum, type MomentumOptions, MOMENTUM_RULE } from "./momentum.ts";
export { NAdam, type NAdamOptions, NADAM_RULE } from "./nadam.ts";
export {
  type Gradient,
  Optimizer,
  type OptimizerOptions,
  type RowGradient,
  type UpdateRule,
} from "./optimizer.ts";
export { type OneCycleOptions, oneCycle } from "./oneCycle.ts";
export { ParameterAverage, type ParameterAverageOptions } from "./parameterAverage.ts";
export { RAdam, RADAM_RULE } from "./radam.ts";
export { RMSProp, type RMSPropOptions, RMSPROP_RULE } from "./rmsProp.ts";
export {
  type CosineDecayOptions,
  type CosineRestartsOptions,
  type ExponentialDecayOptions,
  type InverseSquareRootOptions,
  type PiecewiseConstantOptions,
  type PolynomialDecayOptions,
  type Schedule,
  type StepDecayOptions,
  constantRate,
  cosineDecay,
  cosineRestarts,
  exponentialDecay,
  inverseSquareRoot,
  piecewiseConstant,
  polynomialDecay,
  stepDecay,
  warmup,
} from "./schedules.ts";
export { SGD, type SGDOptions, SGD_RULE } from "./sgd.ts";
export { StochasticWeightAverage } from "./stochasticWeightAverage.ts";
export { SparseGradient } from "./sparseGradient.ts";
export type { Gradients } from "./clipping.ts";
