// Reference ops with windows that pool, and those that resample.

import * as renga from "../../src/index.ts";
import { type ConvPadding, type DataFormat, type Tensor, grad, sum } from "../../src/index.ts";
import { depthToSpace, spaceToDepth } from "../../src/ops/arrange.ts";
import type { Run } from "./run.ts";

type Attrs = Readonly<Record<string, unknown>>;

/** A library's data format from "NC...", "NCHW", "N...C" or "NHWC". */
function formatOf({ layout }: Attrs, x: Tensor): { dataFormat?: DataFormat } {
  if (typeof layout !== "string" || layout.endsWith("C")) return {};
  return { dataFormat: (["NCW", "NCHW", "NCDHW"] as const)[x.rank - 3] as DataFormat };
}

const listOf = (value: unknown): number[] => [value as number | number[]].flat();

/** Padding by name, per axis as pairs, or per axis on both sides. */
function paddingOf({ padding, pads }: Attrs): { padding?: ConvPadding } {
  if (typeof padding === "string") return { padding: padding.toLowerCase() as "same" };
  const given = pads ?? padding;
  if (given === undefined) return {};
  const both = (n: number): [number, number] => [n, n];
  if (typeof given === "number") return { padding: () => both(given) };
  const list = given as (number | [number, number])[];
  return { padding: list.map((n) => (typeof n === "number" ? both(n) : n)) };
}

function windowOf(attrs: Attrs, x: Tensor): renga.MaxPoolOptions {
  const stride = attrs.strides ?? attrs.stride;
  const dilation = attrs.dilations ?? attrs.dilation;
  return {
    ...formatOf(attrs, x),
    ...paddingOf(attrs),
    ...(stride === undefined ? {} : { stride: listOf(stride) }),
    ...(dilation === undefined ? {} : { dilation: listOf(dilation) }),
    ceilMode: attrs.ceil_mode === true,
  };
}

const maxPool: Run = ({ x }, attrs) =>
  renga.maxPool(x as Tensor, listOf(attrs.kernel), windowOf(attrs, x as Tensor));

const avgPool: Run = ({ x }, attrs) => {
  const divisor = attrs.divisor_override;
  return renga.avgPool(x as Tensor, listOf(attrs.kernel), {
    ...windowOf(attrs, x as Tensor),
    countIncludePad: (attrs.count_include_pad ?? typeof attrs.padding !== "string") as boolean,
    ...(typeof divisor === "number" ? { divisor } : {}),
  });
};

type Global = typeof renga.globalMaxPool;

const globalPool =
  (op: Global): Run =>
  ({ x }, attrs) =>
    op(x as Tensor, { ...formatOf(attrs, x as Tensor), keepDims: attrs.keepdims === true });

const adaptivePool =
  (op: typeof renga.adaptiveMaxPool): Run =>
  ({ x }, attrs) => {
    const output = listOf(attrs.output ?? attrs.output_size);
    return op(x as Tensor, output, formatOf(attrs, x as Tensor));
  };

/** The method and the coordinates of PyTorch's modes; ours round to the nearest half pixel. */
const MODES: Readonly<Record<string, Pick<renga.ResizeOptions, "method" | "coordinates">>> = {
  nearest: { method: "nearest", coordinates: "asymmetric" },
  "nearest-exact": { method: "nearest" },
  linear: { method: "bilinear" },
  bilinear: { method: "bilinear" },
  trilinear: { method: "bilinear" },
  bicubic: { method: "bicubic" },
  cubic: { method: "bicubic" },
};

const resize: Run = ({ x }, attrs) => {
  const given = x as Tensor;
  const mode = attrs.mode as string;
  const size = attrs.size ?? attrs.output;
  const scale = attrs.scale ?? attrs.scale_factor;
  const format = formatOf(attrs, given);
  if (attrs.antialias === true) return undefined;
  if (mode === "area") {
    return size === undefined ? undefined : renga.adaptiveAvgPool(given, listOf(size), format);
  }
  const how = MODES[mode.replace("_", "-")];
  if (how === undefined) return undefined;
  const lengths = (value: unknown): number[] => {
    const list = listOf(value);
    return list.length === 1 ? Array<number>(given.rank - 2).fill(list[0] as number) : list;
  };
  return renga.resize(given, {
    ...how,
    ...format,
    ...(attrs.align_corners === true ? { coordinates: "alignCorners" } : {}),
    ...(size === undefined ? { scale: lengths(scale) } : { size: lengths(size) }),
  });
};

type Shuffle = typeof depthToSpace;

/** Pixels shuffled with channels last, whatever the layout. */
const shuffle =
  (op: Shuffle, defaultOrder: "DCR" | "CRD"): Run =>
  ({ x }, attrs) => {
    const block = (attrs.r ?? attrs.block ?? attrs.block_size) as number;
    const order = (attrs.mode ?? defaultOrder) as "DCR" | "CRD";
    const given = x as Tensor;
    if (formatOf(attrs, given).dataFormat === undefined) return op(given, block, order);
    return op(given.transpose([0, 2, 3, 1]), block, order).transpose([0, 3, 1, 2]);
  };

export const POOLING: Readonly<Record<string, Run>> = {
  max_pool1d: maxPool,
  max_pool2d: maxPool,
  max_pool3d: maxPool,
  avg_pool1d: avgPool,
  avg_pool2d: avgPool,
  avg_pool3d: avgPool,
  global_max_pool: globalPool(renga.globalMaxPool),
  global_avg_pool: globalPool(renga.globalAvgPool),
  adaptive_avg_pool1d: adaptivePool(renga.adaptiveAvgPool),
  adaptive_avg_pool2d: adaptivePool(renga.adaptiveAvgPool),
  adaptive_avg_pool3d: adaptivePool(renga.adaptiveAvgPool),
  adaptive_max_pool1d: adaptivePool(renga.adaptiveMaxPool),
  adaptive_max_pool2d: adaptivePool(renga.adaptiveMaxPool),
  adaptive_max_pool3d: adaptivePool(renga.adaptiveMaxPool),
  resize,
  pixel_shuffle: shuffle(depthToSpace, "CRD"),
  pixel_unshuffle: shuffle(spaceToDepth, "CRD"),
  depth_to_space: shuffle(depthToSpace, "DCR"),
  space_to_depth: shuffle(spaceToDepth, "DCR"),
};

/** g = d⟨f(x)², v⟩/dx. */
const gradOfSquare =
  (f: (x: Tensor, like: Tensor) => Tensor): Run =>
  ({ x, v }) => {
    const [at, weight] = [x as Tensor, v as Tensor];
    const [g] = grad(() => sum(f(at, weight).square().mul(weight)), [at]);
    return { g: g as Tensor };
  };

const NCHW = { dataFormat: "NCHW" } as const;

/** The cases' window: 3 by 3, stepping by 2 over a border of 1. */
const OVERLAPPING = { stride: 2, padding: () => [1, 1] as const, ...NCHW };

const sizeLike = (like: Tensor): { size: readonly number[] } => ({ size: like.shape.slice(2) });

/** Second-order cases by name. */
export const SECOND_ORDER_POOLING: Readonly<Record<string, Run>> = {
  grad_of_max_pool2d_sq: gradOfSquare((x) => renga.maxPool(x, 3, OVERLAPPING)),
  grad_of_avg_pool2d_sq: gradOfSquare((x) => {
    return renga.avgPool(x, 3, { ...OVERLAPPING, countIncludePad: true });
  }),
  grad_of_resize_nearest_sq: gradOfSquare((x, like) => {
    return renga.resize(x, { method: "nearest", ...sizeLike(like), ...NCHW });
  }),
  grad_of_resize_bilinear_sq: gradOfSquare((x, like) => {
    return renga.resize(x, { ...sizeLike(like), ...NCHW });
  }),
};
