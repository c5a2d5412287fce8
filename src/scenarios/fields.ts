// The fields of a batch on the GPU.

import { UsageError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A batch's tensors by field. */
export type Fields = Readonly<Record<string, Tensor>>;

/**
 * Fields of a batch, in the order of the names.
 *
 * @throws {UsageError} if one is missing.
 */
export function requireFields(op: string, fields: Fields, ...names: readonly string[]): Tensor[] {
  return names.map((name) => {
    const tensor = fields[name];
    if (tensor !== undefined) return tensor;
    throw new UsageError(op, `batches must have the fields ${names.join(" and ")}`, {
      got: Object.keys(fields).join(", "),
      remedy: `Name them so in dataset({ ${names.join(", ")} }).`,
    });
  });
}
