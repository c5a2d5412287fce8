// Structures of tensors: arrays and plain objects, nested.

import { UsageError } from "../errors.ts";
import { isPlainObject } from "../tensor/plainObject.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * The structure with each tensor replaced; other values stay as they are.
 *
 * @param map  gets the tensor and the indices and keys that lead to it.
 */
export function mapLeaves<T>(
  value: T,
  map: (leaf: Tensor, path: readonly string[]) => unknown,
  path: readonly string[] = [],
): T {
  const walk = (item: unknown, key: string): unknown => mapLeaves(item, map, [...path, key]);
  if (value instanceof Tensor) return map(value, path) as T;
  if (Array.isArray(value)) return value.map((item, i) => walk(item, `${i}`)) as T;
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, walk(item, key)]),
  ) as T;
}

/** The tensors of a structure, in the order in which `mapLeaves` meets them. */
export function leavesOf(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapLeaves(value, (leaf) => found.push(leaf));
  return found;
}

/**
 * The first structure with each tensor replaced by what `map` makes of it and of the tensors in the same
 * place of the others.
 *
 * @throws {UsageError} unless all have as many tensors.
 */
export function zipLeaves<T>(
  op: string,
  values: readonly [T, ...unknown[]],
  map: (...leaves: Tensor[]) => Tensor,
): T {
  const lists = values.map(leavesOf);
  const counts = lists.map(({ length }) => length);
  if (counts.some((count) => count !== counts[0])) {
    throw new UsageError(op, "structures must have the same tensors", {
      got: `${counts.join(" and ")} tensors`,
    });
  }
  let next = 0;
  return mapLeaves(values[0], () => {
    const at = next++;
    return map(...lists.map((list) => list[at] as Tensor));
  });
}
