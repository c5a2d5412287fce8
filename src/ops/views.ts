// Views: other shapes and orders of the same elements, without a copy where strides can say it.

import { ShapeError, shapeText } from "../errors.ts";
import {
  type Axes,
  type Shape,
  normalizeAxes,
  normalizeAxis,
  requireShape,
  reshapedStrides,
  sizeOf,
} from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { copy } from "./elementwise.ts";
import { record, recordConstant } from "./tape.ts";

/** `x` itself if its elements lie in row-major order, else a copy that does. */
export function contiguous(x: Tensor): Tensor {
  if (x.isContiguous) return x;
  const y = copy.run(x);
  record("contiguous", [x], y, [(dy) => dy]);
  return y;
}

/** A tensor with the value of `x` through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  const y = Tensor.view(x, x.shape, x.strides);
  recordConstant("stopGradient", [x], y);
  return y;
}

/**
 * The same elements in another shape, of the same row-major order: a view where strides can say it,
 * else a copy.
 *
 * @param shape  one length may be -1: whatever is left.
 * @throws {ShapeError} if the sizes differ.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const full = fillIn(x, shape);
  const strides = x.isContiguous ? undefined : reshapedStrides(x.shape, x.strides, full);
  const isView = x.isContiguous || strides !== undefined;
  const y = Tensor.view(isView ? x : copy.run(x), full, strides);
  const { shape: before } = x;
  record("reshape", [x], y, [(dy) => reshape(dy, before)]);
  return y;
}

function fillIn(x: Tensor, shape: Shape): Shape {
  const free = shape.indexOf(-1);
  let full = shape;
  if (free >= 0) {
    const others = sizeOf(shape.filter((_, i) => i !== free));
    full = shape.map((length, i) => (i === free ? x.size / Math.max(1, others) : length));
  }
  if (full.every(Number.isInteger)) requireShape("reshape", full);
  if (sizeOf(full) === x.size && full.every(Number.isInteger)) return full;
  throw new ShapeError("reshape", "the shapes must have the same number of elements", {
    got: `${shapeText(x.shape)} (${x.size} elements) to ${shapeText(shape)}`,
    remedy: "Use -1 for at most one length, to be worked out.",
    from: x.shape,
    to: shape,
  });
}

/**
 * Axes in another order.
 *
 * @param permutation  for each axis of the result, the axis of `x` it comes from. Default: reversed.
 */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const { rank } = x;
  const order = (permutation ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)).map((axis) =>
    normalizeAxis("transpose", axis, rank),
  );
  if (order.length !== rank || new Set(order).size !== rank) {
    throw new ShapeError("transpose", "the permutation must name every axis once", {
      got: `[${permutation}] for ${shapeText(x.shape)}`,
    });
  }
  const pick = (values: readonly number[]): number[] => order.map((axis) => values[axis] as number);
  const y = Tensor.view(x, pick(x.shape), pick(x.strides));
  const inverse = order.map((_, i) => order.indexOf(i));
  record("transpose", [x], y, [(dy) => transpose(dy, inverse)], order);
  return y;
}

/** A new axis of length 1 at position `axis` of the result. */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis("expandDims", axis, x.rank + 1);
  return reshape(x, x.shape.toSpliced(at, 0, 1));
}

/**
 * Without axes of length 1: all of them, or those named.
 *
 * @throws {ShapeError} if a named axis is longer.
 */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  const named = normalizeAxes("squeeze", axes, x.rank);
  const long = named.find((axis) => x.shape[axis] !== 1);
  if (axes !== undefined && long !== undefined) {
    const got = `axis ${long} of ${shapeText(x.shape)}`;
    throw new ShapeError("squeeze", "only axes of length 1 can be left out", { got });
  }
  return reshape(
    x,
    x.shape.filter((length, i) => length !== 1 || !named.includes(i)),
  );
}

/** Elements in reverse order along the axes; all axes by default. */
export function flip(x: Tensor, axes?: Axes): Tensor {
  const flipped = normalizeAxes("flip", axes, x.rank);
  const strides = [...x.strides];
  let { offset } = x;
  for (const axis of flipped) {
    offset += Math.max(0, (x.shape[axis] as number) - 1) * (strides[axis] as number);
    strides[axis] = -(strides[axis] as number);
  }
  const y = Tensor.view(x, x.shape, strides, offset);
  record("flip", [x], y, [(dy) => flip(dy, flipped)], flipped);
  return y;
}
