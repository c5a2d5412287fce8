// renga/nn: modules, layers and initializers.

import * as pad from "./pad.ts";

export { pad };
export {
  type FunctionalOptimizer,
  type GradOptions,
  type Transformed,
  type TransformedWithState,
  type Values,
  functional,
} from "./functional.ts";
export { type MixedPrecisionMode, mixedPrecision } from "./mixedPrecision.ts";
export { type AdaptOptions, adapt, withValues } from "./adapt.ts";
export type { AffineFlags, NormCall, NormOptions } from "./affine.ts";
export type { KeyValueCache } from "./attention/keyValueCache.ts";
export {
  type AttentionCall,
  type AttentionStepOptions,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from "./attention/multiHeadAttention.ts";
export { LearnedPositions, type PositionCall, SinusoidalPositions } from "./attention/positions.ts";
export {
  TransformerBlock,
  type TransformerBlockOptions,
  type TransformerCall,
} from "./attention/transformerBlock.ts";
export { BatchApply, mergeLeadingDims, splitLeadingDim } from "./batchApply.ts";
export {
  BaseBatchNorm,
  BatchNorm,
  type BatchNormCall,
  type BatchNormOptions,
  type BatchStatistic,
} from "./batchNorm.ts";
export { Bias, type BiasOptions } from "./bias.ts";
export { type TensorSpec, build } from "./build.ts";
export type { ChannelFormat } from "./channels.ts";
export { Conv1D } from "./conv1D.ts";
export { Conv1DTranspose } from "./conv1DTranspose.ts";
export { Conv2D } from "./conv2D.ts";
export { Conv2DTranspose } from "./conv2DTranspose.ts";
export { Conv3D } from "./conv3D.ts";
export { Conv3DTranspose } from "./conv3DTranspose.ts";
export type { ConvBaseOptions, ConvModuleOptions } from "./convND.ts";
export type { ConvTransposeModuleOptions } from "./convNDTranspose.ts";
export { CrossReplicaBatchNorm } from "./crossReplicaBatchNorm.ts";
export { copyModule, copyVariables } from "./copyModule.ts";
export { Deferred, type DeferredBase, type DeferredOptions } from "./deferred.ts";
export { DepthwiseConv2D, type DepthwiseConv2DOptions } from "./depthwiseConv2D.ts";
export { Dropout, type DropoutOptions } from "./dropout.ts";
export { Embed, type EmbedOptions } from "./embed.ts";
export { Flatten, type FlattenOptions, flatten } from "./flatten.ts";
export { formatModule } from "./formatModule.ts";
export { formatVariables, logVariables } from "./formatVariables.ts";
export { GroupNorm, type GroupNormOptions } from "./groupNorm.ts";
export { type Increment, type IncrementalModel, recomputed } from "./incrementalModel.ts";
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
export { InstanceNorm, LayerNorm } from "./layerNorm.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { MLP, type MLPCall, type MLPOptions } from "./mlp.ts";
export { withNameScope } from "../tensor/nameScope.ts";
export { type AnyFunction, Module, allVariables, allowEmptyVariables, isModule } from "./module.ts";
export { snakeCase } from "./naming.ts";
export {
  Cifar10ConvNet,
  type Cifar10ConvNetCall,
  type Cifar10ConvNetOptions,
  type Cifar10ConvNetOutput,
} from "./nets/cifar10ConvNet.ts";
export {
  BlockGroup,
  BottleNeckBlockV1,
  BottleNeckBlockV2,
  type NetCall,
  ResNet,
  ResNet50,
  type ResNetOptions,
} from "./nets/resNet.ts";
export { type Quantized, VectorQuantizer, VectorQuantizerEMA } from "./nets/vectorQuantizer.ts";
export {
  PatchDecoder,
  type PatchDecoderOptions,
  PatchEncoder,
  type PatchEncoderOptions,
} from "./nets/maskedAutoencoder.ts";
export type { AxisSlice, NormAxes } from "./normAxes.ts";
export { once } from "./once.ts";
export { Conv1DLSTM, Conv2DLSTM, Conv3DLSTM, type ConvLSTMOptions } from "./recurrent/convLSTM.ts";
export {
  DeepRNN,
  type DeepRNNOptions,
  type DeepState,
  type SkipOptions,
  deepRNNWithResidualConnections,
  deepRNNWithSkipConnections,
} from "./recurrent/deepRNN.ts";
export { GRU, type GRUOptions } from "./recurrent/gru.ts";
export {
  LSTM,
  type LSTMOptions,
  type LSTMState,
  UnrolledLSTM,
  type UnrolledLSTMOptions,
} from "./recurrent/lstm.ts";
export {
  type RecurrentDropoutState,
  lstmWithRecurrentDropout,
} from "./recurrent/recurrentDropout.ts";
export { patchify, takePlaces, unpatchify } from "./patches.ts";
export {
  type AnyCore,
  RNNCore,
  type Stepped,
  type UnrollOptions,
  UnrolledRNN,
} from "./recurrent/rnnCore.ts";
export { TrainableState, type TrainableStateOptions } from "./recurrent/trainableState.ts";
export { type StepFunction, dynamicUnroll, staticUnroll } from "./recurrent/unroll.ts";
export { VanillaRNN, type VanillaRNNOptions } from "./recurrent/vanillaRNN.ts";
export { L1, L2, OffDiagonalOrthogonal, type Regularizer } from "./regularizers.ts";
export { RMSNorm, type RMSNormOptions } from "./rmsNorm.ts";
export { ownField } from "./ownField.ts";
export { Reshape, type ReshapeOptions } from "./reshape.ts";
export { type Layer, Sequential } from "./sequential.ts";
export { SinusoidalEmbed, type SinusoidalEmbedOptions } from "./sinusoidalEmbed.ts";
export { ExponentialMovingAverage, Mean, Metric, Sum } from "./statistics.ts";
export { updateBatchNorm } from "./updateBatchNorm.ts";
export {
  type VariableGetter,
  type VariableGetterOptions,
  customVariableGetter,
} from "./variableGetter.ts";
export type { ConvND } from "./convND.ts";
export type { RandomOptions } from "./initializers.ts";
export type { BottleNeckBlockOptions } from "./nets/resNet.ts";
export { type AddLoRAOptions, addLoRA } from "./wrappers/addLoRA.ts";
export { freeze, unfreeze } from "./wrappers/freeze.ts";
export { LoRA, type LoRAOptions } from "./wrappers/lora.ts";
export {
  SpectralNorm,
  type SpectralNormOptions,
  WeightNorm,
  type WeightedLayer,
} from "./wrappers/weightNorm.ts";
