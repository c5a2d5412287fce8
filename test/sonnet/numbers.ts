// Numbers of the reference cases, and how ours are held against them.

import { type Tensor, tensor } from "../../src/index.ts";
import { sizeOf } from "../../src/tensor/shape.ts";

/** `[…shape]` f32: amplitude · sin(1.7 · i + phase) by the place i in row-major order. */
export function wave(shape: readonly number[], amplitude: number, phase: number): Tensor {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    return amplitude * Math.sin(1.7 * i + phase);
  });
  return tensor(data, { shape });
}

/** What is wrong with a tensor, one line or none; null wants no numbers in particular. */
export async function differences(
  what: string,
  got: Tensor | null | undefined,
  want: readonly number[] | null,
  rtol = 1e-4,
): Promise<string[]> {
  if (got === null || got === undefined) return want === null ? [] : [`${what} is missing`];
  if (want === null) return [];
  const values = await got.data();
  if (values.length !== want.length) return [`${what} has ${values.length} numbers`];
  const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [Number(values[i]), want[i] as number];
    if (Math.abs(a - b) <= 1e-5 + rtol * Math.abs(b) + 2e-6 * largest) continue;
    return [`${what}[${i}] is ${a}, wanted ${b}`];
  }
  return [];
}

/** What is wrong with names, shapes and flags of variables, in their order; one line or none. */
export function nameDifferences(
  found: readonly Pick<Described, 0 | 1 | 3>[] | readonly Described[],
  wanted: readonly Described[],
): string[] {
  const text = (one: Pick<Described, 0 | 1 | 3>): string =>
    `${one[0].replace(/:0$/, "")} [${one[1].join()}]${one[3] ? "" : " fixed"}`;
  const got = found.map(text);
  return got.join("; ") === wanted.map(text).join("; ") ? [] : [`variables are ${got.join("; ")}`];
}

/** Name, shape, dtype, whether it is trainable. */
export type Described = readonly [string, readonly number[], string, boolean];
