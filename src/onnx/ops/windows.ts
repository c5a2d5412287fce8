// ONNX pooling and resizing. Channels come first.

import * as renga from "./library.ts";
import { type DataFormat, type ResizeRounding, type Tensor, cast } from "./library.ts";
import type { Call, Run } from "./call.ts";
import { paddingOf } from "./products.ts";
import { notMapped } from "./value.ts";

const FORMATS: readonly DataFormat[] = ["NCW", "NCHW", "NCDHW"];

/** The window, how it moves, and the data format. */
function windowOf(call: Call, x: Tensor) {
  const window = call.list("kernel_shape") ?? [];
  const options = {
    stride: call.list("strides") ?? 1,
    dilation: call.list("dilations") ?? 1,
    padding: paddingOf(call, x.shape.slice(2), window),
    ceilMode: call.flag("ceil_mode"),
    dataFormat: formatOf(x),
  };
  return { window, options };
}

function formatOf(x: Tensor): DataFormat {
  return FORMATS[x.rank - 3] as DataFormat;
}

function maxPool(call: Call): Tensor {
  if (call.node.outputs.length > 1) return notMapped("max pooling that returns places");
  const given = call.x();
  const x = cast(given, "f32");
  const { window, options } = windowOf(call, x);
  return cast(renga.maxPool(x, window, options), given.dtype);
}

function averagePool(call: Call): Tensor {
  const { window, options } = windowOf(call, call.x());
  const countIncludePad = call.flag("count_include_pad");
  return renga.avgPool(call.x(), window, { ...options, countIncludePad });
}

/** (Σ |x|ᵖ)^(1/p) over windows. */
function lpPool(call: Call): Tensor {
  const { window, options } = windowOf(call, call.x());
  const p = call.attr("p", 2);
  const powers = renga.pow(renga.abs(call.x()), p);
  return renga.pow(renga.avgPool(powers, window, { ...options, divisor: 1 }), 1 / p);
}

/** x / (bias + α / size · Σ x²)^β, the sum over neighbouring channels. */
function localResponse(call: Call): Tensor {
  const [x, size] = [call.x(), call.attr("size", 1)];
  const squares = renga.expandDims(renga.square(x), 1);
  const border = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)] as const;
  const sums = renga.avgPool(squares, [size, 1, 1], {
    stride: 1,
    padding: [border, [0, 0], [0, 0]],
    divisor: 1,
    dataFormat: "NCDHW",
  });
  const scaled = renga.squeeze(sums, 1).mul(call.attr("alpha", 1e-4) / size);
  return x.div(renga.pow(scaled.add(call.attr("bias", 1)), call.attr("beta", 0.75)));
}

/** Lengths of the result under a policy that keeps the aspect ratio. */
function keepRatio(call: Call, lengths: readonly number[], sizes: number[], axes: number[]) {
  const policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch") return sizes;
  const ratios = axes.map((axis, i) => (sizes[i] as number) / (lengths[axis] as number));
  const ratio = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  return axes.map((axis) => Math.floor(ratio * (lengths[axis] as number) + 0.5));
}

/** Values for all axes; those that are not named keep `others`. */
function spread(values: number[], axes: readonly number[], others: readonly number[]): number[] {
  const all = [...others];
  axes.forEach((axis, i) => (all[axis] = values[i] as number));
  return all;
}

const COORDINATES: Readonly<Record<string, "halfPixel" | "alignCorners" | "asymmetric">> = {
  half_pixel: "halfPixel",
  // Differs for results of length 1 alone.
  pytorch_half_pixel: "halfPixel",
  align_corners: "alignCorners",
  asymmetric: "asymmetric",
};
const METHODS = { nearest: "nearest", linear: "bilinear", cubic: "bicubic" } as const;

const ROUNDINGS: Readonly<Record<string, ResizeRounding>> = {
  floor: "floor",
  ceil: "ceil",
  round_prefer_floor: "roundPreferFloor",
  round_prefer_ceil: "roundPreferCeil",
};

/** None, if there are none in it: scales left empty. */
function atLeast(values: number[] | undefined): number[] | undefined {
  return values === undefined || values.length === 0 ? undefined : values;
}

function resize(call: Call): Tensor {
  const x = call.x();
  const axes = call.list("axes") ?? x.shape.map((_, i) => i);
  const given = call.text(
    "coordinate_transformation_mode",
    call.opset < 11 ? "asymmetric" : "half_pixel",
  );
  const coordinates = COORDINATES[given] ?? notMapped(`resizing with coordinates ${given}`);
  if (call.flag("antialias")) return notMapped("resizing with a filter against aliasing");
  if (call.flag("exclude_outside")) return notMapped("resizing without the elements outside");
  // Version 10 had neither a region nor sizes.
  const scales = atLeast(call.numbers(call.opset < 11 ? 1 : 2));
  const sizes = call.numbers(3) ?? [];
  const ones = x.shape.map(() => 1);
  const target = scales
    ? spread(scales, axes, ones)
    : spread(keepRatio(call, x.shape, sizes, axes), axes, x.shape);
  const ratios = scales ? target : target.map((n, i) => n / (x.shape[i] as number));
  const isWhole = x.shape.every((n, i) => Number.isInteger(Math.fround(n * (ratios[i] as number))));
  const isSingle = x.shape.some((n, i) => i > 1 && Math.floor(n * (ratios[i] as number)) === 1);
  if (given === "pytorch_half_pixel" && isSingle) {
    return notMapped("resizing with coordinates pytorch_half_pixel to a length of 1");
  }
  if (coordinates === "alignCorners" && !isWhole) {
    return notMapped("resizing with corners aligned to a fractional length");
  }
  const method = METHODS[call.text("mode", "nearest") as "nearest"];
  const rounding = ROUNDINGS[call.text("nearest_mode", "round_prefer_floor")] as ResizeRounding;
  return renga.resize(x, {
    method,
    coordinates,
    ...(method === "nearest" ? { rounding } : {}),
    cubicCoefficient: call.attr("cubic_coeff_a", -0.75),
    dataFormat: formatOf(x),
    ...(scales ? { scale: target.slice(2) } : { size: target.slice(2) }),
  });
}

/** The predecessor of Resize. */
function upsample(call: Call): Tensor {
  const scale = call.numbers(1, "scales")?.slice(2) ?? [];
  const method = call.text("mode", "nearest") === "nearest" ? "nearest" : "bilinear";
  const options = { method, coordinates: "asymmetric" } as const;
  return renga.resize(call.x(), { ...options, scale, dataFormat: formatOf(call.x()) });
}

type GlobalPool = typeof renga.globalMaxPool;

const globally =
  (op: GlobalPool): Run =>
  (call) =>
    op(call.x(), { keepDims: true, dataFormat: formatOf(call.x()) });

export const WINDOWS: Readonly<Record<string, Run>> = {
  AveragePool: averagePool,
  GlobalAveragePool: globally(renga.globalAvgPool),
  GlobalMaxPool: globally(renga.globalMaxPool),
  LpPool: lpPool,
  LRN: localResponse,
  MaxPool: maxPool,
  Resize: resize,
  Upsample: upsample,
};
