// Reference ops with a state: LSTM, GRU and plain recurrent networks in the layouts there are.

import * as renga from "../../src/index.ts";
import type { GruOptions, LstmState, SequenceOptions, Tensor } from "../../src/index.ts";
import type { Named } from "./case.ts";
import type { Run } from "./run.ts";

type Attrs = Readonly<Record<string, unknown>>;

/** A layer's weights with rows for inputs and blocks of columns in the library's order. */
interface Layer {
  readonly wInput: Tensor;
  readonly wHidden: Tensor;
  readonly bias?: Tensor;
  readonly hiddenBias?: Tensor;
}

const first = (x: Named, names: readonly string[]): Tensor | undefined =>
  names.map((name) => x[name]).find((tensor) => tensor !== undefined);

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Names of one layer's tensors; `way` is "f" or "b" in bidirectional cases. */
function raw(x: Named, way: string): Record<"wInput" | "wHidden" | "b" | "b2", Tensor | undefined> {
  const tail = way === "b" ? ["_reverse", "_r", "_b", "b"] : ["", "_f", "f"];
  const all = (names: readonly string[]): Tensor | undefined =>
    first(
      x,
      names.flatMap((name) => tail.map((end) => name + end)),
    );
  return {
    wInput: first(x, [`w${way}_i`, `w${way}_ih`]) ?? all(["w_i", "w_ih", "w_x"]),
    wHidden: first(x, [`w${way}_h`, `w${way}_hh`]) ?? all(["w_h", "w_hh", "r"]),
    b: first(x, [`b${way}`]) ?? all(["b", "b_ih", "b_i"]),
    b2: first(x, [`b${way}_hh`]) ?? all(["b_hh", "b_h"]),
  };
}

/** Columns in the order `want` from blocks in the order `have`, as in "i,g,f,o". */
function reorder(w: Tensor, have: string, want: string): Tensor {
  const names = have
    .replace(/\(.*/, "")
    .split(",")
    .map((name) => name.trim());
  const canonical = names.map((name) => ({ c: "g", j: "g", n: "a", h: "a" })[name] ?? name);
  if (canonical.join() === want) return w;
  const blocks = renga.split(w, names.length, -1);
  return renga.concat(
    want.split(",").map((name) => blocks[canonical.indexOf(name)] as Tensor),
    w.rank - 1,
  );
}

function layerOf(x: Named, attrs: Attrs, want: string, way = ""): Layer {
  const { b, b2, ...found } = raw(x, way);
  const count = want.split(",").length;
  const layout = text(attrs.weight_layout);
  const isTransposed = layout
    ? /\(\s*\d?H\s*,\s*I/.test(layout)
    : /torch|onnx/i.test(text(attrs.convention));
  let { wInput, wHidden } = found;
  if (wHidden === undefined) {
    // One matrix for the input and the state together.
    const depth = (first(x, ["x", "xs"]) as Tensor).shape.at(-1) as number;
    const w = x["w"] as Tensor;
    [wInput, wHidden] = renga.split(w, [depth, (w.shape[0] as number) - depth]) as [Tensor, Tensor];
  } else {
    wInput ??= x["w"] as Tensor;
    if (isTransposed) [wInput, wHidden] = [wInput.transpose(), wHidden.transpose()];
  }
  // Two biases may come as one tensor, end to end.
  const isDouble = b !== undefined && b.size === 2 * (wHidden.shape[1] as number);
  const [bias, hiddenBias] = isDouble ? renga.split(b, 2) : [b, b2];
  const order = text(attrs.gate_order) || want;
  const fit = (w: Tensor): Tensor => (count === 1 ? w : reorder(w, order, want));
  return {
    wInput: fit(wInput),
    wHidden: fit(wHidden),
    ...(bias ? { bias: fit(bias) } : {}),
    ...(hiddenBias ? { hiddenBias: fit(hiddenBias) } : {}),
  };
}

/** What is added to the forget gate at run time. */
function forgetBias(value: unknown): number {
  if (typeof value === "number") return value;
  return /^\s*[\d.]+ added to f at run time/.test(text(value)) ? parseFloat(text(value)) : 0;
}

function lstmLayer(x: Named, attrs: Attrs, way = ""): Layer & { projection?: Tensor } {
  const { hiddenBias, ...layer } = layerOf(x, attrs, "i,f,g,o", way);
  const hidden = (layer.wHidden.shape[1] as number) / 4;
  const zeros = renga.zeros([4 * hidden]);
  const sum = [layer.bias, hiddenBias].reduce<Tensor>((a, b) => (b ? a.add(b) : a), zeros);
  const extra = forgetBias(attrs.forget_bias);
  const gate = [0, extra, 0, 0].flatMap((value) => Array<number>(hidden).fill(value));
  const projection = x["w_hr"]?.transpose() ?? first(x, ["projection", "proj", "w_p", "w_proj"]);
  const bias = extra === 0 ? sum : sum.add(renga.tensor(gate));
  return { ...layer, bias, ...(projection ? { projection } : {}) };
}

/** `[time, batch, input]`, and what else a sequence comes with. */
function sequenceOf(x: Named, attrs: Attrs): { xs: Tensor; options: SequenceOptions } {
  const given = first(x, ["xs", "x"]) as Tensor;
  const xs = attrs.time_major === false ? given.transpose([1, 0, 2]) : given;
  const listed = first(x, [
    "lengths",
    "sequence_length",
    "sequence_lengths",
    "seq_len",
    "seq_lens",
  ]);
  const list = attrs.lengths ?? attrs.sequence_length ?? attrs.sequence_lengths;
  const lengths = listed ?? (list ? renga.tensor(Int32Array.from(list as number[])) : undefined);
  const reverse = attrs.reverse === true || attrs.direction === "reverse";
  return { xs, options: { reverse, ...(lengths ? { sequenceLengths: lengths } : {}) } };
}

function timeFirst(ys: Tensor, attrs: Attrs): Tensor {
  return attrs.time_major === false ? ys.transpose([1, 0, 2]) : ys;
}

const lstmCell: Run = (x, attrs) => {
  const state = { hidden: first(x, ["h", "h0"]), cell: first(x, ["c", "c0"]) } as LstmState;
  const next = renga.lstmCell(x["x"] as Tensor, state, lstmLayer(x, attrs));
  return { h1: next.hidden, c1: next.cell };
};

const lstm: Run = (x, attrs) => {
  const { xs, options } = sequenceOf(x, attrs);
  const batch = xs.shape[1] as number;
  const ways = attrs.bidirectional === true ? ["f", "b"] : [""];
  const results = ways.map((way) => {
    const layer = lstmLayer(x, attrs, way);
    const zeros = (width: number): Tensor => renga.zeros([batch, width]);
    const state = {
      hidden: first(x, [`h${way}`, `h0${way}`]) ?? zeros(layer.wHidden.shape[0] as number),
      cell: first(x, [`c${way}`, `c0${way}`]) ?? zeros((layer.wHidden.shape[1] as number) / 4),
    };
    return renga.lstm(xs, state, layer, way === "b" ? { ...options, reverse: true } : options);
  });
  const { hidden: hT, cell: cT } = (results[0] as (typeof results)[0]).state;
  const outputs = results.map((result) => result.outputs);
  const ys = outputs.length === 1 ? (outputs[0] as Tensor) : renga.concat(outputs, 2);
  return { ys: timeFirst(ys, attrs), hT, cT };
};

/** The layer in the library's order of the convention, with z as it means it. */
function gruLayer(x: Named, attrs: Attrs, way = ""): Layer & Required<GruOptions> {
  const convention = text(attrs.convention);
  const flag = attrs.linear_before_reset ?? (attrs.reset === "after" || undefined);
  const isNamed = /after|torch|cudnn|linear_before_reset=1/i.test(convention);
  const isAfter = flag === undefined ? isNamed : Boolean(flag);
  const order = isAfter ? "r,z,a" : "z,r,a";
  const given = text(attrs.gate_order);
  const layer = layerOf(x, given ? attrs : { ...attrs, gate_order: order }, order, way);
  const update = text(attrs.update);
  const keepsByZ =
    update === "" ? isAfter : /(^|[^-(])z\s*[*∘·]?\s*h/.test(update.replace(/h'/g, ""));
  // σ(−a) = 1 − σ(a) turns one meaning of z into the other.
  const at = order.split(",").indexOf("z");
  const flip = (w: Tensor): Tensor => {
    if (keepsByZ === isAfter) return w;
    const blocks = renga.split(w, 3, -1).map((block, i) => (i === at ? block.neg() : block));
    return renga.concat(blocks, w.rank - 1);
  };
  const { bias, hiddenBias } = layer;
  const zeros = renga.zeros([layer.wInput.shape[1] as number]);
  const both = !isAfter && hiddenBias ? (bias ?? zeros).add(hiddenBias) : bias;
  return {
    wInput: flip(layer.wInput),
    wHidden: flip(layer.wHidden),
    ...(both ? { bias: flip(both) } : {}),
    ...(isAfter && hiddenBias ? { hiddenBias: flip(hiddenBias) } : {}),
    reset: isAfter ? "after" : "before",
  };
}

const gruCell: Run = (x, attrs) => {
  const { reset, ...layer } = gruLayer(x, attrs);
  const h1 = renga.gruCell(x["x"] as Tensor, first(x, ["h", "h0"]) as Tensor, layer, { reset });
  return { h1 };
};

const gru: Run = (x, attrs) => {
  const { xs, options } = sequenceOf(x, attrs);
  const ways = attrs.bidirectional === true ? ["f", "b"] : [""];
  const results = ways.map((way) => {
    const { reset, ...layer } = gruLayer(x, attrs, way);
    const zeros = renga.zeros([xs.shape[1] as number, layer.wHidden.shape[0] as number]);
    const state = first(x, [`h${way}`, `h0${way}`]) ?? zeros;
    const reverse = way === "b" ? true : (options.reverse ?? false);
    return renga.gru(xs, state, layer, { ...options, reverse, reset });
  });
  const outputs = results.map((result) => result.outputs);
  const ys = outputs.length === 1 ? (outputs[0] as Tensor) : renga.concat(outputs, 2);
  return { ys: timeFirst(ys, attrs), hT: (results[0] as (typeof results)[0]).state };
};

function vanillaLayer(x: Named, attrs: Attrs): Layer {
  const { hiddenBias, ...layer } = layerOf(x, attrs, "h");
  const { bias } = layer;
  return bias && hiddenBias ? { ...layer, bias: bias.add(hiddenBias) } : layer;
}

const activationOf = (attrs: Attrs): { activation: "tanh" | "relu" } => {
  return { activation: (attrs.activation ?? attrs.nonlinearity ?? "tanh") as "tanh" };
};

const vanillaRnn: Run = (x, attrs) => {
  const { xs, options } = sequenceOf(x, attrs);
  const layer = vanillaLayer(x, attrs);
  const zeros = renga.zeros([xs.shape[1] as number, layer.wHidden.shape[0] as number]);
  const state = first(x, ["h", "h0"]) ?? zeros;
  const result = renga.vanillaRnn(xs, state, layer, { ...options, ...activationOf(attrs) });
  return { ys: timeFirst(result.outputs, attrs), hT: result.state };
};

const vanillaCell: Run = (x, attrs) => {
  const state = first(x, ["h", "h0"]) as Tensor;
  const layer = vanillaLayer(x, attrs);
  return { h1: renga.vanillaCell(x["x"] as Tensor, state, layer, activationOf(attrs)) };
};

const convLstmCell: Run = ({ x, h, c, w_i: wInput, w_h: wHidden, b }) => {
  const options = { padding: "same" } as const;
  const input = renga.conv(x as Tensor, wInput as Tensor, b ? { ...options, bias: b } : options);
  const recurrent = renga.conv(h as Tensor, wHidden as Tensor, options);
  const next = renga.lstmUpdate(input, recurrent, c as Tensor);
  return { h1: next.hidden, c1: next.cell };
};

/** Layers in other layouts than these are not covered. */
const known =
  (run: Run): Run =>
  (x, attrs) => {
    const names = ["w", "w_i", "w_ih", "wf_i", "wf_ih"];
    const isKnown = first(x, names) && attrs.peepholes === undefined && x["p"] === undefined;
    return isKnown ? run(x, attrs) : undefined;
  };

export const RECURRENT: Readonly<Record<string, Run>> = {
  lstm_cell: known(lstmCell),
  lstm: known(lstm),
  gru_cell: known(gruCell),
  gru: known(gru),
  vanilla_rnn: known(vanillaRnn),
  vanilla_cell: known(vanillaCell),
  vanilla_rnn_cell: known(vanillaCell),
  conv1d_lstm_cell: convLstmCell,
  conv2d_lstm_cell: convLstmCell,
  conv3d_lstm_cell: convLstmCell,
};
