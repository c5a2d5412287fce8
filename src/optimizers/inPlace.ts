// Other values in the place of parameters.

import { assign } from "../ops/assign.ts";
import { mul } from "../ops/binary.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";

/** Gives parameters the values, in order, and frees those. */
export function replaceBy(parameters: readonly Variable[], values: readonly Tensor[]): void {
  parameters.forEach((parameter, i) => assign(parameter, values[i] as Tensor));
  for (const value of values) value.dispose();
}

/** Runs `use` with the values in place of the parameters, which are then put back. */
export async function during<T>(
  parameters: readonly Variable[],
  values: readonly Tensor[],
  use: () => T | Promise<T>,
): Promise<T> {
  const kept = untaped(() => scope(() => parameters.map((parameter) => mul(parameter, 1))));
  replaceBy(parameters, values);
  try {
    return await use();
  } finally {
    replaceBy(parameters, kept);
  }
}
