// renga/optimizers: update rules over flat arenas.

export { Adam, type AdamOptions, ADAM_RULE } from "./adam.ts";
export { Momentum, type MomentumOptions, MOMENTUM_RULE } from "./momentum.ts";
export { Optimizer, type UpdateRule } from "./optimizer.ts";
export { type CosineDecayOptions, type Schedule, cosineDecay } from "./schedules.ts";
export { SGD, type SGDOptions, SGD_RULE } from "./sgd.ts";
