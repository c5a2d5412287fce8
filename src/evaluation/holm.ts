// Holm's correction for many tests.

import { DataError } from "../errors.ts";

/**
 * p-values adjusted so that calling those below α significant is wrong at all with probability ≤ α.
 *
 *   sorted ascending:  p̃ₖ = max over j ≤ k of min(1, (m − j + 1) pⱼ)
 *
 * @param p  of all m tests that are looked at together.
 * @returns  in the order given.
 * @throws {DataError} if a value is not in [0, 1].
 * @see Holm 1979, A simple sequentially rejective multiple test procedure.
 */
export function holm(p: readonly number[]): number[] {
  const wrong = p.find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) {
    throw new DataError("holm", "p-values must be in [0, 1]", { got: `${wrong}` });
  }
  const adjusted = new Array<number>(p.length);
  const order = p.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  let largest = 0;
  for (const [rank, { value, i }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * value));
    adjusted[i] = largest;
  }
  return adjusted;
}
