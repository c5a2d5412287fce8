// Norms by definition, and the comparison of an op with them.

import { type ChannelNormOptions, type Tensor, grad, mul, sum, tensor } from "../../src/index.ts";
import { expectClose, numbers } from "./check.ts";

/** A norm by definition: which elements share a mean, and which scale each one has. */
export interface Definition {
  readonly setOf: (index: number) => number;
  readonly affineOf: (index: number) => number;
  readonly isCentered?: boolean;
}

export interface Reference {
  readonly y: number[];
  readonly dx: number[];
  readonly dScale: number[];
  readonly dOffset: number[];
}

/** Forward and backward in double precision. */
export function reference(
  x: Float32Array,
  dy: Float32Array,
  scale: Float32Array,
  offset: Float32Array,
  { setOf, affineOf, isCentered = true }: Definition,
): Reference {
  const indices = Array.from(x, (_, i) => i);
  const sets = new Map<number, number[]>();
  for (const i of indices) {
    const members = sets.get(setOf(i));
    if (members === undefined) sets.set(setOf(i), [i]);
    else members.push(i);
  }
  const at = (values: ArrayLike<number>, i: number): number => values[i] as number;
  const result: Reference = {
    y: Array<number>(x.length).fill(0),
    dx: Array<number>(x.length).fill(0),
    dScale: Array<number>(scale.length).fill(0),
    dOffset: Array<number>(scale.length).fill(0),
  };
  for (const members of sets.values()) {
    const average = (f: (i: number) => number): number => {
      return members.reduce((total, i) => total + f(i), 0) / members.length;
    };
    const mean = isCentered ? average((i) => at(x, i)) : 0;
    const r = 1 / Math.sqrt(average((i) => (at(x, i) - mean) ** 2) + 1e-5);
    const normalized = (i: number): number => (at(x, i) - mean) * r;
    const g = (i: number): number => at(dy, i) * at(scale, affineOf(i));
    const meanOfG = isCentered ? average(g) : 0;
    const meanOfProduct = average((i) => g(i) * normalized(i));
    for (const i of members) {
      const k = affineOf(i);
      result.y[i] = normalized(i) * at(scale, k) + at(offset, k);
      result.dx[i] = r * (g(i) - meanOfG - normalized(i) * meanOfProduct);
      result.dScale[k] = at(result.dScale, k) + at(dy, i) * normalized(i);
      result.dOffset[k] = at(result.dOffset, k) + at(dy, i);
    }
  }
  return result;
}

export type Norm = (x: Tensor, scale: Tensor, offset: Tensor) => Tensor;

/** Compares a norm and its gradients with the definition. */
export async function expectNorm(
  norm: Norm,
  shape: readonly number[],
  affineShape: readonly number[],
  definition: Definition,
): Promise<void> {
  const sizeOf = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);
  const [size, count] = [sizeOf(shape), sizeOf(affineShape)];
  const x = numbers(size, 3, -1, 3);
  const [dy, scale, offset] = [numbers(size, 4), numbers(count, 5, 0.5, 2), numbers(count, 6)];
  const want = reference(x, dy, scale, offset, definition);
  const input = tensor(x, { shape });
  const parameters = [scale, offset].map((values) => tensor(values, { shape: affineShape }));
  const [a, b] = parameters as [Tensor, Tensor];
  const close = { rtol: 1e-4, atol: 3e-5 };
  await expectClose(norm(input, a, b), want.y, shape, close);
  const loss = (): Tensor => sum(mul(norm(input, a, b), tensor(dy, { shape })));
  const [dx, dScale, dOffset] = grad(loss, [input, a, b]) as [Tensor, Tensor, Tensor];
  await expectClose(dx, want.dx, shape, close);
  const sums = { rtol: 1e-4, atol: 1e-4 * Math.sqrt(size / Math.max(1, count) + 1) };
  await expectClose(dScale, want.dScale, affineShape, sums);
  await expectClose(dOffset, want.dOffset, affineShape, sums);
}

const FIRST = [undefined, undefined, undefined, "NCW", "NCHW", "NCDHW"] as const;

/** Where a channel norm finds batch item and channel of an element. */
export function placesOf(
  last: readonly number[],
  isFirst: boolean,
): { shape: number[]; options: ChannelNormOptions; itemOf: Place; channelOf: Place } {
  const channels = last.at(-1) as number;
  const shape = isFirst ? [last[0] as number, channels, ...last.slice(1, -1)] : [...last];
  const spatial = last.slice(1, -1).reduce((a, b) => a * b, 1);
  const dataFormat = isFirst ? FIRST[last.length] : undefined;
  return {
    shape,
    options: dataFormat === undefined ? {} : { dataFormat },
    itemOf: (i) => Math.floor(i / (channels * spatial)),
    channelOf: (i) => (isFirst ? Math.floor(i / spatial) % channels : i % channels),
  };
}

export type Place = (index: number) => number;
