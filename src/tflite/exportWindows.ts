// Products, convolutions and poolings in TFLite, whose channels come last as here.

import { UsageError } from "../errors.ts";
import type { GraphNode } from "../graph/index.ts";
import type { BorderedGeometry, WindowGeometry } from "../ops/convGeometry.ts";
import type { ConvSpec } from "../ops/convKernels.ts";
import type { PoolSpec } from "../ops/poolWindows.ts";
import { type Emitter, type Slot, anonymous } from "./emitter.ts";
import type { Writer } from "./exportElements.ts";
import { padded, windowOf } from "./exportShapes.ts";
import { ACTIVATIONS, PADDING } from "./schema.ts";

/** What a product says of itself. */
interface Product {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: "relu" | "tanh" | "sigmoid";
}

const OPERATOR_OF = { relu: "RELU", tanh: "TANH", sigmoid: "LOGISTIC" } as const;

const swapLast = (to: Emitter, x: Slot): Slot => {
  const last = x.shape.length - 1;
  const order = x.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
  return to.transpose(x, order);
};

const matmul: Writer = (to, node) => {
  const [a, b, bias] = to.inputs(node) as [Slot, Slot, Slot | undefined];
  const { transposeA, transposeB, activation } = node.attributes as Product;
  const y = to.result(node);
  const target = activation === undefined ? y : anonymous(y);
  if (to.constants.has(b) && b.shape.length === 2 && !transposeA) {
    const w = transposeB ? b : swapLast(to, b);
    // A bias of the operator is one number for each column.
    const isRow = bias !== undefined && to.constants.has(bias) && bias.shape.length === 1;
    const options = { ...{ activation: 0, weightsFormat: 0 }, keepNumDims: a.shape.length > 2 };
    if (isRow && activation === "relu") {
      const fused = { ...options, activation: ACTIVATIONS.relu };
      return void to.emit("FULLY_CONNECTED", [a, w, bias], y, fused, 5);
    }
    const operands = isRow ? [a, w, bias] : [a, w];
    const isDone = bias === undefined || isRow;
    const product = to.emit(
      "FULLY_CONNECTED",
      operands,
      isDone ? target : anonymous(y),
      options,
      5,
    );
    const sum = isDone ? product : to.emit("ADD", [product, bias], target);
    if (activation !== undefined) to.emit(OPERATOR_OF[activation], [sum], y);
    return;
  }
  const options = { adjX: transposeA, adjY: transposeB };
  const product = to.emit("BATCH_MATMUL", [a, b], bias ? anonymous(y) : target, options);
  const sum = bias ? to.emit("ADD", [product, bias], target) : product;
  if (activation !== undefined) to.emit(OPERATOR_OF[activation], [sum], y);
};

/** Elements between the first and the last tap, both counted. */
const spansOf = ({ kernel, dilation }: WindowGeometry): number[] =>
  kernel.map((count, i) => (count - 1) * (dilation[i] as number) + 1);

/** What windows reach behind the end of each axis; negative where they end before it. */
function endsOf(geometry: WindowGeometry): number[] {
  const { input, output, stride, before } = geometry;
  const spans = spansOf(geometry);
  return input.map((length, i) => {
    const reach = ((output[i] as number) - 1) * (stride[i] as number) + (spans[i] as number);
    return reach - length - (before[i] as number);
  });
}

/** Whether TFLite's border of this name is that of the windows. */
function isBorder(name: "same" | "valid", geometry: WindowGeometry): boolean {
  const { input, output, stride, before } = geometry;
  const spans = spansOf(geometry);
  return input.every((length, i) => {
    const [step, span] = [stride[i] as number, spans[i] as number];
    if (name === "valid") {
      return before[i] === 0 && output[i] === Math.floor((length - span) / step) + 1;
    }
    const count = Math.ceil(length / step);
    const border = Math.max((count - 1) * step + span - length, 0);
    return output[i] === count && before[i] === Math.floor(border / 2);
  });
}

/** x with the border of its windows, and the name of what is left of it. */
function bordered(
  to: Emitter,
  x: Slot,
  geometry: WindowGeometry,
  value: number,
): { x: Slot; padding: number } {
  if (isBorder("valid", geometry)) return { x, padding: PADDING.valid };
  if (isBorder("same", geometry)) return { x, padding: PADDING.same };
  const first = 3 - (x.shape.length - 2);
  const ends = endsOf(geometry).slice(first);
  const borders = geometry.before
    .slice(first)
    .map((before, i) => [before, Math.max(ends[i] as number, 0)] as const);
  return { x: padded(to, x, [[0, 0], ...borders, [0, 0]], value), padding: PADDING.valid };
}

/** Whether windows stay in their plane. */
const isFlat = ({ input, kernel, output }: WindowGeometry): boolean =>
  input[0] === 1 && kernel[0] === 1 && output[0] === 1;

/** `[batch, 1, height, width, channels]` without the 1, or a filter without it. */
const plane = (to: Emitter, x: Slot): Slot =>
  to.reshape(x, [x.shape[0] as number, ...x.shape.slice(2)]);

function refuse(node: GraphNode, rule: string, got: string): UsageError {
  return new UsageError("exportTflite", rule, {
    got: `${node.op} with ${got}, which makes ${node.outputs[0]?.name}`,
    remedy: "Write it with other ops, or export the parts before and behind it.",
  });
}

const conv: Writer = (to, node) => {
  const [given, w, bias] = to.inputs(node) as [Slot, Slot, Slot | undefined];
  const { geometry, groups, depth, columns } = node.attributes as ConvSpec;
  const y = to.result(node);
  const zeros = (): Slot => {
    const facts = { dtype: "f32", shape: [groups * columns] } as const;
    return to.constant("zeros", facts, new Float32Array(groups * columns));
  };
  const b = bias ?? zeros();
  const [strideD, strideH, strideW] = geometry.stride;
  const [dilationD, dilationH, dilationW] = geometry.dilation;
  const steps = { strideW, strideH, activation: 0, dilationW, dilationH };
  if (!isFlat(geometry)) {
    if (groups > 1) throw refuse(node, "convolutions of volumes must have one group", `${groups}`);
    const { x, padding } = bordered(to, given, geometry, 0);
    const options = { ...{ padding, strideD, dilationD }, ...steps };
    return void to.emit("CONV_3D", [x, w, b], y, options);
  }
  const { x, padding } = bordered(to, plane(to, given), geometry, 0);
  const facts = { dtype: y.dtype, shape: [y.shape[0] as number, ...y.shape.slice(2)] };
  const [height, width] = geometry.kernel.slice(1) as [number, number];
  if (groups > 1 && depth === 1) {
    const filter = to.reshape(w, [1, height, width, groups * columns]);
    const options = { padding, ...steps, multiplier: columns };
    return to.toShape(to.emit("DEPTHWISE_CONV_2D", [x, filter, b], facts, options, 2), node);
  }
  if (groups > 1) {
    throw refuse(node, "grouped convolutions must have one input channel a group", `${depth}`);
  }
  const taps = to.reshape(w, [height, width, depth, columns]);
  const filter = to.transpose(taps, [3, 0, 1, 2]);
  to.toShape(to.emit("CONV_2D", [x, filter, b], facts, { padding, ...steps }), node);
};

/** A filter whose taps stand apart, with zeros between them. */
function spread(to: Emitter, w: Slot, [tall, wide]: readonly [number, number]): Slot | undefined {
  if (tall === 1 && wide === 1) return w;
  const data = to.constants.get(w)?.data;
  if (data === undefined) return undefined;
  const [outer, height, width, inner] = w.shape as [number, number, number, number];
  const shape = [outer, (height - 1) * tall + 1, (width - 1) * wide + 1, inner] as const;
  const result = new Float32Array(shape.reduce((n, m) => n * m, 1));
  for (let at = 0; at < data.length; at += inner) {
    const row = at / inner;
    const [o, y] = [Math.floor(row / (width * height)), Math.floor(row / width) % height];
    const to = ((o * shape[1] + y * tall) * shape[2] + (row % width) * wide) * inner;
    result.set(data.slice(at, at + inner), to);
  }
  return to.constant(w.name, { dtype: "f32", shape }, result);
}

/** All that windows reach, from which the border is cut away. */
const convInputGradient: Writer = (to, node) => {
  const [given, w] = to.inputs(node) as [Slot, Slot];
  const { geometry, groups, depth, columns } = node.attributes as ConvSpec;
  const y = to.result(node);
  if (!isFlat(geometry)) {
    throw refuse(node, "transposed convolutions must be of planes", geometry.kernel.join("×"));
  }
  if (groups > 1) {
    throw refuse(node, "transposed convolutions must have one group", `${groups}`);
  }
  const [height, width] = geometry.kernel.slice(1) as [number, number];
  const [dilationH, dilationW] = geometry.dilation.slice(1) as [number, number];
  const taps = to.transpose(to.reshape(w, [height, width, depth, columns]), [2, 0, 1, 3]);
  const filter = spread(to, taps, [dilationH, dilationW]);
  if (filter === undefined) {
    throw refuse(node, "filters with a dilation must be constant", geometry.dilation.join("×"));
  }
  const x = plane(to, given);
  const [, strideH, strideW] = geometry.stride;
  const facts = { dtype: y.dtype, shape: [y.shape[0] as number, ...y.shape.slice(2)] };
  const make = (padding: number, shape: readonly number[]): Slot => {
    const options = { padding, strideW, strideH, activation: 0 };
    return to.emit("TRANSPOSE_CONV", [to.integers(shape), filter, x], { ...facts, shape }, options);
  };
  if (isBorder("valid", geometry)) return to.toShape(make(PADDING.valid, facts.shape), node);
  if (isBorder("same", geometry)) return to.toShape(make(PADDING.same, facts.shape), node);
  const spans = spansOf(geometry).slice(1);
  const reach = geometry.output.slice(1).map((count, i) => {
    return (count - 1) * (geometry.stride[i + 1] as number) + (spans[i] as number);
  });
  const whole = make(PADDING.valid, [facts.shape[0] as number, ...reach, depth]);
  const before = geometry.before.slice(1);
  const lacks = reach.map((count, i) => {
    return Math.max(0, (geometry.input[i + 1] as number) + (before[i] as number) - count);
  });
  const isShort = lacks.some((count) => count > 0);
  const borders = [0, ...lacks, 0].map((count) => [0, count] as const);
  const long = isShort ? padded(to, whole, borders, 0) : whole;
  to.toShape(windowOf(to, long, [0, ...before, 0], facts.shape), node);
};

/** What each window's mean over all its taps must be multiplied with. */
function corrections(
  geometry: BorderedGeometry,
  countIncludePad: boolean,
  divisor: number | undefined,
): { data: Float32Array; isOne: boolean } {
  const { input, kernel, output, stride, before, after } = geometry;
  const taps = (axis: number, at: number): number => {
    const start = at * (stride[axis] as number) - (before[axis] as number);
    const lowest = countIncludePad ? -(before[axis] as number) : 0;
    const highest = (input[axis] as number) + (countIncludePad ? (after[axis] as number) : 0);
    const end = Math.min(start + (kernel[axis] as number), highest);
    return end - Math.max(start, lowest);
  };
  const whole = kernel[1] * kernel[2];
  const data = Float32Array.from({ length: output[1] * output[2] }, (_, i) => {
    const count = taps(1, Math.floor(i / output[2])) * taps(2, i % output[2]);
    return whole / (divisor ?? count);
  });
  return { data, isOne: data.every((value) => value === 1) };
}

const pool =
  (op: "AVERAGE_POOL_2D" | "MAX_POOL_2D"): Writer =>
  (to, node) => {
    const spec = node.attributes as PoolSpec & { countIncludePad?: boolean; divisor?: number };
    const { geometry } = spec;
    // Zero stands for none.
    const divisor = spec.divisor || undefined;
    if (spec.isAdaptive || geometry.dilation.some((n) => n > 1) || !isFlat(geometry)) {
      const got = JSON.stringify(geometry);
      throw refuse(node, "poolings must be of planes, have steps and no dilation", got);
    }
    const x = plane(to, to.inputs(node)[0] as Slot);
    const y = to.result(node);
    const facts = { dtype: y.dtype, shape: [y.shape[0] as number, ...y.shape.slice(2)] };
    const [, strideH, strideW] = geometry.stride;
    const [, filterH, filterW] = geometry.kernel;
    const steps = { strideW, strideH, filterW, filterH, activation: 0 };
    if (op === "MAX_POOL_2D") {
      const { x: wide, padding } = bordered(to, x, geometry, -3.4e38);
      return to.toShape(to.emit(op, [wide], facts, { padding, ...steps }), node);
    }
    // TFLite's border "same" counts in a mean what is inside alone.
    const isInside = !spec.countIncludePad && divisor === undefined;
    if (isInside && isBorder("same", geometry)) {
      return to.toShape(to.emit(op, [x], facts, { padding: PADDING.same, ...steps }), node);
    }
    const ends = endsOf(geometry);
    const borders = [1, 2].map(
      (i) => [geometry.before[i], Math.max(0, ends[i] as number)] as const,
    );
    const isBare = borders.flat().every((count) => count === 0);
    const wide = isBare ? x : padded(to, x, [[0, 0], ...borders, [0, 0]] as never, 0);
    const mean = to.emit(op, [wide], facts, { padding: PADDING.valid, ...steps });
    const { data, isOne } = corrections(geometry, spec.countIncludePad === true, divisor);
    if (isOne) return to.toShape(mean, node);
    const shape = [1, geometry.output[1], geometry.output[2], 1];
    const factors = to.constant("corrections", { dtype: "f32", shape }, data);
    to.toShape(to.emit("MUL", [mean, factors], facts, { activation: 0 }), node);
  };

/** Writers of ops that multiply and slide. */
export const windowWriters: Readonly<Record<string, Writer>> = {
  ...{ matmul, conv, convInputGradient },
  avgPool: /* @__PURE__ */ pool("AVERAGE_POOL_2D"),
  maxPool: /* @__PURE__ */ pool("MAX_POOL_2D"),
};
