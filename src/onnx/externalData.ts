// A model with its weights in a file beside it.

import type { OnnxModel, OnnxTensor } from "./model.ts";

/** Bytes from which a tensor goes out. */
const SHORTEST = 1024;

/** Where tensors may begin, for readers that map the file into memory. */
const ALIGNMENT = 64;

/** A model whose large tensors lie in another file. */
export interface SplitModel {
  readonly model: OnnxModel;
  /** The bytes of the file beside. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/**
 * Moves large initializers to a file beside the model's.
 *
 * @param location  the file's name, as the model's file will say it.
 */
export function withExternalData(model: OnnxModel, location: string): SplitModel {
  const initializers = new Map<string, OnnxTensor>();
  const moved: { readonly bytes: Uint8Array; readonly offset: number }[] = [];
  let end = 0;
  for (const [name, tensor] of model.graph.initializers) {
    const { bytes, dims, dtype } = tensor;
    if (bytes.length < SHORTEST) {
      initializers.set(name, tensor);
      continue;
    }
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    end = offset + bytes.length;
    moved.push({ bytes, offset });
    const external = { location, offset, length: bytes.length };
    initializers.set(name, { dtype, dims, bytes: new Uint8Array(), external });
  }
  const data = new Uint8Array(end);
  for (const { bytes, offset } of moved) data.set(bytes, offset);
  return { model: { ...model, graph: { ...model.graph, initializers } }, data };
}
