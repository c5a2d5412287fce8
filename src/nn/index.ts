// renga/nn: modules, layers and initializers.

export { Dropout, type DropoutOptions } from "./dropout.ts";
export { Flatten, type FlattenOptions } from "./flatten.ts";
export {
  Constant,
  Identity,
  type Initializer,
  Ones,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
  type VarianceScalingOptions,
  Zeros,
} from "./initializers.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { MLP, type MLPCall, type MLPOptions } from "./mlp.ts";
export { type AnyFunction, Module, allVariables, isModule } from "./module.ts";
export { snakeCase } from "./naming.ts";
export { once } from "./once.ts";
export { type Layer, Sequential } from "./sequential.ts";
