// Rows drawn with replacement, and what scores make of them.

import { HostRandom } from "../tensor/philox.ts";

/** A number that rows of examples give. */
export type RowScore = (rows: Uint32Array) => number;

/**
 * Fills `drawn` with random elements of `rows`. Each draw has its four words from the seed's own
 * sequence, and xoshiro128** goes on from there: resampling needs millions of numbers.
 *
 * @see Blackman and Vigna 2021, Scrambled linear pseudorandom number generators.
 */
function drawInto(drawn: Uint32Array, rows: Uint32Array, random: HostRandom): void {
  let s0 = random.u32() | 0;
  let s1 = random.u32() | 0;
  let s2 = random.u32() | 0;
  let s3 = random.u32() | 1; // never all zero
  const scale = rows.length / 2 ** 32;
  for (let i = 0; i < drawn.length; i++) {
    const mixed = Math.imul(s1, 5);
    const word = Math.imul((mixed << 7) | (mixed >>> 25), 9) >>> 0;
    drawn[i] = rows[Math.floor(word * scale)] as number;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
  }
}

/** Each score on `resamples` draws of as many rows; all scores see the same draws. */
export function replicatesOf(
  scores: readonly RowScore[],
  rows: Uint32Array,
  { resamples, seed }: { readonly resamples: number; readonly seed: number },
): Float64Array[] {
  const random = new HostRandom(seed);
  const drawn = new Uint32Array(rows.length);
  const found = scores.map(() => new Float64Array(resamples));
  for (let b = 0; b < resamples; b++) {
    drawInto(drawn, rows, random);
    for (const [k, score] of scores.entries()) (found[k] as Float64Array)[b] = score(drawn);
  }
  return found;
}

/** Above so many rows, groups of rows are left out. */
const MAX_GROUPS = 500;

/**
 * A score on the rows without each one in turn; without each of 500 groups where rows are more,
 * whose influences are sums of their rows' and show the same skewness.
 */
export function leaveOut(score: RowScore, rows: Uint32Array): Float64Array {
  const groups = Math.min(rows.length, MAX_GROUPS);
  if (groups < 2) return new Float64Array(0);
  const kept = new Uint32Array(rows.length);
  return Float64Array.from({ length: groups }, (_, group) => {
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      if (i % groups !== group) kept[count++] = rows[i] as number;
    }
    return score(kept.subarray(0, count));
  });
}

/** 0 … n − 1. */
export function allRows(n: number): Uint32Array {
  return Uint32Array.from({ length: n }, (_, i) => i);
}
