// Every public name of Sonnet 2 and where it is in Renga, or why it is not.

import { describe, expect, test } from "vitest";
import * as distribute from "../../src/distribute/index.ts";
import * as renga from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as optimizers from "../../src/optimizers/index.ts";

/** Modules of Renga by the names of the table. */
const MODULES: Readonly<Record<string, object>> = {
  renga,
  nn,
  optimizers,
  distribute,
  pad: nn.pad,
  functional: nn.functional,
  mixedPrecision: nn.mixedPrecision,
};

/** Sonnet's names, where Renga's are the same in "nn" but for the case: merge_leading_dims. */
const SAME =
  `Module allow_empty_variables once Deferred build custom_variable_getter format_variables
log_variables merge_leading_dims split_leading_dim BatchApply flatten Flatten Reshape Sequential Linear
Bias Embed Dropout Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv2D
LayerNorm InstanceNorm GroupNorm BaseBatchNorm BatchNorm ExponentialMovingAverage Metric Sum Mean RNNCore
UnrolledRNN VanillaRNN LSTM GRU UnrolledLSTM Conv1DLSTM Conv2DLSTM Conv3DLSTM DeepRNN
deep_rnn_with_skip_connections deep_rnn_with_residual_connections lstm_with_recurrent_dropout
dynamic_unroll static_unroll TrainableState nets.MLP nets.Cifar10ConvNet nets.ResNet nets.ResNet50
nets.resnet.BlockGroup nets.resnet.BottleNeckBlockV1 nets.resnet.BottleNeckBlockV2 nets.VectorQuantizer
nets.VectorQuantizerEMA initializers.Zeros initializers.Ones initializers.Constant
initializers.RandomUniform initializers.RandomNormal initializers.TruncatedNormal initializers.Identity
initializers.Orthogonal initializers.VarianceScaling regularizers.L1 regularizers.L2
regularizers.OffDiagonalOrthogonal distribute.CrossReplicaBatchNorm`.split(/\s+/);

/** Those that are elsewhere. */
const ELSEWHERE: Readonly<Record<string, `${string}.${string}`>> = {
  Optimizer: "optimizers.Optimizer",
  "optimizers.SGD": "optimizers.SGD",
  "optimizers.Momentum": "optimizers.Momentum",
  "optimizers.Adam": "optimizers.Adam",
  "optimizers.RMSProp": "optimizers.RMSProp",
  scale_gradient: "renga.scaleGradient",
  leaky_clip_by_value: "renga.leakyClipByValue",
  reshape: "renga.reshape",
  "pad.valid": "pad.valid",
  "pad.same": "pad.same",
  "pad.full": "pad.full",
  "pad.causal": "pad.causal",
  "pad.reverse_causal": "pad.reverseCausal",
  "pad.create": "pad.create",
  "mixed_precision.enable": "mixedPrecision.enable",
  "mixed_precision.disable": "mixedPrecision.disable",
  "mixed_precision.scope": "mixedPrecision.scope",
  "mixed_precision.modes": "mixedPrecision.modes",
  "functional.transform": "functional.transform",
  "functional.transform_with_state": "functional.transformWithState",
  "functional.without_state": "functional.withoutState",
  "functional.grad": "functional.grad",
  "functional.value_and_grad": "functional.valueAndGrad",
  "functional.jit": "functional.jit",
  "functional.device_put": "functional.devicePut",
  "functional.device_get": "functional.deviceGet",
  "functional.optimizer": "functional.optimizer",
  "distribute.Replicator": "distribute.Replicator",
};

/** Those that are not there as values, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  LSTMState: "a type: states are plain objects { hidden, cell }",
  "initializers.Initializer": "a type: any function from a shape to a tensor",
  "regularizers.Regularizer": "a type: any function from tensors to a scalar",
  no_name_scope: "only calls of modules enter their scope; static entersNameScope = false opts out",
  "functional.variables": "transform finds the variables of modules by itself",
  "functional.sgd": "functional.optimizer(SGD): classes that a page does not use stay out of it",
  "functional.adam": "functional.optimizer(Adam)",
  "functional.rmsprop": "functional.optimizer(RMSProp)",
  "functional.momentum": "functional.optimizer(Momentum)",
  "distribute.TpuReplicator": "there are no TPUs",
  "distribute.create_variables_eagerly": "variables are always made at once, also in compile()",
};

const camel = (name: string): string =>
  name.replace(/_rnn_/, "RNN_").replace(/_([a-zA-Z])/g, (_, c: string) => c.toUpperCase());

describe("names of Sonnet 2", () => {
  test("there are 112 of them", () => {
    const names = [...SAME, ...Object.keys(ELSEWHERE), ...Object.keys(WITHOUT)];
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(112);
  });

  test.each(SAME)("%s", (name) => {
    expect(nn).toHaveProperty(camel(name.split(".").at(-1) as string));
  });

  test.each(Object.entries(ELSEWHERE))("%s is %s", (_, place) => {
    const [module = "", name = ""] = place.split(".");
    expect(MODULES[module]).toHaveProperty(name);
  });

  test.each(Object.entries(WITHOUT))("%s is not: %s", (name) => {
    const own = camel(name.split(".").at(-1) as string);
    for (const module of Object.values(MODULES)) expect(module).not.toHaveProperty(own);
  });
});
