// Products, convolutions and poolings in ONNX, whose channels come first.

import { UsageError } from "../errors.ts";
import type { Dim } from "../graph/index.ts";
import type { ConvSpec } from "../ops/convKernels.ts";
import type { BorderedGeometry, WindowGeometry } from "../ops/convGeometry.ts";
import type { PoolSpec } from "../ops/poolWindows.ts";
import type { Attribute, Emitter, Slot } from "./emitter.ts";
import { type Writer, anonymous } from "./exportElements.ts";
import { swapLast } from "./exportShapes.ts";

/** What a product says of itself. */
interface Product {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: "relu" | "tanh" | "sigmoid";
}

const ACTIVATIONS = { relu: "Relu", tanh: "Tanh", sigmoid: "Sigmoid" } as const;

const matmul: Writer = (to, node) => {
  const [a, b, bias] = to.inputs(node) as [Slot, Slot, Slot | undefined];
  const { transposeA, transposeB, activation } = node.attributes as Product;
  const y = to.result(node);
  const target = activation === undefined ? y : anonymous(y);
  const isFlat = a.shape.length === 2 && b.shape.length === 2;
  let product: Slot;
  if (isFlat && (bias !== undefined || transposeA || transposeB)) {
    const flags = { transA: Number(transposeA), transB: Number(transposeB) };
    product = to.emit("Gemm", bias === undefined ? [a, b] : [a, b, bias], target, flags);
  } else {
    const left = transposeA ? swapLast(to, a) : a;
    const right = transposeB ? swapLast(to, b) : b;
    const plain = to.emit("MatMul", [left, right], bias === undefined ? target : anonymous(y));
    product = bias === undefined ? plain : to.emit("Add", [plain, bias], target);
  }
  if (activation !== undefined) to.emit(ACTIVATIONS[activation], [product], y);
};

/** The spatial axes that a window moves over: leading ones of length 1 are left out, to `least`. */
function axesOf({ input, kernel, output }: WindowGeometry, least = 1): number[] {
  const isIdle = (i: number): boolean => input[i] === 1 && kernel[i] === 1 && output[i] === 1;
  const first = [0, 1].find((i) => !isIdle(i)) ?? 2;
  return [0, 1, 2].slice(Math.min(first, 3 - least));
}

const pick = (values: readonly number[], axes: readonly number[]): number[] =>
  axes.map((axis) => values[axis] as number);

/** `[batch, depth, height, width, channels]` with the channels first and without idle axes. */
function channelsFirst(to: Emitter, x: Slot, axes: readonly number[]): Slot {
  const spatial = axes.map((axis) => x.shape[axis + 1] as Dim);
  const flat = to.reshape(x, [x.shape[0] as Dim, ...spatial, x.shape[4] as Dim]);
  return to.transpose(flat, [0, axes.length + 1, ...axes.map((_, i) => i + 1)]);
}

/** Back to channels last and all axes. */
function channelsLast(to: Emitter, x: Slot, axes: readonly number[], y: Slot): void {
  to.reshape(to.transpose(x, [0, ...axes.map((_, i) => i + 2), 1]), y.shape, y);
}

/** A filter `[depth, height, width, in, out]` with channels first and without idle axes. */
function filter(to: Emitter, w: Slot, axes: readonly number[]): Slot {
  const [inner, outer] = w.shape.slice(3) as [Dim, Dim];
  const flat = to.reshape(w, [...axes.map((axis) => w.shape[axis] as Dim), inner, outer]);
  const count = axes.length;
  return to.transpose(flat, [count + 1, count, ...axes.map((_, i) => i)]);
}

/** Elements between the first and the last tap, both counted. */
const spanOf = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** The border behind each axis; none where windows end before it. */
function endsOf({ input, kernel, output, stride, dilation, before }: WindowGeometry): number[] {
  return input.map((length, i) => {
    const end = ((output[i] as number) - 1) * (stride[i] as number);
    const span = spanOf(kernel[i] as number, dilation[i] as number);
    return Math.max(0, end + span - length - (before[i] as number));
  });
}

const conv: Writer = (to, node) => {
  const [x, w, bias] = to.inputs(node) as [Slot, Slot, Slot | undefined];
  const { geometry, groups } = node.attributes as ConvSpec;
  const y = to.result(node);
  const axes = axesOf(geometry);
  const attributes = {
    ...{ kernel_shape: pick(geometry.kernel, axes), strides: pick(geometry.stride, axes) },
    ...{ dilations: pick(geometry.dilation, axes), group: groups },
    pads: [...pick(geometry.before, axes), ...pick(endsOf(geometry), axes)],
  };
  const spatial = axes.map((axis) => y.shape[axis + 1] as Dim);
  const shape = [y.shape[0] as Dim, y.shape[4] as Dim, ...spatial];
  const operands = [channelsFirst(to, x, axes), filter(to, w, axes), bias];
  const facts = { dtype: y.dtype, shape };
  const found = to.emit("Conv", operands.slice(0, bias === undefined ? 2 : 3), facts, attributes);
  channelsLast(to, found, axes, y);
};

const convInputGradient: Writer = (to, node) => {
  const [x, w] = to.inputs(node) as [Slot, Slot];
  const { geometry, groups } = node.attributes as ConvSpec;
  const y = to.result(node);
  const axes = axesOf(geometry);
  const borders = axes.map((i) => {
    const [stride, before] = [geometry.stride[i] as number, geometry.before[i] as number];
    const span = spanOf(geometry.kernel[i] as number, geometry.dilation[i] as number);
    const reach = stride * ((geometry.output[i] as number) - 1) + span;
    return { before, end: reach - before - (geometry.input[i] as number) };
  });
  // What no window reaches is zero: more than a stride of it needs a pad of its own.
  const limits = axes.map((i) =>
    Math.max(geometry.stride[i] as number, geometry.dilation[i] as number),
  );
  const missing = borders.map(({ end }) => Math.max(0, -end));
  const inside = missing.map((count, i) => Math.min(count, (limits[i] as number) - 1));
  const outside = missing.map((count, i) => count - (inside[i] as number));
  const attributes: Record<string, Attribute> = {
    ...{ kernel_shape: pick(geometry.kernel, axes), strides: pick(geometry.stride, axes) },
    ...{ dilations: pick(geometry.dilation, axes), group: groups, output_padding: inside },
    pads: [...borders.map(({ before }) => before), ...borders.map(({ end }) => Math.max(0, end))],
  };
  const lengths = axes.map((axis) => y.shape[axis + 1] as number);
  const channels = y.shape[4] as Dim;
  const short = [y.shape[0] as Dim, channels, ...lengths.map((n, i) => n - (outside[i] as number))];
  const operands = [channelsFirst(to, x, axes), filter(to, w, axes)];
  let found = to.emit("ConvTranspose", operands, { dtype: y.dtype, shape: short }, attributes);
  if (outside.some((count) => count > 0)) {
    const pads = to.integers([0, 0, ...axes.map(() => 0), 0, 0, ...outside]);
    const shape = [y.shape[0] as Dim, channels, ...lengths];
    found = to.emit("Pad", [found, pads], { dtype: y.dtype, shape }, { mode: "constant" });
  }
  channelsLast(to, found, axes, y);
};

const pool =
  (op: "AveragePool" | "MaxPool"): Writer =>
  (to, node) => {
    const [x] = to.inputs(node) as [Slot];
    const spec = node.attributes as PoolSpec & { countIncludePad?: boolean; divisor?: number };
    const geometry: BorderedGeometry = spec.geometry;
    const y = to.result(node);
    const axes = axesOf(geometry, 2); // TensorRT pools over two axes at least
    const isDilated = geometry.dilation.some((n) => n > 1);
    if (spec.isAdaptive || (op === "AveragePool" && (isDilated || spec.divisor))) {
      throw new UsageError("exportOnnx", "poolings must have steps, averages no dilation", {
        got: `${node.op} with ${JSON.stringify(geometry)}`,
      });
    }
    const attributes: Record<string, Attribute> = {
      ...{ kernel_shape: pick(geometry.kernel, axes), strides: pick(geometry.stride, axes) },
      pads: [...pick(geometry.before, axes), ...pick(endsOf(geometry), axes)],
      ...(isDilated && { dilations: pick(geometry.dilation, axes) }),
      ...(op === "AveragePool" && { count_include_pad: Number(spec.countIncludePad) }),
    };
    const spatial = axes.map((axis) => y.shape[axis + 1] as Dim);
    const facts = { dtype: y.dtype, shape: [y.shape[0] as Dim, y.shape[4] as Dim, ...spatial] };
    const found = to.emit(op, [channelsFirst(to, x, axes)], facts, attributes);
    channelsLast(to, found, axes, y);
  };

/** Writers of ops that multiply and slide. */
export const windowWriters: Readonly<Record<string, Writer>> = {
  ...{ matmul, conv, convInputGradient },
  ...{ avgPool: pool("AveragePool"), maxPool: pool("MaxPool") },
};
