// Max pooling in one to three dimensions. Its input gradient puts dy where the maxima were; that
// op's derivative reads from there.

import type { Kernel } from "../gpu/kernel.ts";
import { device } from "../gpu/device.ts";
import { maxPool as maxPoolShader } from "../shaders/maxPool.ts";
import { poolWindow } from "../shaders/poolWindow.ts";
import { unpool as unpoolShader } from "../shaders/unpool.ts";
import { volume } from "../shaders/volume.ts";
import { Tensor } from "../tensor/tensor.ts";
import { CHANNEL_RUNS, type ChannelRun, planRun, runPrelude } from "./channelRuns.ts";
import { fromVolume } from "./channels.ts";
import { type DataFormat, countOf } from "./convGeometry.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { takeAlongAxis } from "./elements.ts";
import {
  type PoolOptions,
  type PoolSpec,
  operandOf,
  requireElements,
  shapeOf,
  sharingSpec,
  steppingSpec,
  poolParams,
} from "./poolWindows.ts";
import { isWatched, record } from "./tape.ts";
import { contiguous, reshape } from "./views.ts";
import { inF32 } from "./inF32.ts";

type Windows = "stepping" | "sharing";

function preludeOf(run: string, windows: string, keepPlaces = ""): string {
  return `${runPrelude(run as `${ChannelRun}`)}
const ADAPTIVE = ${windows === "sharing"};
${keepPlaces === "" ? "" : `const KEEP_PLACES = ${keepPlaces};`}
${volume}
${poolWindow}`;
}

const pools = /* @__PURE__ */ new KernelFamily<`${ChannelRun} ${Windows} ${boolean}`>((key) => {
  const [run, windows, keepPlaces] = key.split(" ") as [string, string, string];
  return { shader: maxPoolShader, prelude: preludeOf(run, windows, keepPlaces) };
});

const unpools = /* @__PURE__ */ new KernelFamily<`${ChannelRun} ${Windows}`>((key) => {
  const [run, windows] = key.split(" ") as [string, string];
  return { shader: unpoolShader, prelude: preludeOf(run, windows) };
});

/** Every kernel of this file. */
export function maxPoolKernels(): Kernel[] {
  const keys = CHANNEL_RUNS.flatMap((run) => [`${run} stepping`, `${run} sharing`] as const);
  return [
    ...pools.all(keys.flatMap((key) => [`${key} false`, `${key} true`] as const)),
    ...unpools.all(keys),
  ];
}

/** Options of `maxPool`. */
export type MaxPoolOptions = PoolOptions;

/**
 * The greatest element of each window, channel by channel.
 *
 *   y[n, o, c] = maxₜ x[n, o·stride − before + t·dilation, c]
 *
 * What lies outside the input takes no part. NaN wins over every number. The gradient goes to the
 * first of equal elements.
 *
 * @param x            `[batch, …spatial, channels]` f32 with one to three spatial axes, or
 *                     `[batch, channels, …spatial]` with `dataFormat: "NCHW"`.
 * @param windowShape  a length for all spatial axes, or one each.
 * @returns            `[batch, …, channels]` in the data format of `x`.
 * @throws {ShapeError} if a window is longer than the padded input or sees nothing of the input.
 * @see Goodfellow et al. 2016, Deep Learning, §9.3.
 */
export function maxPool(
  x: Tensor,
  windowShape: number | readonly number[],
  options: MaxPoolOptions = {},
): Tensor {
  if (x.dtype === "f16") return inF32(maxPool, x, windowShape, options);
  const operand = operandOf("maxPool", x, options.dataFormat);
  const spec = steppingSpec("maxPool", operand, windowShape, options);
  requireElements("maxPool", spec);
  return fromVolume(pool(operand.volume, spec), operand.axes, options.dataFormat);
}

/**
 * The greatest element of each of `outputShape` windows that share the input out: window o of an axis
 * reads ⌊o·input / output⌋ to ⌈(o + 1)·input / output⌉ − 1, as in PyTorch.
 *
 * @param x            as for `maxPool`.
 * @param outputShape  a length for all spatial axes of the result, or one each.
 */
export function adaptiveMaxPool(
  x: Tensor,
  outputShape: number | readonly number[],
  { dataFormat }: { readonly dataFormat?: DataFormat } = {},
): Tensor {
  if (x.dtype === "f16")
    return inF32(adaptiveMaxPool, x, outputShape, dataFormat ? { dataFormat } : {});
  const operand = operandOf("adaptiveMaxPool", x, dataFormat);
  const spec = sharingSpec("adaptiveMaxPool", operand, outputShape);
  return fromVolume(pool(operand.volume, spec), operand.axes, dataFormat);
}

/** Options of poolings over all of space. */
export interface GlobalPoolOptions {
  /** Keep the spatial axes, with length 1. Default false. */
  readonly keepDims?: boolean;
  /** Default: channels last. */
  readonly dataFormat?: DataFormat;
}

/**
 * The greatest element of each channel.
 *
 * @param x  as for `maxPool`.
 * @returns  `[batch, channels]`.
 * @throws {ShapeError} if a spatial axis is empty.
 */
export function globalMaxPool(x: Tensor, options: GlobalPoolOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(globalMaxPool, x, options);
  const { keepDims = false, dataFormat } = options;
  const operand = operandOf("globalMaxPool", x, dataFormat);
  const y = pool(operand.volume, sharingSpec("globalMaxPool", operand, 1));
  return keepDims
    ? fromVolume(y, operand.axes, dataFormat)
    : reshape(y, [y.shape[0] as number, y.shape[4] as number]);
}

function pool(given: Tensor, spec: PoolSpec): Tensor {
  const x = contiguous(given);
  const y = Tensor.empty(shapeOf(spec, "output"), "f32");
  const isKept = isWatched(given);
  const places = Tensor.empty(isKept ? y.shape : [1], "i32");
  if (y.size > 0) {
    const run = planRun(spec.channels, x.offset);
    const kernel = pools.get(`${run} ${spec.isAdaptive ? "sharing" : "stepping"} ${isKept}`);
    launch(kernel, [x, y, places], spec, run, y.size);
  }
  if (!isKept) places.dispose();
  record("maxPool", [given], y, [(dy) => unpool(dy, places, spec)], spec);
  return y;
}

/** dx from dy and the places of the maxima. */
function unpool(given: Tensor, places: Tensor, spec: PoolSpec): Tensor {
  const dy = contiguous(given);
  const dx = Tensor.empty(shapeOf(spec, "input"), "f32");
  if (dx.size > 0) {
    const run = planRun(spec.channels, dy.offset);
    const kernel = unpools.get(`${run} ${spec.isAdaptive ? "sharing" : "stepping"}`);
    launch(kernel, [dy, places, dx], spec, run, dx.size);
  }
  record("maxPoolGradient", [given], dx, [(g) => atPlaces(g, places, spec)]);
  return dx;
}

/** The elements of `x` where the maxima were. */
function atPlaces(x: Tensor, places: Tensor, spec: PoolSpec): Tensor {
  const { batch, channels } = spec;
  const lines = reshape(x, [batch, countOf(spec.geometry.input), channels]);
  const ids = reshape(places, [batch, countOf(spec.geometry.output), channels]);
  return reshape(takeAlongAxis(lines, ids, 1), shapeOf(spec, "output"));
}

/** Dispatches for `count` results; the first of the tensors is the one with an offset. */
function launch(
  kernel: Kernel,
  tensors: readonly Tensor[],
  spec: PoolSpec,
  run: ChannelRun,
  count: number,
): void {
  const blocks = tensors.map((tensor) => tensor.block);
  const width = run === 1 ? 1 : 4;
  const offset = (tensors[0] as Tensor).offset / width;
  const params = [...poolParams(spec), spec.channels / width, offset];
  device().dispatch(kernel, blocks, params, ...gridOf(count / run));
}
