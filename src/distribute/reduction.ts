// Reducing arrays of several replicas, element by element, in the order of the ranks: all get the same bits.

import { encodeParcel, openParcels } from "./parcel.ts";
import type { Transport } from "./transport.ts";

/** How arrays of several replicas become one. */
export type Reduction = "mean" | "sum" | "max" | "min";

/** Numbers of 32 bits each; half ones come as f32. */
export type Numbers =
  Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

const STEPS: Readonly<Record<Reduction, (a: number, b: number) => number>> = {
  mean: (a, b) => a + b,
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/**
 * ((x₀ + x₁) + x₂) + … for "sum", each sum rounded to the arrays' type; that divided by their count for
 * "mean"; likewise with the larger or smaller one.
 *
 * @param arrays  at least one, of equal lengths.
 */
export function reduceArrays<A extends Numbers>(how: Reduction, arrays: readonly A[]): A {
  const [first, ...others] = arrays as readonly [A, ...A[]];
  const result = first.slice() as A;
  const step = STEPS[how];
  for (const other of others) {
    for (let i = 0; i < result.length; i++) {
      result[i] = step(result[i] as number, other[i] as number);
    }
  }
  if (how !== "mean") return result;
  for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) / arrays.length;
  return result;
}

/**
 * Arrays of this replica reduced with those of all others.
 *
 * @param label  what is reduced, the same for all replicas.
 * @throws {ReplicaError} if another replica reduces something else, or is gone.
 */
export async function reduceOver<A extends Numbers>(
  transport: Transport,
  label: string,
  how: Reduction,
  arrays: readonly A[],
): Promise<A[]> {
  const parcels = await transport.exchange(encodeParcel(label, arrays));
  const contents = openParcels(parcels, transport.rank);
  let at = 0;
  return arrays.map((own) => {
    const Kind = own.constructor as new (bytes: ArrayBuffer, at: number, length: number) => A;
    const parts = contents.map((bytes) => new Kind(bytes, at, own.length));
    at += own.byteLength;
    return reduceArrays(how, parts);
  });
}
