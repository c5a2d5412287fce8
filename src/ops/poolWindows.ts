// The windows of a pooling, checked, and what their kernels are told. Tensors here are
// [batch, depth, height, width, channels].

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { requireDtype } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { toVolume } from "./channels.ts";
import {
  type BorderedGeometry,
  type ConvPadding,
  type DataFormat,
  type Triple,
  countOf,
  four,
  perAxis,
  triple,
  windowGeometry,
  windowParams,
} from "./convGeometry.ts";

/** Options of every pooling that steps a window over the input. */
export interface PoolOptions {
  /** Steps between windows, one number for all spatial axes or one each. Default: the window. */
  readonly stride?: number | readonly number[];
  /** Steps between the elements of a window. Default 1. */
  readonly dilation?: number | readonly number[];
  /** Default "valid". */
  readonly padding?: ConvPadding;
  /** Let the last window hang over the end, if it starts before it. Default false. */
  readonly ceilMode?: boolean;
  /** Default: channels last. */
  readonly dataFormat?: DataFormat;
}

/** A pooling's sizes. */
export interface PoolSpec {
  readonly geometry: BorderedGeometry;
  readonly batch: number;
  readonly channels: number;
  /** Windows share the input out instead of stepping over it. */
  readonly isAdaptive: boolean;
}

/** A pooling's operand, seen as a volume, with the number of its spatial axes. */
export interface PoolOperand {
  readonly volume: Tensor;
  readonly axes: number;
  readonly spatial: Shape;
}

/** @throws {ShapeError} unless `x` has one to three spatial axes between batch and channels. */
export function operandOf(op: string, x: Tensor, dataFormat: DataFormat | undefined): PoolOperand {
  requireDtype(op, x.dtype, ["f32"]);
  const axes = x.rank - 2;
  if (axes < 1 || axes > 3) {
    throw new ShapeError(op, "x must have one to three spatial axes between batch and channels", {
      got: shapeText(x.shape),
      remedy: "Add a batch axis with expandDims(0), or a channel axis with expandDims(-1)?",
    });
  }
  const volume = toVolume(op, x, axes, dataFormat);
  return { volume, axes, spatial: volume.shape.slice(4 - axes, 4) };
}

/** A window that steps over the input. */
export function steppingSpec(
  op: string,
  { volume, axes, spatial }: PoolOperand,
  windowShape: number | readonly number[],
  options: PoolOptions,
): PoolSpec {
  const lengths = perAxis(op, "windowShape", windowShape, axes);
  const { stride = lengths, dilation = 1, padding = "valid", ceilMode = false } = options;
  const geometry = windowGeometry(op, spatial, lengths, {
    stride,
    dilation,
    padding,
    ceil: ceilMode,
  });
  const { before, after } = geometry;
  if (Math.min(...before, ...after) < 0) {
    throw new UsageError(op, "padding must not be negative", {
      got: JSON.stringify(padding),
      remedy: "Cut the input with slice().",
    });
  }
  return { geometry, ...ends(volume), isAdaptive: false };
}

/** Windows that share the input out evenly. */
export function sharingSpec(
  op: string,
  { volume, axes, spatial }: PoolOperand,
  outputShape: number | readonly number[],
): PoolSpec {
  const output = perAxis(op, "outputShape", outputShape, axes);
  if (spatial.includes(0)) {
    throw new ShapeError(op, "no spatial axis may be empty", { got: shapeText(spatial) });
  }
  const one: Triple = [1, 1, 1];
  const none: Triple = [0, 0, 0];
  const still = { kernel: one, stride: one, dilation: one, before: none, after: none };
  const geometry = { input: triple(spatial), output: triple(output), ...still };
  return { geometry, ...ends(volume), isAdaptive: true };
}

function ends({ shape }: Tensor): { batch: number; channels: number } {
  return { batch: shape[0] as number, channels: shape[4] as number };
}

/** @throws {ShapeError} if a window lies in the border with all its taps. */
export function requireElements(op: string, { geometry, isAdaptive }: PoolSpec): void {
  if (isAdaptive || countOf(geometry.output) === 0) return;
  geometry.output.forEach((count, axis) => {
    const [input, before, dilation] = [geometry.input, geometry.before, geometry.dilation].map(
      (lengths) => lengths[axis] as number,
    ) as [number, number, number];
    for (let o = 0; o < count; o++) {
      const start = o * (geometry.stride[axis] as number) - before;
      const first = start + Math.ceil(Math.max(0, -start) / dilation) * dilation;
      const end = start + ((geometry.kernel[axis] as number) - 1) * dilation + 1;
      if (first < Math.min(end, input)) continue;
      throw new ShapeError(op, "every window must reach an element of the input", {
        got: `number ${o} of an axis of ${input} with a border of ${before} before it`,
        remedy: "Pad less, or dilate less.",
      });
    }
  });
}

/** The shape of the result, or of its input. */
export function shapeOf(spec: PoolSpec, side: "input" | "output"): number[] {
  return [spec.batch, ...spec.geometry[side], spec.channels];
}

/** Vectors of params: input, output, and how the window moves. */
export function poolParams({ geometry, batch }: PoolSpec): number[][] {
  const { input, output } = geometry;
  return [four(batch, input), four(batch, output), ...windowParams(geometry)];
}
