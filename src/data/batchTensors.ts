// From host arrays to the GPU and back.

import { DtypeError } from "../errors.ts";
import { tensor } from "../ops/creation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch } from "./dataLoader.ts";
import type { HostArray } from "./hostArray.ts";

/** A host array as a tensor. @throws {DtypeError} for u8, which no tensor holds. */
export function toTensor(array: HostArray): Tensor {
  if (array.dtype === "u8") {
    throw new DtypeError("toTensor", "a tensor cannot hold u8", {
      remedy: "Scale images with toUnitFloat, the loader's default transform.",
    });
  }
  return tensor(array.data, { shape: array.shape, dtype: array.dtype });
}

/** All fields of a batch as tensors. */
export function toTensors(batch: Batch): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(batch).map(([name, array]) => [name, toTensor(array)]));
}

/** A tensor's value in the host's memory. */
export async function toHostArray(x: Tensor): Promise<HostArray> {
  return { dtype: x.dtype, shape: x.shape, data: await x.data() };
}
