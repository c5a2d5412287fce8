// Convolutions in one to three dimensions, grouped, depthwise and transposed. The forward pass, the
// input gradient and the filter gradient are three ops that are each other's derivatives.

import { ShapeError, shapeText } from "../errors.ts";
import { requireDtype } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type DataFormat,
  type TransposeOptions,
  type WindowOptions,
  countOf,
  transposeGeometry,
  windowGeometry,
} from "./convGeometry.ts";
import { type ConvSpec, runFilterGradient, runForward, runInputGradient } from "./convKernels.ts";
import { fromVolume, toVolume } from "./channels.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./sum.ts";
import { isWatched, record, recordJoint } from "./tape.ts";
import { reshape } from "./views.ts";
import { inF32 } from "./inF32.ts";

/** Options of `conv`. */
export interface ConvOptions extends WindowOptions {
  /** Groups of channels that are convolved apart. Default 1. */
  readonly groups?: number;
  /** `[out]`, added to every pixel. */
  readonly bias?: Tensor;
  /** Default: channels last. */
  readonly dataFormat?: DataFormat;
}

/**
 * Cross-correlation over one, two or three spatial axes.
 *
 *   y[n, o, co] = bias[co] + Σ_{t, ci} x[n, o·stride − before + t·dilation, ci] · w[t, ci, co]
 *
 * @param x  `[batch, …spatial, in]` f32, or `[batch, in, …spatial]` with `dataFormat: "NCHW"`.
 * @param w  `[…kernel, in / groups, out]` f32 in every data format; output channels are ordered by
 *           group.
 * @returns  `[batch, …, out]` in the data format of `x`.
 * @throws {ShapeError} if channels and groups do not fit, or the kernel is longer than the input.
 * @see Dumoulin & Visin 2016, A guide to convolution arithmetic for deep learning.
 */
export function conv(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(conv, x, w, options);
  const { groups = 1, bias, dataFormat } = options;
  checkOperands("conv", x, w);
  const volume = toVolume("conv", x, w.rank - 2, dataFormat);
  const channels = volume.shape[4] as number;
  const [depth, out] = w.shape.slice(-2) as [number, number];
  if (
    !Number.isInteger(groups) ||
    groups < 1 ||
    depth * groups !== channels ||
    out % groups !== 0
  ) {
    throw new ShapeError("conv", "w must be […kernel, in / groups, out]", {
      got: `x ${shapeText(x.shape)} with ${channels} channels, w ${shapeText(w.shape)}, groups ${groups}`,
      remedy: channelRemedy(x, w, groups),
    });
  }
  requireBias("conv", bias, out);
  const spatial = volume.shape.slice(1, 4).slice(5 - w.rank);
  const geometry = windowGeometry("conv", spatial, w.shape.slice(0, -2), options);
  const spec = { geometry, batch: volume.shape[0] as number, groups, depth, columns: out / groups };
  if (isPointwise(spec)) {
    const y = matmul(volume, reshape(w, [depth, out]), bias === undefined ? {} : { bias });
    return fromVolume(y, w.rank - 2, dataFormat);
  }
  const y = forward(volume, filterVolume(w), spec, bias);
  return fromVolume(y, w.rank - 2, dataFormat);
}

/** Options of `convTranspose`. */
export interface ConvTransposeOptions extends TransposeOptions {
  readonly groups?: number;
  /** `[out]`, added to every pixel. */
  readonly bias?: Tensor;
  /** Default: channels last. */
  readonly dataFormat?: DataFormat;
}

/**
 * Transposed convolution: the input gradient of the convolution with the same filter.
 *
 * The result's lengths are input · stride for "same", (input − 1) · stride + kernel less the borders
 * otherwise, plus `outputPadding`; or `outputShape`.
 *
 * @param x  `[batch, …spatial, in]` f32, or `[batch, in, …spatial]` with `dataFormat: "NCHW"`.
 * @param w  `[…kernel, out / groups, in]` f32: the convolution's filter, whose output is our input.
 * @returns  `[batch, …, out]` in the data format of `x`.
 */
export function convTranspose(x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(convTranspose, x, w, options);
  const { groups = 1, bias, dataFormat } = options;
  checkOperands("convTranspose", x, w);
  const volume = toVolume("convTranspose", x, w.rank - 2, dataFormat);
  const [depth, channels] = w.shape.slice(-2) as [number, number];
  if (!Number.isInteger(groups) || channels !== volume.shape[4] || channels % groups !== 0) {
    throw new ShapeError("convTranspose", "w must be […kernel, out / groups, in]", {
      got: `x ${shapeText(x.shape)}, w ${shapeText(w.shape)}, groups ${groups}`,
      remedy: "The last axis of w must be as long as the channels of x.",
    });
  }
  requireBias("convTranspose", bias, depth * groups);
  const spatial = volume.shape.slice(1, 4).slice(5 - w.rank);
  const geometry = transposeGeometry("convTranspose", spatial, w.shape.slice(0, -2), options);
  const columns = channels / groups;
  const spec = { geometry, batch: volume.shape[0] as number, groups, depth, columns };
  const y = inputGradient(volume, filterVolume(w), spec);
  return fromVolume(bias === undefined ? y : y.add(bias), w.rank - 2, dataFormat);
}

/**
 * Convolution of every channel by filters of its own.
 *
 * @param x  `[batch, …spatial, in]`.
 * @param w  `[…kernel, in, multiplier]`; output channel c·multiplier + m comes from channel c.
 */
export function depthwiseConv(
  x: Tensor,
  w: Tensor,
  options: Omit<ConvOptions, "groups"> = {},
): Tensor {
  const [channels, multiplier] = w.shape.slice(-2) as [number, number];
  const filter = reshape(w, [...w.shape.slice(0, -2), 1, channels * multiplier]);
  return conv(x, filter, { ...options, groups: channels });
}

function checkOperands(op: string, x: Tensor, w: Tensor): void {
  requireDtype(op, x.dtype, ["f32"]);
  requireDtype(op, w.dtype, ["f32"]);
  if (w.rank >= 3 && w.rank <= 5 && x.rank === w.rank) return;
  throw new ShapeError(op, "x and w must have one to three spatial axes, and two more", {
    got: `x ${shapeText(x.shape)} and w ${shapeText(w.shape)}`,
    remedy: "x is [batch, …spatial, channels]; add a batch axis with expandDims(0) if it has none.",
  });
}

function channelRemedy(x: Tensor, w: Tensor, groups: number): string {
  const first = x.shape[1] as number;
  if (first === (w.shape.at(-2) as number) * groups) return 'Pass { dataFormat: "NCHW" }?';
  return "The channels of x must be groups times the second last axis of w.";
}

function requireBias(op: string, bias: Tensor | undefined, out: number): void {
  if (bias === undefined || (bias.rank === 1 && bias.size === out && bias.dtype === "f32")) return;
  throw new ShapeError(op, "bias must be f32 with one element per output channel", {
    got: `${bias} for ${out} channels`,
  });
}

/** A filter with three spatial axes. */
function filterVolume(w: Tensor): Tensor {
  return reshape(w, [...Array<number>(5 - w.rank).fill(1), ...w.shape]);
}

/** One tap, nothing left out: a product with the channels. */
function isPointwise({ geometry, groups }: ConvSpec): boolean {
  const { kernel, stride, before, input, output } = geometry;
  return (
    groups === 1 &&
    countOf(kernel) === 1 &&
    countOf(stride) === 1 &&
    before.every((n) => n === 0) &&
    output.every((n, i) => n === input[i])
  );
}

function forward(x: Tensor, w: Tensor, spec: ConvSpec, bias?: Tensor): Tensor {
  const y = runForward(x, w, spec, bias);
  const inputs = bias === undefined ? [x, w] : [x, w, bias];
  recordJoint(
    "conv",
    inputs,
    [y],
    ([arriving], [wantsX, wantsW, wantsBias]) => {
      const dy = arriving as Tensor;
      const dx = wantsX ? inputGradient(dy, w, spec) : null;
      if (wantsW && wantsBias && !isWatched(x, dy)) {
        const { dw, sums } = runFilterGradient(x, dy, spec, true);
        return [dx, dw, sums as Tensor];
      }
      const dw = wantsW ? filterGradient(x, dy, spec) : null;
      return [dx, dw, wantsBias ? sum(dy, [0, 1, 2, 3]) : null];
    },
    spec,
  );
  return y;
}

function inputGradient(dy: Tensor, w: Tensor, spec: ConvSpec): Tensor {
  const dx = runInputGradient(dy, w, spec);
  record(
    "convInputGradient",
    [dy, w],
    dx,
    [(g) => forward(g, w, spec), (g) => filterGradient(g, dy, spec)],
    spec,
  );
  return dx;
}

function filterGradient(x: Tensor, dy: Tensor, spec: ConvSpec): Tensor {
  const { dw } = runFilterGradient(x, dy, spec, false);
  record("convFilterGradient", [x, dy], dw, [
    (g) => inputGradient(dy, g, spec),
    (g) => forward(x, g, spec),
  ]);
  return dw;
}
