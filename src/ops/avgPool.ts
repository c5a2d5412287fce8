// Average pooling in one to three dimensions. Forward pass and input gradient are each other's
// derivative.

import type { Kernel } from "../gpu/kernel.ts";
import { UsageError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { avgPool as avgPoolShader } from "../shaders/avgPool.ts";
import { poolWindow } from "../shaders/poolWindow.ts";
import { volume } from "../shaders/volume.ts";
import { Tensor } from "../tensor/tensor.ts";
import { CHANNEL_RUNS, type ChannelRun, planRun, runPrelude } from "./channelRuns.ts";
import { fromVolume } from "./channels.ts";
import type { DataFormat } from "./convGeometry.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import type { GlobalPoolOptions } from "./maxPool.ts";
import {
  type PoolOptions,
  type PoolSpec,
  operandOf,
  shapeOf,
  sharingSpec,
  steppingSpec,
  poolParams,
} from "./poolWindows.ts";
import { mean } from "./sum.ts";
import { record } from "./tape.ts";
import { contiguous } from "./views.ts";
import { inF32 } from "./inF32.ts";

type Direction = "forward" | "adjoint";
type Key = `${Direction} ${ChannelRun} ${"stepping" | "sharing"}`;

const kernels = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  const [entryPoint, run, windows] = key.split(" ") as [Direction, `${ChannelRun}`, string];
  const prelude = `${runPrelude(run)}
const ADAPTIVE = ${windows === "sharing"};
${volume}
${poolWindow}`;
  return { shader: avgPoolShader, entryPoint, prelude };
});

/** Every kernel of this file. */
export function avgPoolKernels(): Kernel[] {
  const keys = CHANNEL_RUNS.flatMap((run) => [`${run} stepping`, `${run} sharing`] as const);
  return kernels.all(keys.flatMap((key) => [`forward ${key}`, `adjoint ${key}`] as const));
}

/** Options of `avgPool`. */
export interface AvgPoolOptions extends PoolOptions {
  /**
   * Count the border's zeros as elements. Default false, as TensorFlow averages; PyTorch's default is
   * true.
   */
  readonly countIncludePad?: boolean;
  /** Divide every sum by this number instead of the count. */
  readonly divisor?: number;
}

/** A pooling's sizes, and what it divides by. */
interface AverageSpec extends PoolSpec {
  readonly countIncludePad: boolean;
  /** 0: the count. */
  readonly divisor: number;
}

/**
 * The mean of each window, channel by channel.
 *
 *   y[n, o, c] = Σₜ x[n, o·stride − before + t·dilation, c] / count(o)
 *
 * @param x            `[batch, …spatial, channels]` f32 with one to three spatial axes, or
 *                     `[batch, channels, …spatial]` with `dataFormat: "NCHW"`.
 * @param windowShape  a length for all spatial axes, or one each.
 * @returns            `[batch, …, channels]` in the data format of `x`; 0 where a window sees nothing.
 * @throws {ShapeError} if a window is longer than the padded input.
 * @see Goodfellow et al. 2016, Deep Learning, §9.3.
 */
export function avgPool(
  x: Tensor,
  windowShape: number | readonly number[],
  options: AvgPoolOptions = {},
): Tensor {
  if (x.dtype === "f16") return inF32(avgPool, x, windowShape, options);
  const { countIncludePad = false, divisor, dataFormat } = options;
  if (divisor !== undefined && !(Number.isFinite(divisor) && divisor !== 0)) {
    throw new UsageError("avgPool", "divisor must be a number other than 0", {
      got: `${divisor}`,
      remedy: "Leave it out to divide by the count.",
    });
  }
  const operand = operandOf("avgPool", x, dataFormat);
  const spec = steppingSpec("avgPool", operand, windowShape, options);
  const average = { ...spec, countIncludePad, divisor: divisor ?? 0 };
  return fromVolume(forward(operand.volume, average), operand.axes, dataFormat);
}

/**
 * The means of `outputShape` windows that share the input out: window o of an axis reads
 * ⌊o·input / output⌋ to ⌈(o + 1)·input / output⌉ − 1, as in PyTorch.
 *
 * @param x            as for `avgPool`.
 * @param outputShape  a length for all spatial axes of the result, or one each.
 */
export function adaptiveAvgPool(
  x: Tensor,
  outputShape: number | readonly number[],
  { dataFormat }: { readonly dataFormat?: DataFormat } = {},
): Tensor {
  if (x.dtype === "f16")
    return inF32(adaptiveAvgPool, x, outputShape, dataFormat ? { dataFormat } : {});
  const operand = operandOf("adaptiveAvgPool", x, dataFormat);
  const spec = sharingSpec("adaptiveAvgPool", operand, outputShape);
  const average = { ...spec, countIncludePad: false, divisor: 0 };
  return fromVolume(forward(operand.volume, average), operand.axes, dataFormat);
}

/**
 * The mean of each channel.
 *
 * @param x  as for `avgPool`.
 * @returns  `[batch, channels]`.
 */
export function globalAvgPool(x: Tensor, options: GlobalPoolOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(globalAvgPool, x, options);
  const { keepDims = false, dataFormat } = options;
  const { volume: like, axes } = operandOf("globalAvgPool", x, dataFormat);
  const y = mean(like, [1, 2, 3], { keepDims });
  return keepDims ? fromVolume(y, axes, dataFormat) : y;
}

function forward(x: Tensor, spec: AverageSpec): Tensor {
  const y = Tensor.empty(shapeOf(spec, "output"), "f32");
  launch("forward", x, y, spec);
  record("avgPool", [x], y, [(dy) => adjoint(dy, spec)], spec);
  return y;
}

function adjoint(dy: Tensor, spec: AverageSpec): Tensor {
  const dx = Tensor.empty(shapeOf(spec, "input"), "f32");
  launch("adjoint", dy, dx, spec);
  record("avgPoolGradient", [dy], dx, [(g) => forward(g, spec)]);
  return dx;
}

function launch(direction: Direction, given: Tensor, result: Tensor, spec: AverageSpec): void {
  if (result.size === 0) return;
  const { geometry, channels, countIncludePad, divisor, isAdaptive } = spec;
  const source = contiguous(given);
  const run = planRun(channels, source.offset);
  const width = run === 1 ? 1 : 4;
  const counted = [geometry.before, geometry.after].map((lengths) =>
    countIncludePad ? [0, ...lengths] : [0, 0, 0, 0],
  );
  device().dispatch(
    kernels.get(`${direction} ${run} ${isAdaptive ? "sharing" : "stepping"}`),
    [source.block, result.block],
    [...poolParams(spec), ...counted, channels / width, source.offset / width, divisor],
    ...gridOf(result.size / run),
  );
}
