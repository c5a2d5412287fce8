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
function outputLength(op: string, padded: number, length: number, stride: number, ceil: boolean) {
  const windows = (padded - length) / stride;
  const count = (ceil ? Math.ceil(windows) : Math.floor(windows)) + 1;
  if (count >= 0) return Math.max(0, count);
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
    const count = outputLength(op, n + low + high, length, step, options.ceil ?? false);
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

/**
 * Sizes of the convolution whose input gradient is the transposed one: `given` are the spatial
 * lengths of the transposed convolution's input, so the convolution's output.
 */
export function transposeGeometry(
  op: string,
  given: Shape,
  kernelShape: Shape,
  options: TransposeOptions,
): WindowGeometry {
  const axes = kernelShape.length;
  const stride = perAxis(op, "stride", options.stride ?? 1, axes);
  const dilation = perAxis(op, "dilation", options.dilation ?? 1, axes);
  const pads = borders(op, options.padding ?? "same", axes);
  const extra = options.outputPadding ?? 0;
  const input = given.map((n, i) => {
    const step = stride[i] as number;
    const length = ((kernelShape[i] as number) - 1) * (dilation[i] as number) + 1;
    const more = typeof extra === "number" ? extra : (extra[i] ?? 0);
    if (options.outputShape !== undefined) return options.outputShape[i] as number;
    if (pads[i] === "same") return n * step + more;
    const [low, high] = border(op, pads[i] as AxisPadding, n, length, step);
    // "valid" leaves no gap where the stride is longer than the kernel (TensorFlow's rule); explicit
    // borders give the shortest result (PyTorch's).
    const gap = pads[i] === "valid" ? Math.max(0, step - length) : 0;
    return (n - 1) * step + length - low - high + more + gap;
  });
  const before = input.map((n, i) => {
    const length = ((kernelShape[i] as number) - 1) * (dilation[i] as number) + 1;
    const step = stride[i] as number;
    if (pads[i] !== "same") return border(op, pads[i] as AxisPadding, n, length, step)[0];
    // What "same" would have added to give `given` results for this input.
    const total = Math.max(0, ((given[i] as number) - 1) * step + length - n);
    return Math.floor(total / 2);
  });
  const misfit = input.findIndex(
    (n, i) => !Number.isInteger(n) || n < ((given[i] ?? 0) > 0 ? 1 : 0),
  );
  if (misfit >= 0 || input.length !== axes) {
    throw new ShapeError(op, "the result must have positive lengths", { got: shapeText(input) });
  }
  return {
    input: triple(input),
    kernel: triple(kernelShape),
    output: triple(given),
    stride: triple(stride),
    dilation: triple(dilation),
    before: triple(before, 0),
  };
}
