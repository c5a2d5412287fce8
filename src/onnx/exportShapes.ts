// Ops that move, join and take apart, in ONNX.

import { UsageError } from "../errors.ts";
import { type Dim, type GraphNode, type GraphValue, isBatch } from "../graph/index.ts";
import type { SliceIndex } from "../ops/slice.ts";
import type { Emitter, Slot } from "./emitter.ts";
import { type Writer, anonymous } from "./exportElements.ts";

/** Beyond every length. */
const TO_THE_END = 2 ** 31 - 1;

const reshape: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const y = to.result(node);
  to.reshape(x, y.shape, y);
};

const transpose: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  to.transpose(x, node.attributes as number[], to.result(node));
};

const broadcastTo: Writer = (to, node) => {
  const y = to.result(node);
  to.emit("Expand", [...to.inputs(node), to.lengths(y.shape)], y);
};

const flip: Writer = (to, node) => {
  const axes = node.attributes as number[];
  const all = (value: number): Slot => to.integers(axes.map(() => value));
  const ends = [all(-1), all(-TO_THE_END), to.integers(axes), all(-1)];
  to.emit("Slice", [...to.inputs(node), ...ends], to.result(node));
};

/** The part of an axis that an index names, or undefined if it is all of it. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function partOf(index: SliceIndex, other: SliceIndex, dim: Dim, example: number): Part | undefined {
  if (index === null) return undefined;
  if (typeof index === "number") {
    return { start: index, end: index === -1 ? TO_THE_END : index + 1, step: 1 };
  }
  const range = "length" in index ? { start: index[0], end: index[1] } : index;
  const again = other as typeof index;
  const otherEnd = "length" in again ? again[1] : again.end;
  const { step = 1 } = range;
  const { start = step > 0 ? 0 : -1 } = range;
  // An end at the length of the batch moves with it.
  const movesAlong = isBatch(dim) && range.end === example && otherEnd !== range.end;
  const usual = step > 0 ? TO_THE_END : -TO_THE_END;
  const end = range.end === undefined || movesAlong ? usual : range.end;
  if (start === 0 && step === 1 && end >= (isBatch(dim) ? TO_THE_END : dim)) return undefined;
  return { start, end, step };
}

const slice: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const y = to.result(node);
  const indices = node.attributes as readonly SliceIndex[];
  const others = node.others as readonly SliceIndex[];
  const batch = to.graph.batch ?? 0;
  const parts = indices.flatMap((index, axis) => {
    const dim = x.shape[axis] as Dim;
    const example = isBatch(dim) ? dim.times * batch + dim.plus : dim;
    const part = partOf(index, others[axis] as SliceIndex, dim, example);
    return part === undefined ? [] : [{ axis, ...part }];
  });
  const dropped = indices.flatMap((index, axis) => (typeof index === "number" ? [axis] : []));
  if (parts.length === 0) return void to.emit("Identity", [x], y);
  const list = (key: "start" | "end" | "axis" | "step"): Slot => {
    return to.integers(parts.map((part) => part[key]));
  };
  const operands = [x, list("start"), list("end"), list("axis"), list("step")];
  if (dropped.length === 0) return void to.emit("Slice", operands, y);
  const kept = y.shape.values();
  const shape = x.shape.map((_, axis) => (dropped.includes(axis) ? 1 : (kept.next().value as Dim)));
  const wide = to.emit("Slice", operands, { dtype: x.dtype, shape });
  to.emit("Squeeze", [wide, to.integers(dropped)], y);
};

const pad: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const [padding, value] = node.attributes as [readonly (readonly [number, number])[], number];
  const side = (which: 0 | 1): number[] => x.shape.map((_, axis) => padding[axis]?.[which] ?? 0);
  const borders = to.integers([...side(0), ...side(1)]);
  to.emit("Pad", [x, borders, to.number(value, x.dtype)], to.result(node), { mode: "constant" });
};

const concat: Writer = (to, node) => {
  to.emit("Concat", to.inputs(node), to.result(node), { axis: node.attributes as number });
};

const split: Writer = (to, node) => {
  const axis = node.attributes as number;
  const outputs = node.outputs.map((output) => to.slot(output));
  const lengths = to.integers(outputs.map(({ shape }) => shape[axis] as number));
  const inputs = [...to.inputs(node), lengths];
  to.nodes.push({ op: "Split", inputs, outputs, attributes: { axis } });
};

const gather: Writer = (to, node) => {
  to.emit("Gather", to.inputs(node), to.result(node), { axis: node.attributes as number });
};

const takeAlongAxis: Writer = (to, node) => {
  const { axis } = node.attributes as { readonly axis: number };
  to.emit("GatherElements", to.inputs(node), to.result(node), { axis });
};

const REDUCTIONS = { set: "none", add: "add", mul: "mul" } as const;

const scatter: Writer = (to, node) => {
  const { axis, mode } = node.attributes as { axis: number; mode: string };
  if (!(mode in REDUCTIONS)) {
    throw new UsageError("exportOnnx", "scatter must set, add or mul in op set 17", { got: mode });
  }
  const reduction = REDUCTIONS[mode as keyof typeof REDUCTIONS];
  to.emit("ScatterElements", to.inputs(node), to.result(node), { axis, reduction });
};

const oneHot: Writer = (to, node) => {
  const y = to.result(node);
  const depth = to.integers([y.shape.at(-1) as number]);
  const data = Float32Array.of(0, 1);
  const values = to.initializer("zeroAndOne", { dtype: "f32", shape: [2], data });
  const [ids] = to.inputs(node) as [Slot];
  const long = to.emit("Cast", [ids], { dtype: "i64", shape: ids.shape }, { to: 7 });
  to.emit("OneHot", [long, depth, values], y, { axis: -1 });
};

const cumSum: Writer = (to, node) => {
  const [axis, options] = node.attributes as [number, { exclusive?: boolean; reverse?: boolean }];
  const flags = { exclusive: Number(options.exclusive), reverse: Number(options.reverse) };
  const at = to.initializer("axis", { dtype: "i32", shape: [], data: Int32Array.of(axis) });
  const attributes = { exclusive: flags.exclusive || 0, reverse: flags.reverse || 0 };
  to.emit("CumSum", [...to.inputs(node), at], to.result(node), attributes);
};

/** Axes of a reduction, and whether they are kept. */
function reduced({ inputs, outputs, attributes }: GraphNode): { axes: number[]; keepdims: number } {
  const [{ shape }, { shape: result }] = [inputs[0], outputs[0]] as [GraphValue, GraphValue];
  const given = attributes as number | readonly number[] | undefined;
  const all = shape.map((_, i) => i);
  const axes = given === undefined ? all : typeof given === "number" ? [given] : [...given];
  const keepdims = Number(result.length === shape.length);
  return { axes: axes.map((axis) => (axis < 0 ? axis + shape.length : axis)), keepdims };
}

const reduction =
  (op: string): Writer =>
  (to, node) => {
    const { axes, keepdims } = reduced(node);
    const [x] = to.inputs(node) as [Slot];
    if (axes.length === 0) return void to.emit("Identity", [x], to.result(node));
    to.emit(op, [x], to.result(node), { axes, keepdims });
  };

const sum: Writer = (to, node) => {
  const { axes, keepdims } = reduced(node);
  const [x] = to.inputs(node) as [Slot];
  if (axes.length === 0) return void to.emit("Identity", [x], to.result(node));
  to.emit("ReduceSum", [x, to.integers(axes)], to.result(node), { keepdims });
};

/** any and all: as extremes of whole numbers. */
const truth =
  (op: string): Writer =>
  (to, node) => {
    const { axes, keepdims } = reduced(node);
    const [x] = to.inputs(node) as [Slot];
    const y = to.result(node);
    const whole = to.emit("Cast", [x], { dtype: "i32", shape: x.shape }, { to: 6 });
    const facts = { dtype: "i32", shape: y.shape } as const;
    to.emit("Cast", [to.emit(op, [whole], facts, { axes, keepdims })], y, { to: 9 });
  };

const place =
  (op: string): Writer =>
  (to, node) => {
    const { axes, keepdims } = reduced(node);
    const y = to.result(node);
    const facts = { dtype: "i64", shape: y.shape } as const;
    const found = to.emit(op, to.inputs(node), facts, { axis: axes[0] as number, keepdims });
    to.emit("Cast", [found], y, { to: 6 });
  };

const alongLast =
  (op: string): Writer =>
  (to, node) =>
    void to.emit(op, to.inputs(node), to.result(node), { axis: -1 });

/** Writers of ops on shapes, indices and reductions. */
export const shapeWriters: Readonly<Record<string, Writer>> = {
  ...{ reshape, transpose, broadcastTo, flip, slice, pad, concat, split },
  ...{ gather, takeAlongAxis, scatter, oneHot, cumSum, sum },
  ...{ mean: reduction("ReduceMean"), prod: reduction("ReduceProd") },
  ...{ max: reduction("ReduceMax"), min: reduction("ReduceMin") },
  ...{ logSumExp: reduction("ReduceLogSumExp"), any: truth("ReduceMax"), all: truth("ReduceMin") },
  ...{ argMax: place("ArgMax"), argMin: place("ArgMin") },
  ...{ softmax: alongLast("Softmax"), logSoftmax: alongLast("LogSoftmax") },
};

/** The last two axes exchanged. */
export function swapLast(to: Emitter, x: Slot): Slot {
  const last = x.shape.length - 1;
  const order = x.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
  return to.transpose(x, order);
}

export { anonymous };
