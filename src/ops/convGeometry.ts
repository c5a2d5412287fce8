// The sizes of a convolution, worked out and checked before anything runs. Integers only, no GPU.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import type { Shape } from "../tensor/shape.ts";

/** Elements to add before and after an axis, from the effective kernel length. */
export type PadFunction = (effectiveKernel: number) => readonly [number, number];

/** The border of one axis. */
export type AxisPadding =
  "same" | "valid" | "full" | "causal" | "reverseCausal" | readonly [number, number] | PadFunction;

/** One border for all spatial axes, or one for each. */
export type ConvPadding = Exclude<AxisPadding, readonly unknown[]> | readonly AxisPadding[];

/** Where the channels are: last, or after the batch axis. */
export type DataFormat = "NWC" | "NHWC" | "NDHWC" | "NCW" | "NCHW" | "NCDHW";

/** How windows move over the spatial axes. */
export interface WindowOptions {
  /** Steps between windows, one number for all axes or one each. Default 1. */
  readonly stride?: number | readonly number[];
  /** Steps between taps of the kernel, also called rate. Default 1. */
  readonly dilation?: number | readonly number[];
  /** Default "same". */
  readonly padding?: ConvPadding;
}

/** Depth, height, width; axes that are not there have length 1. */
export type Triple = readonly [number, number, number];

/** A window moving over three spatial axes. */
export interface WindowGeometry {
  readonly input: Triple;
  readonly kernel: Triple;
  readonly output: Triple;
  readonly stride: Triple;
  readonly dilation: Triple;
  /** Elements of border before each axis. */
  readonly before: Triple;
}

/** A window over axes whose borders are known on both sides. */
export interface BorderedGeometry extends WindowGeometry {
  /** Elements of border behind each axis. */
  readonly after: Triple;
}

/** `values` with leading entries of `fill`, to three. */
export function triple(values: readonly number[], fill = 1): Triple {
  return [...Array<number>(3 - values.length).fill(fill), ...values] as unknown as Triple;
}

/** Four words of params: the batch's, then those of three axes. */
export const four = (first: number, rest: Triple): number[] => [first, ...rest];

/** How a window moves, as params: kernel, stride, dilation, border before. */
export function windowParams({ kernel, stride, dilation, before }: WindowGeometry): number[][] {
  return [...[kernel, stride, dilation].map((axes) => four(1, axes)), four(0, before)];
}

export function countOf([z, y, x]: Triple): number {
  return z * y * x;
}

/** One number per spatial axis. */
export function perAxis(
  op: string,
  name: string,
  value: number | readonly number[],
  axes: number,
): number[] {
  const list = typeof value === "number" ? Array<number>(axes).fill(value) : [...value];
  const spread = list.length === 1 ? Array<number>(axes).fill(list[0] as number) : list;
  if (spread.length === axes && spread.every((n) => Number.isInteger(n) && n > 0)) return spread;
  throw new UsageError(op, `${name} must be a positive integer, or one for each spatial axis`, {
    got: `${JSON.stringify(value)} for ${axes} axes`,
  });
}

const BORDERS: Readonly<Record<"valid" | "full" | "causal" | "reverseCausal", PadFunction>> = {
  valid: () => [0, 0],
  full: (length) => [length - 1, length - 1],
  causal: (length) => [length - 1, 0],
  reverseCausal: (length) => [0, length - 1],
};

/** `same`: as many results as ceil(input / stride), as TensorFlow pads. */
function sameBorder(input: number, length: number, stride: number): readonly [number, number] {
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + length - input);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

function border(
  op: string,
  given: AxisPadding,
  input: number,
  length: number,
  stride: number,
): readonly [number, number] {
  if (given === "same") return sameBorder(input, length, stride);
  const named = typeof given === "string" ? BORDERS[given] : given;
  const pair = typeof named === "function" ? named(length) : named;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n))) {
    return pair as readonly [number, number];
  }
  const names = ["same", ...Object.keys(BORDERS)].join(", ");
  throw new UsageError(op, `padding must be ${names}, or [before, after] per spatial axis`, {
    got: JSON.stringify(given),
  });
}

/** Borders of all spatial axes. */
function borders(op: string, padding: ConvPadding, axes: number): readonly AxisPadding[] {
  if (!Array.isArray(padding)) return Array<AxisPadding>(axes).fill(padding as AxisPadding);
  const list = padding as readonly AxisPadding[];
  const isPair = axes === 1 && list.length === 2 && list.every((n) => typeof n === "number");
  if (isPair) return [list as unknown as AxisPadding];
  if (list.length === axes) return list;
  throw new UsageError(op, "padding must have one entry for each spatial axis", {
    got: `${JSON.stringify(padding)} for ${axes} axes`,
    remedy: "Write [[before, after], …].",
  });
}

/** How far results reach when the last window may hang over the end. */
function outputLength(
  op: string,
  input: number,
  padded: number,
  length: number,
  stride: number,
  ceil: boolean,
) {
  const windows = (padded - length) / stride;
  const count = (ceil ? Math.ceil(windows) : Math.floor(windows)) + 1;
  // An empty axis has no results, whatever the kernel.
  if (padded >= length || input === 0) return Math.max(0, count);
  throw new ShapeError(op, "the kernel must fit into the padded input", {
    got: `an effective kernel length of ${length} for an axis of ${padded}`,
    remedy: 'Pad more (padding: "same"), or use a smaller kernel or dilation.',
  });
}

/** Sizes for a window of `kernelShape` over spatial axes of lengths `input`. */
export function windowGeometry(
  op: string,
  input: Shape,
  kernelShape: Shape,
  options: WindowOptions & { readonly ceil?: boolean },
): BorderedGeometry {
  const axes = kernelShape.length;
  const stride = perAxis(op, "stride", options.stride ?? 1, axes);
  const dilation = perAxis(op, "dilation", options.dilation ?? 1, axes);
  const given = borders(op, options.padding ?? "same", axes);
  const before: number[] = [];
  const after: number[] = [];
  const output = input.map((n, i) => {
    const length = ((kernelShape[i] as number) - 1) * (dilation[i] as number) + 1;
    const step = stride[i] as number;
    const [low, high] = border(op, given[i] as AxisPadding, n, length, step);
    before.push(low);
    after.push(high);
    const count = outputLength(op, n, n + low + high, length, step, options.ceil ?? false);
    // A window that starts behind the input and its border would see nothing.
    return options.ceil && (count - 1) * step >= n + low ? count - 1 : count;
  });
  return {
    input: triple(input),
    kernel: triple(kernelShape),
    output: triple(output),
    stride: triple(stride),
    dilation: triple(dilation),
    before: triple(before, 0),
    after: triple(after, 0),
  };
}

/** Options of a transposed convolution's size. */
export interface TransposeOptions extends WindowOptions {
  /** Lengths of the result's spatial axes, where several fit. */
  readonly outputShape?: Shape;
  /** Elements to add at the end of the result. Default 0. */
  readonly outputPadding?: number | readonly number[];
}

/** An axis of a transposed convolution, with its options worked out. */
interface TransposeAxis {
  /** Length of the transposed convolution's input. */
  readonly given: number;
  /** Effective kernel length. */
  readonly length: number;
  readonly stride: number;
  readonly padding: AxisPadding;
  readonly extra: number;
}

/** The result's length without an explicit shape. */
function transposedLength(op: string, axis: TransposeAxis): number {
  const { given, length, stride, padding, extra } = axis;
  if (padding === "same") return given * stride + extra;
  const [low, high] = border(op, padding, given, length, stride);
  // "valid" leaves no gap where the stride is longer than the kernel (TensorFlow's rule); explicit
  // borders give the shortest result (PyTorch's).
  const gap = padding === "valid" ? Math.max(0, stride - length) : 0;
  return (given - 1) * stride + length - low - high + extra + gap;
}

/** Border before a result of length `n`, or undefined if no such convolution gives `given`. */
function transposedBorder(op: string, axis: TransposeAxis, n: number): number | undefined {
  const { given, length, stride, padding } = axis;
  if (padding === "same") {
    // What "same" would have added to give `given` results for this input.
    const total = Math.max(0, (given - 1) * stride + length - n);
    const hasFit = axis.extra > 0 || Math.ceil(n / stride) === given;
    return hasFit ? Math.floor(total / 2) : undefined;
  }
  const [low, high] = border(op, padding, n, length, stride);
  const windows = Math.floor((n + low + high - length) / stride) + 1;
  // An element more than stride at the end, as a long dilation allows, would start another window.
  const isReached = axis.extra > 0 ? windows >= given : windows === given;
  return isReached ? low : undefined;
}

/** Extra elements at the end, one number per axis. */
function outputPaddings(
  op: string,
  given: number | readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): number[] {
  const list = typeof given === "number" ? stride.map(() => given) : [...given];
  const spread = list.length === 1 ? stride.map(() => list[0] as number) : list;
  const limits = stride.map((n, i) => Math.max(n, dilation[i] as number));
  const isFine = (n: number, i: number): boolean =>
    Number.isInteger(n) && n >= 0 && n < (limits[i] as number);
  if (spread.length === stride.length && spread.every(isFine)) return spread;
  throw new UsageError(op, "outputPadding must be below the stride or the dilation of its axis", {
    got: `${JSON.stringify(given)} for stride ${JSON.stringify(stride)}`,
    remedy: "Pass outputShape for a longer result.",
  });
}

/**
 * Sizes of the convolution whose input gradient is the transposed one: `given` are the spatial
 * lengths of the transposed convolution's input, so the convolution's output.
 *
 * @throws {ShapeError} if `outputShape` is not one that the convolution takes to `given`.
 */
export function transposeGeometry(
  op: string,
  given: Shape,
  kernelShape: Shape,
  options: TransposeOptions,
): WindowGeometry {
  const count = kernelShape.length;
  const stride = perAxis(op, "stride", options.stride ?? 1, count);
  const dilation = perAxis(op, "dilation", options.dilation ?? 1, count);
  const pads = borders(op, options.padding ?? "same", count);
  const extra = outputPaddings(op, options.outputPadding ?? 0, stride, dilation);
  const axes = kernelShape.map((taps, i): TransposeAxis => {
    return {
      given: given[i] as number,
      length: (taps - 1) * (dilation[i] as number) + 1,
      stride: stride[i] as number,
      padding: pads[i] as AxisPadding,
      extra: options.outputShape === undefined ? (extra[i] as number) : 0,
    };
  });
  const natural = axes.map((axis) => transposedLength(op, axis));
  const input = options.outputShape ?? natural;
  const isEmpty = given.some((n) => n === 0);
  const before = axes.map((axis, i) => transposedBorder(op, axis, input[i] ?? -1));
  const isFine = (n: number, i: number): boolean =>
    Number.isInteger(n) && n > 0 && before[i] !== undefined;
  if (input.length !== count || !(isEmpty || input.every(isFine))) {
    throw new ShapeError(op, "the convolution of the result must have the lengths of x", {
      got: `a result of ${shapeText(input)} for x with ${shapeText(given)}`,
      remedy: `Without outputShape the result has ${shapeText(natural)}.`,
    });
  }
  return {
    input: triple(input.map((n) => Math.max(0, n))),
    kernel: triple(kernelShape),
    output: triple(given),
    stride: triple(stride),
    dilation: triple(dilation),
    before: triple(
      before.map((n) => n ?? 0),
      0,
    ),
  };
}
