// Axes of arrays in another order, and blocks of a row in another order.

import type { HostArray } from "../data/hostArray.ts";
import { contiguousStrides } from "../tensor/shape.ts";

type Data = HostArray["data"];

const emptyLike = (data: Data): Data =>
  new (data.constructor as new (length: number) => Data)(data.length);

/** The array with `axes[i]` of it as axis i, as NumPy's `transpose`. */
export function permuteAxes(array: HostArray, axes: readonly number[]): HostArray {
  const strides = contiguousStrides(array.shape);
  const shape = axes.map((axis) => array.shape[axis] as number);
  const steps = axes.map((axis) => strides[axis] as number);
  const [row = 1, step = 1] = [shape.at(-1), steps.at(-1)];
  const outer = shape.slice(0, -1);
  const index = outer.map(() => 0);
  const data = emptyLike(array.data);
  let from = 0;
  for (let to = 0; to < data.length; to += row) {
    for (let i = 0; i < row; i++) data[to + i] = array.data[from + i * step] as number;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== outer[axis]) break;
      from -= (outer[axis] as number) * (steps[axis] as number);
      index[axis] = 0;
    }
  }
  return { dtype: array.dtype, shape, data };
}

/** The order that takes axes back to where they were. */
export function inverseOrder(axes: readonly number[]): number[] {
  const inverse = axes.map(() => 0);
  axes.forEach((axis, i) => (inverse[axis] = i));
  return inverse;
}

/**
 * The array with the last axis cut into as many equal blocks as `order` has, and block `order[i]` of it as
 * block i, times `signs[i]`.
 */
export function permuteBlocks(
  array: HostArray,
  order: readonly number[],
  signs: readonly number[] = order.map(() => 1),
): HostArray {
  const row = array.shape.at(-1) ?? 1;
  const block = row / order.length;
  const data = emptyLike(array.data);
  for (let i = 0; i < data.length; i++) {
    const at = i % row;
    const to = Math.floor(at / block);
    const from = i - at + (order[to] as number) * block + (at % block);
    data[i] = (array.data[from] as number) * (signs[to] as number);
  }
  return { ...array, data };
}
