// Sonnet's constructors, by their names and arguments there, as Renga's modules.

import { Tensor, tanh, tensor } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { type Call, type Value, parseCall } from "./expression.ts";

/** A module and how a case calls it. */
export interface Made {
  readonly module: nn.Module;
  /** `isTraining` matters to batch norm only. */
  readonly call: (x: Tensor, isTraining: boolean) => Outputs;
}

/** One tensor is called y. */
export type Outputs = Readonly<Record<string, Tensor>>;

type Given = Readonly<Record<string, Value | undefined>>;

/** Positional arguments in order, and what becomes of all of them. */
interface Row {
  readonly args: string;
  readonly make: (given: Given) => nn.Module;
  readonly isNorm?: boolean;
  /** Called with a sequence and the initial state. */
  readonly isSequence?: boolean;
  /** The reference cases of biases call them with this factor. */
  readonly multiplier?: number;
}

const FUNCTIONS: Readonly<Record<string, unknown>> = {
  "pad.valid": nn.pad.valid,
  "pad.same": nn.pad.same,
  "pad.full": nn.pad.full,
  "pad.causal": nn.pad.causal,
  "pad.reverse_causal": nn.pad.reverseCausal,
  tanh,
};

const camel = (name: string): string => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase());

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** A value as options take it. */
function optionOf(key: string, value: Value): unknown {
  if (Array.isArray(value)) return value.map((item) => optionOf(key, item as Value));
  if (typeof value === "string") {
    if (value in FUNCTIONS) return FUNCTIONS[value];
    return key === "padding" ? value.toLowerCase() : value;
  }
  if (typeof value === "object" && value !== null && "name" in value && value.name === "slice") {
    const [start, stop] = value.args as [number, number | null | undefined];
    return stop === null || stop === undefined ? { start } : { start, stop };
  }
  return value;
}

/** All arguments but those that come by position in Renga, as options. */
function options(given: Given, ...without: string[]): Record<string, unknown> {
  const entries = Object.entries(given).filter(([key, value]) => {
    return !without.includes(key) && value !== undefined && value !== null;
  });
  return Object.fromEntries(
    entries.map(([key, value]) => [camel(key), optionOf(key, value as Value)]),
  );
}

const CONV = "output_channels kernel_shape stride rate padding with_bias w_init b_init data_format";
const TRANSPOSE = CONV.replace("stride", "output_shape stride");
const NORM = "eps scale_init offset_init data_format";

type ConvClass = new (channels: number, kernel: number | number[], given: object) => nn.Module;

const conv = (Class: unknown, args: string): Row => ({
  args,
  make: (given) => {
    const [channels, kernel] = [given.output_channels as number, given.kernel_shape as number];
    const rest = options(given, "output_channels", "kernel_shape");
    return new (Class as ConvClass)(channels, kernel, rest);
  },
});

type ConvLSTMClass = new (input: number[], ...rest: [number, number, object]) => nn.Module;

const convLSTM = (Class: unknown): Row => ({
  args: `input_shape output_channels kernel_shape data_format w_i_init w_h_init b_init forget_bias dtype`,
  make: (given) => {
    const [input, channels] = [given.input_shape as number[], given.output_channels as number];
    const names = ["input_shape", "output_channels", "kernel_shape", "dtype"];
    const rest = [channels, given.kernel_shape as number, options(given, ...names)] as const;
    return new (Class as ConvLSTMClass)(input, ...rest);
  },
});

const layersOf = ({ layers }: Given): nn.AnyCore[] =>
  (layers as Value[]).map((layer) => {
    return (
      typeof layer === "string" ? FUNCTIONS[layer] : make(layer as Call)?.module
    ) as nn.AnyCore;
  });

const ROWS: Readonly<Record<string, Row>> = {
  Linear: {
    args: "output_size with_bias w_init b_init",
    make: (given) => new nn.Linear(given.output_size as number, options(given, "output_size")),
  },
  Bias: {
    args: "output_size bias_dims b_init",
    multiplier: -2,
    make: (given) => new nn.Bias(options(given)),
  },
  Embed: {
    args: "vocab_size embed_dim existing_vocab densify_gradients initializer trainable",
    make: (given) => new nn.Embed(options(given, "densify_gradients")),
  },
  Conv1D: conv(nn.Conv1D, CONV),
  Conv2D: conv(nn.Conv2D, CONV),
  Conv3D: conv(nn.Conv3D, CONV),
  Conv1DTranspose: conv(nn.Conv1DTranspose, TRANSPOSE),
  Conv2DTranspose: conv(nn.Conv2DTranspose, TRANSPOSE),
  Conv3DTranspose: conv(nn.Conv3DTranspose, TRANSPOSE),
  DepthwiseConv2D: {
    args: "kernel_shape channel_multiplier stride rate padding with_bias w_init b_init data_format",
    make: (given) => {
      return new nn.DepthwiseConv2D(given.kernel_shape as number, options(given, "kernel_shape"));
    },
  },
  LayerNorm: {
    args: `axis create_scale create_offset ${NORM}`,
    make: (given) => {
      const axis = optionOf("axis", given.axis as Value) as nn.NormAxes;
      const [scale, offset] = [given.create_scale as boolean, given.create_offset as boolean];
      const rest = options(given, "axis", "create_scale", "create_offset");
      return new nn.LayerNorm(axis, scale, offset, rest);
    },
  },
  InstanceNorm: {
    args: `create_scale create_offset ${NORM}`,
    make: (given) => {
      const [scale, offset] = [given.create_scale as boolean, given.create_offset as boolean];
      return new nn.InstanceNorm(scale, offset, options(given, "create_scale", "create_offset"));
    },
  },
  GroupNorm: {
    args: `groups axis create_scale create_offset ${NORM}`,
    make: (given) => new nn.GroupNorm(given.groups as number, options(given, "groups")),
  },
  BatchNorm: {
    args: `create_scale create_offset decay_rate ${NORM}`,
    isNorm: true,
    make: (given) => {
      const [scale, offset] = [given.create_scale as boolean, given.create_offset as boolean];
      return new nn.BatchNorm(scale, offset, options(given, "create_scale", "create_offset"));
    },
  },
  "nets.MLP": {
    args: "output_sizes w_init b_init with_bias activation dropout_rate activate_final",
    make: (given) => new nn.MLP(given.output_sizes as number[], options(given, "output_sizes")),
  },
  "nets.Cifar10ConvNet": {
    args: "num_classes w_init b_init data_format output_channels strides",
    make: (given) => new nn.Cifar10ConvNet(options(given)),
  },
  Mean: { args: "", make: () => new nn.Mean() },
  Sum: { args: "", make: () => new nn.Sum() },
  ExponentialMovingAverage: {
    args: "decay",
    make: (given) => new nn.ExponentialMovingAverage(given.decay as number),
  },
  "nets.ResNet": {
    args: "blocks_per_group_list num_classes bn_config resnet_v2 channels_per_group_list",
    isNorm: true,
    make: (given) => {
      const [blocks, classes] = [given.blocks_per_group_list as number[], given.num_classes];
      const rest = options(given, "blocks_per_group_list", "num_classes");
      return new nn.ResNet(blocks, classes as number, rest);
    },
  },
  "nets.VectorQuantizer": {
    args: "embedding_dim num_embeddings commitment_cost",
    isNorm: true,
    make: (given) => {
      const sizes = [given.embedding_dim, given.num_embeddings] as [number, number];
      return new nn.VectorQuantizer(...sizes, given.commitment_cost as number);
    },
  },
  "nets.VectorQuantizerEMA": {
    args: "embedding_dim num_embeddings commitment_cost decay epsilon",
    isNorm: true,
    make: (given) => {
      const sizes = [given.embedding_dim, given.num_embeddings] as [number, number];
      const [cost, decay] = [given.commitment_cost as number, given.decay as number];
      const rest = options(given, "embedding_dim", "num_embeddings", "commitment_cost", "decay");
      return new nn.VectorQuantizerEMA(...sizes, cost, decay, rest);
    },
  },
  LSTM: {
    args: "hidden_size projection_size projection_init w_i_init w_h_init b_init forget_bias dtype",
    make: (given) =>
      new nn.LSTM(given.hidden_size as number, options(given, "hidden_size", "dtype")),
  },
  UnrolledLSTM: {
    args: "hidden_size w_i_init w_h_init b_init forget_bias dtype",
    isSequence: true,
    make: (given) => {
      return new nn.UnrolledLSTM(
        given.hidden_size as number,
        options(given, "hidden_size", "dtype"),
      );
    },
  },
  GRU: {
    args: "hidden_size w_i_init w_h_init b_init dtype",
    make: (given) =>
      new nn.GRU(given.hidden_size as number, options(given, "hidden_size", "dtype")),
  },
  VanillaRNN: {
    args: "hidden_size activation w_i_init w_h_init b_init dtype",
    make: (given) => {
      return new nn.VanillaRNN(given.hidden_size as number, options(given, "hidden_size", "dtype"));
    },
  },
  Conv1DLSTM: convLSTM(nn.Conv1DLSTM),
  Conv2DLSTM: convLSTM(nn.Conv2DLSTM),
  Conv3DLSTM: convLSTM(nn.Conv3DLSTM),
  DeepRNN: {
    args: "layers",
    make: (given) => new nn.DeepRNN(layersOf(given)),
  },
  deep_rnn_with_skip_connections: {
    args: "layers concat_final_output",
    make: (given) => nn.deepRNNWithSkipConnections(layersOf(given), options(given, "layers")),
  },
  deep_rnn_with_residual_connections: {
    args: "layers",
    make: (given) => nn.deepRNNWithResidualConnections(layersOf(given)),
  },
  BatchApply: {
    args: "module num_dims",
    make: (given) => {
      const inner = make(given.module as Call)?.module as nn.Module<(x: Tensor) => Tensor>;
      return new nn.BatchApply(inner, (given.num_dims as number | undefined) ?? 2);
    },
  },
};

function make({ name, args, named }: Call): Made | undefined {
  const row = ROWS[name] ?? ROWS[`nets.${name}`];
  if (row === undefined) return undefined;
  const names = row.args.split(" ");
  const placed = Object.fromEntries(args.map((value, i) => [names[i] ?? `argument ${i}`, value]));
  const given = { ...placed, ...named };
  const module = row.make(given);
  const plain = module as nn.Module<(x: Tensor) => Tensor>;
  const norm = module as nn.Module<(x: Tensor, call: { isTraining: boolean }) => Tensor>;
  const run = (x: Tensor, isTraining: boolean): unknown => {
    if (row.isSequence === true) {
      const net = module as nn.UnrolledRNN<unknown>;
      return net(x, net.initialState(x.shape[1] as number));
    }
    if (row.multiplier !== undefined) return (module as nn.Bias)(x, { multiplier: row.multiplier });
    return row.isNorm === true ? norm(x, { isTraining }) : plain(x);
  };
  return { module, call: (x, isTraining) => flat(run(x, isTraining), "y") };
}

/** What a module gives, by name. */
export const outputsOf = (result: unknown): Outputs => flat(result, "y");

/** The module of a constructor call in Python's notation; undefined if Renga has none such. */
export const makeModule = (text: string): Made | undefined => make(parseCall(text));

/** The tensors of a structure by the way to them; `name` for one by itself. */
function flat(result: unknown, name: string): Outputs {
  if (result instanceof Tensor) return { [name]: result };
  const entries = Object.entries(result as Readonly<Record<string, unknown>>);
  const found = entries.map(([key, value]) => flat(value, snake(key)));
  return Object.fromEntries(
    entries.flatMap(([key], i) => {
      return Object.entries(found[i] as Outputs).map(([inner, y]) => {
        const own = snake(key);
        return [inner === own ? inner : `${own}/${inner}`, y] as const;
      });
    }),
  );
}

/** A core run over two steps of the same input. */
function twice(core: nn.RNNCore<unknown>): Made["call"] {
  return (x) => {
    const [first, between] = core(x, core.initialState(x.shape[0] as number));
    const [second, state] = core(x, between);
    return flat({ y: [first, second], state }, "state");
  };
}

/** A core run over a sequence whose rows end early. */
function unrolled(core: nn.RNNCore<unknown>, isStatic: boolean, lengths: string): Made["call"] {
  return (x) => {
    const data = Int32Array.from(lengths.split(","), Number);
    const sequenceLength = tensor(data, { shape: [data.length] });
    const unroll = isStatic ? nn.staticUnroll : nn.dynamicUnroll;
    const state = core.initialState(data.length);
    return flat(unroll<unknown, Tensor, Tensor>(core, x, state, { sequenceLength }), "");
  };
}

/** What the ellipsis of a case stands for. */
const SKIPPED = "deep_rnn_with_skip_connections([LSTM(3),GRU(2)],";

/** The module of a case, from its constructor and the remark behind it; undefined for one of no kind here. */
export function moduleOf(id: string, text: string): Made | undefined {
  const pattern = /^(.*?)(?:;.*|( x2 steps.*|, T=.*))?$/;
  const [, given = "", remark = ""] = pattern.exec(text) ?? [];
  const constructor = given.startsWith("...") ? `${given.replace("...", SKIPPED)})` : given;
  let call: Call;
  try {
    call = parseCall(constructor);
  } catch {
    return undefined; // a case with a remark of its own
  }
  const made = make(call);
  if (made === undefined) return undefined;
  const core = made.module as nn.RNNCore<unknown>;
  if (remark.includes("x2 steps")) return { ...made, call: twice(core) };
  const lengths = /sequence_length=\[(.*)\]/.exec(remark)?.[1];
  if (lengths !== undefined)
    return { ...made, call: unrolled(core, id.includes("static"), lengths) };
  return made;
}
