// One instance of every module: how it is made and called, and what must come out.

import { type Tensor, tanh, tensor } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { randomTensor } from "../support/check.ts";

/** A row of the conformance table. */
export interface Row {
  readonly make: () => nn.Module;
  readonly input: () => Tensor;
  /** Calls the module so that its variables stay as they are. Default: with the input alone. */
  readonly call?: (module: nn.Module, x: Tensor) => Tensor;
  readonly shape: readonly number[];
  /** "name shape", with "fixed" behind if it is not trainable. Undefined: tested by themselves. */
  readonly variables: readonly string[] | undefined;
  /** Whether what gradients say is the slope: not where they are passed straight through. */
  readonly isSmooth?: boolean;
}

type Plain = nn.Module<(x: Tensor) => Tensor>;

/** Calls a module that takes one tensor. */
export const plainly = (module: nn.Module, x: Tensor): Tensor => (module as Plain)(x);

const byBatch = (module: nn.Module, x: Tensor): Tensor => {
  return (module as nn.BatchNorm)(x, { isTraining: false, testLocalStats: true });
};

const average = (name: string, shape: string): string[] => [
  `batch_norm/${name}/counter  fixed`,
  `batch_norm/${name}/hidden ${shape} fixed`,
  `batch_norm/${name}/average ${shape} fixed`,
];

const MODULES: Readonly<Record<string, Row>> = {
  Linear: {
    make: () => new nn.Linear(5),
    input: () => randomTensor([2, 3]),
    shape: [2, 5],
    variables: ["linear/b 5", "linear/w 3,5"],
  },
  MLP: {
    make: () => new nn.MLP([4, 2]),
    input: () => randomTensor([2, 3]),
    shape: [2, 2],
    variables: ["mlp/linear_0/b 4", "mlp/linear_0/w 3,4", "mlp/linear_1/b 2", "mlp/linear_1/w 4,2"],
  },
  Sequential: {
    make: () => new nn.Sequential([new nn.Linear(4), (x) => x.tanh()]),
    input: () => randomTensor([2, 3]),
    shape: [2, 4],
    variables: ["linear/b 4", "linear/w 3,4"],
  },
  BatchApply: {
    make: () => new nn.BatchApply(new nn.Linear(4)),
    input: () => randomTensor([2, 3, 5]),
    shape: [2, 3, 4],
    variables: ["linear/b 4", "linear/w 5,4"],
  },
  Bias: {
    make: () => new nn.Bias({ biasDims: [1] }),
    input: () => randomTensor([2, 3, 4]),
    shape: [2, 3, 4],
    variables: ["bias/b 3,1"],
  },
  Deferred: {
    make: () => new nn.Deferred(() => new nn.Linear(4)),
    input: () => randomTensor([2, 3]),
    shape: [2, 4],
    variables: ["linear/b 4", "linear/w 3,4"],
  },
  Embed: {
    make: () => new nn.Embed({ vocabSize: 7, embedDim: 3 }),
    input: () => tensor([[0, 6], [2, 2]], { dtype: "i32" }), // prettier-ignore
    shape: [2, 2, 3],
    variables: ["embed/embeddings 7,3"],
  },
  Dropout: {
    make: () => new nn.Dropout(0.5),
    input: () => randomTensor([2, 3]),
    call: (module, x) => (module as nn.Dropout)(x, { isTraining: false }),
    shape: [2, 3],
    variables: [],
  },
  Flatten: {
    make: () => new nn.Flatten(),
    input: () => randomTensor([2, 3, 4]),
    shape: [2, 12],
    variables: [],
  },
  Reshape: {
    make: () => new nn.Reshape([-1, 2]),
    input: () => randomTensor([2, 3, 4]),
    shape: [2, 6, 2],
    variables: [],
  },
};

const CONVOLUTIONS: Readonly<Record<string, Row>> = {
  Conv1D: {
    make: () => new nn.Conv1D(3, 3, { stride: 2 }),
    input: () => randomTensor([2, 5, 2]),
    shape: [2, 3, 3],
    variables: ["conv1_d/b 3", "conv1_d/w 3,2,3"],
  },
  Conv2D: {
    make: () => new nn.Conv2D(3, [2, 3], { padding: nn.pad.causal, dataFormat: "NCHW" }),
    input: () => randomTensor([1, 2, 4, 3]),
    shape: [1, 3, 4, 3],
    variables: ["conv2_d/b 3", "conv2_d/w 2,3,2,3"],
  },
  Conv3D: {
    make: () => new nn.Conv3D(2, 2, { padding: "valid", withBias: false }),
    input: () => randomTensor([1, 3, 3, 3, 2]),
    shape: [1, 2, 2, 2, 2],
    variables: ["conv3_d/w 2,2,2,2,2"],
  },
  Conv1DTranspose: {
    make: () => new nn.Conv1DTranspose(3, 3, { stride: 2, padding: "valid" }),
    input: () => randomTensor([2, 3, 2]),
    shape: [2, 8, 3],
    variables: ["conv1_d_transpose/b 3", "conv1_d_transpose/w 3,3,2"],
  },
  Conv2DTranspose: {
    make: () => new nn.Conv2DTranspose(3, 3, { stride: 2, outputShape: [5, 6] }),
    input: () => randomTensor([1, 3, 3, 2]),
    shape: [1, 5, 6, 3],
    variables: ["conv2_d_transpose/b 3", "conv2_d_transpose/w 3,3,3,2"],
  },
  Conv3DTranspose: {
    make: () => new nn.Conv3DTranspose(2, 2),
    input: () => randomTensor([1, 2, 2, 2, 2]),
    shape: [1, 2, 2, 2, 2],
    variables: ["conv3_d_transpose/b 2", "conv3_d_transpose/w 2,2,2,2,2"],
  },
  DepthwiseConv2D: {
    make: () => new nn.DepthwiseConv2D(3, { channelMultiplier: 2 }),
    input: () => randomTensor([1, 4, 3, 2]),
    shape: [1, 4, 3, 4],
    variables: ["depthwise_conv2_d/b 4", "depthwise_conv2_d/w 3,3,2,2"],
  },
};

const NORMS: Readonly<Record<string, Row>> = {
  LayerNorm: {
    make: () => new nn.LayerNorm(-1, true, true),
    input: () => randomTensor([2, 3, 4]),
    shape: [2, 3, 4],
    variables: ["layer_norm/offset 4", "layer_norm/scale 4"],
  },
  InstanceNorm: {
    make: () => new nn.InstanceNorm(true, false, { dataFormat: "NCHW" }),
    input: () => randomTensor([2, 3, 4, 2]),
    shape: [2, 3, 4, 2],
    variables: ["instance_norm/scale 3,1,1"],
  },
  GroupNorm: {
    make: () => new nn.GroupNorm(2),
    input: () => randomTensor([2, 3, 4]),
    shape: [2, 3, 4],
    variables: ["group_norm/offset 4", "group_norm/scale 4"],
  },
  BaseBatchNorm: {
    make: () => new nn.BaseBatchNorm(true, false, new nn.Mean("m"), new nn.Mean("v")),
    input: () => randomTensor([4, 3]),
    call: byBatch,
    shape: [4, 3],
    variables: [
      "base_batch_norm/offset 3 fixed",
      "base_batch_norm/scale 3",
      ...["m/count  fixed", "m/sum 1,3 fixed", "v/count  fixed", "v/sum 1,3 fixed"],
    ],
  },
  CrossReplicaBatchNorm: {
    make: () => new nn.CrossReplicaBatchNorm(true, true, new nn.Sum("m"), new nn.Sum("v")),
    input: () => randomTensor([4, 3]),
    call: byBatch,
    shape: [4, 3],
    variables: [
      "cross_replica_batch_norm/offset 3",
      "cross_replica_batch_norm/scale 3",
      ...["m/sum 1,3 fixed", "v/sum 1,3 fixed"],
    ],
  },
  BatchNorm: {
    make: () => new nn.BatchNorm(true, true),
    input: () => randomTensor([2, 2, 2, 3]),
    call: byBatch,
    shape: [2, 2, 2, 3],
    variables: [
      "batch_norm/offset 3",
      "batch_norm/scale 3",
      ...average("moving_mean", "1,1,1,3"),
      ...average("moving_variance", "1,1,1,3"),
    ],
  },
};

const SMALL = { channelsPerGroupList: [4, 4, 4, 4] };
const net = (module: nn.Module, x: Tensor): Tensor =>
  (module as nn.ResNet)(x, { isTraining: false });
const quantized = (module: nn.Module, x: Tensor): Tensor => {
  return (module as nn.VectorQuantizer)(x, { isTraining: false }).quantize;
};

const NETS: Readonly<Record<string, Row>> = {
  Cifar10ConvNet: {
    make: () => new nn.Cifar10ConvNet({ numClasses: 3, outputChannels: [4, 4], strides: [1, 2] }),
    input: () => randomTensor([2, 4, 4, 2]),
    call: (module, x) => (module as nn.Cifar10ConvNet)(x, { isTraining: false }).logits,
    shape: [2, 3],
    variables: undefined,
    isSmooth: false, // relu
  },
  ResNet: {
    make: () => new nn.ResNet([1, 1, 1, 1], 3, SMALL),
    input: () => randomTensor([1, 8, 8, 2]),
    call: net,
    shape: [1, 3],
    variables: undefined,
    isSmooth: false,
  },
  VectorQuantizer: {
    make: () => new nn.VectorQuantizer(3, 5, 0.25),
    input: () => randomTensor([2, 2, 3]),
    call: quantized,
    shape: [2, 2, 3],
    variables: ["vector_quantizer/embeddings 3,5"],
    isSmooth: false,
  },
  VectorQuantizerEMA: {
    make: () => new nn.VectorQuantizerEMA(3, 5, 0.25, 0.9),
    input: () => randomTensor([2, 2, 3]),
    call: quantized,
    shape: [2, 2, 3],
    variables: [
      "vector_quantizer_ema/embeddings 3,5 fixed",
      ...["ema_cluster_size", "ema_dw"].flatMap((name, i) => [
        `vector_quantizer_ema/${name}/counter  fixed`,
        `vector_quantizer_ema/${name}/hidden ${["5", "3,5"][i]} fixed`,
        `vector_quantizer_ema/${name}/average ${["5", "3,5"][i]} fixed`,
      ]),
    ],
    isSmooth: false,
  },
};

const stepped = (module: nn.Module, x: Tensor): Tensor => {
  const core = module as nn.RNNCore<unknown>;
  return core(x, core.initialState(x.shape[0] as number))[0];
};

const RECURRENT: Readonly<Record<string, Row>> = {
  VanillaRNN: {
    make: () => new nn.VanillaRNN(4),
    input: () => randomTensor([2, 3]),
    call: stepped,
    shape: [2, 4],
    variables: [
      "vanilla_rnn/b 4",
      "vanilla_rnn/hidden_to_hidden/w 4,4",
      "vanilla_rnn/input_to_hidden/w 3,4",
    ],
  },
  LSTM: {
    make: () => new nn.LSTM(4, { projectionSize: 2 }),
    input: () => randomTensor([2, 3]),
    call: stepped,
    shape: [2, 2],
    variables: ["lstm/w_h 2,16", "lstm/w_i 3,16", "lstm/b 16", "lstm/projection 4,2"],
  },
  GRU: {
    make: () => new nn.GRU(4),
    input: () => randomTensor([2, 3]),
    call: stepped,
    shape: [2, 4],
    variables: ["gru/w_h 4,12", "gru/w_i 3,12", "gru/b 12"],
  },
  UnrolledLSTM: {
    make: () => new nn.UnrolledLSTM(3),
    input: () => randomTensor([4, 2, 3]),
    call: (module, x) => {
      const net = module as nn.UnrolledLSTM;
      const [outputs, { hidden, cell }] = net(x, net.initialState(2));
      return outputs.add(hidden).add(cell);
    },
    shape: [4, 2, 3],
    variables: ["unrolled_lstm/w_h 3,12", "unrolled_lstm/w_i 3,12", "unrolled_lstm/b 12"],
  },
  Conv1DLSTM: {
    make: () => new nn.Conv1DLSTM([5, 2], 3, 3),
    input: () => randomTensor([2, 5, 2]),
    call: stepped,
    shape: [2, 5, 3],
    variables: [
      "conv1_dlstm/b 12",
      "conv1_dlstm/hidden_to_hidden/w 3,3,12",
      "conv1_dlstm/input_to_hidden/w 3,2,12",
    ],
  },
  Conv2DLSTM: {
    make: () => new nn.Conv2DLSTM([3, 2, 2], 2, 2),
    input: () => randomTensor([1, 3, 2, 2]),
    call: stepped,
    shape: [1, 3, 2, 2],
    variables: [
      "conv2_dlstm/b 8",
      "conv2_dlstm/hidden_to_hidden/w 2,2,2,8",
      "conv2_dlstm/input_to_hidden/w 2,2,2,8",
    ],
  },
  Conv3DLSTM: {
    make: () => new nn.Conv3DLSTM([2, 2, 2, 1], 2, 2),
    input: () => randomTensor([1, 2, 2, 2, 1]),
    call: stepped,
    shape: [1, 2, 2, 2, 2],
    variables: [
      "conv3_dlstm/b 8",
      "conv3_dlstm/hidden_to_hidden/w 2,2,2,2,8",
      "conv3_dlstm/input_to_hidden/w 2,2,2,1,8",
    ],
  },
  DeepRNN: {
    make: () => new nn.DeepRNN([new nn.LSTM(3), tanh, new nn.GRU(2)]),
    input: () => randomTensor([2, 3]),
    call: stepped,
    shape: [2, 2],
    variables: [
      ...["lstm/w_h 3,12", "lstm/w_i 3,12", "lstm/b 12"],
      ...["gru/w_h 2,6", "gru/w_i 3,6", "gru/b 6"],
    ],
  },
};

const linear = (name: string, inputs: number, outputs: number): string[] => [
  `${name}/b ${outputs}`,
  `${name}/w ${inputs},${outputs}`,
];

const ATTENTION: Readonly<Record<string, Row>> = {
  RMSNorm: {
    make: () => new nn.RMSNorm(),
    input: () => randomTensor([2, 3, 4]),
    shape: [2, 3, 4],
    variables: ["rms_norm/scale 4"],
  },
  MultiHeadAttention: {
    make: () => new nn.MultiHeadAttention({ numHeads: 4, numKeyValueHeads: 2, rotary: true }),
    input: () => randomTensor([2, 3, 8]),
    call: (module, x) => (module as nn.MultiHeadAttention)(x, { isCausal: true }),
    shape: [2, 3, 8],
    variables: [
      ...linear("multi_head_attention/key", 8, 4),
      ...linear("multi_head_attention/output", 8, 8),
      ...linear("multi_head_attention/query", 8, 8),
      ...linear("multi_head_attention/value", 8, 4),
    ],
  },
  TransformerBlock: {
    make: () => new nn.TransformerBlock({ numHeads: 2, hiddenSize: 6 }),
    input: () => randomTensor([2, 3, 4]),
    call: (module, x) => (module as nn.TransformerBlock)(x, { isCausal: true }),
    shape: [2, 3, 4],
    variables: [
      ...["key", "output", "query", "value"].flatMap((part) => {
        return linear(`transformer_block/attention/${part}`, 4, 4);
      }),
      "transformer_block/attention_norm/offset 4",
      "transformer_block/attention_norm/scale 4",
      ...linear("transformer_block/hidden", 4, 6),
      "transformer_block/network_norm/offset 4",
      "transformer_block/network_norm/scale 4",
      ...linear("transformer_block/output", 6, 4),
    ],
  },
  SinusoidalPositions: {
    make: () => new nn.SinusoidalPositions(),
    input: () => randomTensor([2, 3, 4]),
    shape: [2, 3, 4],
    variables: [],
  },
  SinusoidalEmbed: {
    make: () => new nn.SinusoidalEmbed(4),
    input: () => randomTensor([2, 3]),
    shape: [2, 3, 4],
    variables: [],
  },
  LearnedPositions: {
    make: () => new nn.LearnedPositions(5),
    input: () => randomTensor([2, 3, 4]),
    shape: [2, 3, 4],
    variables: ["learned_positions/embeddings 5,4"],
  },
};

const places = (): Tensor => tensor([[3, 0], [1, 2]], { dtype: "i32" }); // prettier-ignore

const PATCHES: Readonly<Record<string, Row>> = {
  PatchEncoder: {
    make: () => new nn.PatchEncoder({ places: 4, size: 4, layers: 0, numHeads: 2 }),
    input: () => randomTensor([2, 2, 3]),
    call: (module, x) => (module as nn.PatchEncoder)(x, places()),
    shape: [2, 2, 4],
    variables: [
      "patch_encoder/positions 4,4",
      ...linear("patch_encoder/embed", 3, 4),
      "patch_encoder/norm/offset 4",
      "patch_encoder/norm/scale 4",
    ],
  },
  PatchDecoder: {
    make: () => new nn.PatchDecoder({ places: 4, size: 4, layers: 1, numHeads: 2, outputSize: 5 }),
    input: () => randomTensor([2, 2, 3]),
    call: (module, x) => (module as nn.PatchDecoder)(x, places()),
    shape: [2, 4, 5],
    variables: undefined,
  },
};

const WRAPPERS: Readonly<Record<string, Row>> = {
  LoRA: {
    make: () => new nn.LoRA(new nn.Linear(4), { rank: 2 }),
    input: () => randomTensor([2, 3]),
    shape: [2, 4],
    variables: ["lora/a 3,2", "lora/b 2,4", "linear/b 4 fixed", "linear/w 3,4 fixed"],
  },
  WeightNorm: {
    make: () => new nn.WeightNorm(new nn.Linear(4)),
    input: () => randomTensor([2, 3]),
    shape: [2, 4],
    variables: ["weight_norm/g 4", "linear/b 4", "linear/w 3,4"],
  },
  SpectralNorm: {
    make: () => new nn.SpectralNorm(new nn.Linear(4)),
    input: () => randomTensor([2, 3]),
    call: (module, x) => (module as nn.SpectralNorm)(x, { isTraining: false }),
    shape: [2, 4],
    variables: ["spectral_norm/u 4 fixed", "linear/b 4", "linear/w 3,4"],
  },
};

/** Every module but those that keep statistics of what they see. */
export const ROWS: Readonly<Record<string, Row>> = {
  ...MODULES,
  ...CONVOLUTIONS,
  ...NORMS,
  ...NETS,
  ...RECURRENT,
  ...ATTENTION,
  ...PATCHES,
  ...WRAPPERS,
};

/** Modules that are tested by themselves: every call changes what they return. */
export const STATISTICS = ["ExponentialMovingAverage", "Mean", "Sum"];

/** Takes a number. */
export const OTHERS = ["TrainableState"];

/** What others are made of. */
export const PARTS = [
  ...["BlockGroup", "BottleNeckBlockV1", "BottleNeckBlockV2", "Metric", "Module"],
  ...["RNNCore", "UnrolledRNN"],
];

/** Other sizes of one that is in the table. */
export const SIZES = ["ResNet50"];
