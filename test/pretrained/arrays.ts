// Arrays of small numbers for tests of layouts.

import { HostRandom } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";

const random = new HostRandom(11);

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** f32 of a shape, in (−1, 1). */
export function noise(...shape: number[]): HostArray {
  const data = Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1));
  return { dtype: "f32", shape, data };
}

/** Element of an array at an index. */
export function at({ shape, data }: HostArray, ...index: number[]): number {
  return data[index.reduce((place, i, axis) => place * (shape[axis] as number) + i, 0)] as number;
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
