// Norms of rows: layer norm and RMS norm.

import { ShapeError, shapeText } from "../errors.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { type Axes, normalizeAxes, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { normGradients } from "./normFormula.ts";
import { type RowAffine, type RowKind, runRowGradients, runRowNorm } from "./rowKernels.ts";
import { broadcastTo } from "./sum.ts";
import { isWatched, recordJoint } from "./tape.ts";
import { contiguous, reshape, transpose } from "./views.ts";
import { inF32 } from "./inF32.ts";

/** Options of `rmsNorm`. */
export interface RmsNormOptions {
  /** Axes that share a mean. Default: the last one. */
  readonly axes?: Axes;
  /** Factors, of the shape of these axes in ascending order, or what broadcasts to it. */
  readonly scale?: Tensor;
  /** Added to the mean square before the root. Default 1e-5. */
  readonly epsilon?: number;
}

/** Options of `layerNorm`. */
export interface LayerNormOptions extends RmsNormOptions {
  /** Added at the end; of a shape like `scale`. */
  readonly offset?: Tensor;
}

/**
 * `x` with mean 0 and variance 1 over axes, then scaled and shifted.
 *
 *   y = (x − mean(x)) / √(variance(x) + ε) · scale + offset
 *
 *     layerNorm(x, { scale, offset })     // each row of the last axis
 *     layerNorm(x, { axes: [-2, -1] })
 *
 * @param x  f32, of rank 1 or more. Exact for large means, too.
 * @throws {ShapeError} if scale or offset does not broadcast to the shape of the axes.
 * @see Ba, Kiros & Hinton 2016, Layer Normalization.
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(layerNorm, x, options);
  return normalize("layerNorm", "layer", x, options);
}

/**
 * `x` over its root mean square along axes, then scaled.
 *
 *   y = x / √(mean(x²) + ε) · scale
 *
 * @param x  f32, of rank 1 or more.
 * @throws {ShapeError} if scale does not broadcast to the shape of the axes.
 * @see Zhang & Sennrich 2019, Root Mean Square Layer Normalization.
 */
export function rmsNorm(x: Tensor, options: RmsNormOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(rmsNorm, x, options);
  return normalize("rmsNorm", "rms", x, options);
}

function normalize(op: string, kind: RowKind, x: Tensor, options: LayerNormOptions): Tensor {
  const { axes = -1, scale, offset, epsilon = 1e-5 } = options;
  requireDtype(op, x.dtype, ["f32"]);
  const reduced = normalizeAxes(op, axes, x.rank);
  const lengths = reduced.map((axis) => x.shape[axis] as number);
  const affine = {
    epsilon,
    scale: flatParameter(op, "scale", scale, lengths),
    offset: flatParameter(op, "offset", offset, lengths),
  };
  const kept = x.shape.map((_, i) => i).filter((i) => !reduced.includes(i));
  const order = [...kept, ...reduced];
  const isInOrder = order.every((axis, i) => axis === i);
  const moved = isInOrder ? x : transpose(x, order);
  const rows = sizeOf(kept.map((axis) => x.shape[axis] as number));
  const flat = contiguous(reshape(moved, [rows, sizeOf(lengths)]));
  const y = reshape(normalizeRows(op, kind, flat, affine), moved.shape);
  if (isInOrder) return y;
  return transpose(
    y,
    order.map((_, i) => order.indexOf(i)),
  );
}

/** Scale or offset with one element for each of a row. */
function flatParameter(
  op: string,
  name: string,
  given: Tensor | undefined,
  lengths: readonly number[],
): Tensor | undefined {
  if (given === undefined) return undefined;
  requireDtype(op, given.dtype, ["f32"]);
  const shift = lengths.length - given.rank;
  const fits = given.shape.every((n, i) => n === 1 || n === lengths[i + shift]);
  if (shift < 0 || !fits) {
    throw new ShapeError(op, `${name} must broadcast to the shape of the normalised axes`, {
      got: `${name} ${shapeText(given.shape)} for axes of shape ${shapeText(lengths)}`,
      remedy: "Pass { axes } to normalise others than the last axis.",
    });
  }
  return reshape(broadcastTo(given, lengths), [sizeOf(lengths)]);
}

/** The norm of each row of x `[rows, length]`. */
function normalizeRows(op: string, kind: RowKind, x: Tensor, affine: RowAffine): Tensor {
  const { scale, offset, epsilon } = affine;
  const { y, statistics } = runRowNorm(kind, x, affine);
  const formula = {
    shape: x.shape,
    axes: [1],
    affineShape: x.shape.slice(1),
    isCentered: kind === "layer",
    epsilon,
  };
  const inputs = [x, ...(scale ? [scale] : []), ...(offset ? [offset] : [])];
  recordJoint(
    op,
    inputs,
    [y],
    ([arriving], [wantsDx, ...wantsAffine]) => {
      const dy = arriving as Tensor;
      const wanted = [wantsDx === true, wantsAffine.includes(true)] as const;
      const [dx, dScale, dOffset] = isWatched(...inputs, dy)
        ? normGradients(x, dy, scale, formula)
        : runRowGradients(kind, [x, contiguous(dy), statistics], affine, wanted);
      return [dx, ...(scale ? [dScale] : []), ...(offset ? [dOffset] : [])];
    },
    affine,
  );
  return y;
}
