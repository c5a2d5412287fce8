// Keys and values of positions that were seen, so that the next ones need not see them again.

import { add, greaterEqual, less, lessEqual, logicalAnd, sub } from "../../ops/binary.ts";
import { cast } from "../../ops/cast.ts";
import { arange, zeros } from "../../ops/creation.ts";
import { gather } from "../../ops/gather.ts";
import { reshape } from "../../ops/views.ts";
import { where } from "../../ops/where.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** What attention keeps of the positions before. Its length is fixed, so that a step can be compiled. */
export interface KeyValueCache {
  /** `[batch, heads, length, size]`, zeros where nothing was written yet. */
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** A cache of no positions, f32. */
export function emptyCache(
  shape: readonly [batch: number, heads: number, length: number],
  keySize: number,
  valueSize: number,
): KeyValueCache {
  return { keys: zeros([...shape, keySize]), values: zeros([...shape, valueSize]) };
}

/** Positions of T elements from `position` on, `[T]` i32. */
export function positionsFrom(position: Tensor, count: number): Tensor {
  return add(arange(0, count, 1, "i32"), reshape(cast(position, "i32"), []));
}

/**
 * The cache with rows written at a position; those beyond its end are lost.
 *
 * @param cached    `[batch, heads, length, size]`.
 * @param rows      `[batch, heads, T, size]`.
 * @param position  i32, one number.
 */
export function written(cached: Tensor, rows: Tensor, position: Tensor): Tensor {
  const [length, count] = [cached.shape[2] as number, rows.shape[2] as number];
  const places = sub(arange(0, length, 1, "i32"), reshape(cast(position, "i32"), []));
  const isNew = logicalAnd(greaterEqual(places, 0), less(places, count));
  const given = cast(rows, cached.dtype);
  const spread = count === 1 ? given : gather(given, places, 2);
  return where(reshape(isNew, [length, 1]), spread, cached);
}

/** Where T queries from `position` on may look: at themselves and before. Bool `[T, length]`. */
export function lookBack(position: Tensor, count: number, length: number): Tensor {
  const queries = reshape(positionsFrom(position, count), [count, 1]);
  return lessEqual(arange(0, length, 1, "i32"), queries);
}
