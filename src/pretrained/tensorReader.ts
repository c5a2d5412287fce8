// Arrays that are read one by one, of which shapes and dtypes are known beforehand.

import { DataError, UsageError } from "../errors.ts";
import type { HostArray, HostDType } from "../data/hostArray.ts";

/** What is known of an array before it is read. */
export interface TensorInfo {
  /** Of the array that is read; the file may hold another one, such as bf16 for f32. */
  readonly dtype: HostDType;
  readonly shape: readonly number[];
  /** Bytes in the file. */
  readonly bytes: number;
}

/** Named arrays in files. */
export interface TensorReader {
  /** Where they lie, for messages. */
  readonly where: string;
  /** All that there are, by name. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Texts about them. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads an array.
   *
   * @throws {UsageError} if there is none of that name.
   * @throws {DataError} if its bytes are not there, or do not fit its dtype.
   */
  read(name: string): Promise<HostArray>;
}

/** How far the reading of arrays has come. */
export interface TensorProgress {
  /** The array that was read last. */
  readonly name: string;
  /** Bytes that were read. */
  readonly loaded: number;
  /** Bytes of all arrays that were asked for. */
  readonly total: number;
}

/** Options of `readTensors`. */
export interface ReadTensorsOptions {
  /** Default: all. */
  readonly names?: Iterable<string>;
  /** Called after each array. */
  readonly onProgress?: (progress: TensorProgress) => void;
}

/**
 * Arrays by name.
 *
 *     const reader = await openSafetensors(urlSource("https://example.org/bert/"), "model.safetensors");
 *     const tensors = await readTensors(reader, { names: ["embeddings.weight"] });
 *
 * @throws {UsageError} if there is none of a name.
 * @throws {DataError} as `read` does.
 */
export async function readTensors(
  reader: TensorReader,
  options: ReadTensorsOptions = {},
): Promise<Record<string, HostArray>> {
  const names = [...(options.names ?? reader.tensors.keys())];
  const total = names.reduce((sum, name) => sum + infoOf(reader, name).bytes, 0);
  const entries: [string, HostArray][] = [];
  let loaded = 0;
  for (const name of names) {
    entries.push([name, await reader.read(name)]);
    loaded += infoOf(reader, name).bytes;
    options.onProgress?.({ name, loaded, total });
  }
  return Object.fromEntries(entries);
}

/** What is known of an array. @throws {UsageError} if there is none of that name. */
export function infoOf({ tensors, where }: TensorReader, name: string): TensorInfo {
  const info = tensors.get(name);
  if (info !== undefined) return info;
  throw new UsageError(where, "an array must be one of the file's", {
    got: `${name}, where there are ${[...tensors.keys()].slice(0, 8).join(", ")}`.slice(0, 300),
  });
}

/** Arrays in memory as a reader. @throws {DataError} if one has not as many elements as its shape. */
export function readerOf(
  tensors: Readonly<Record<string, HostArray>>,
  where: string,
): TensorReader {
  const infos = new Map<string, TensorInfo>();
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) {
      const got = `${data.length} elements for [${shape.join(", ")}] of ${name}`;
      throw new DataError(where, "an array must have as many elements as its shape", { got });
    }
    infos.set(name, { dtype, shape, bytes: data.byteLength });
  }
  const reader: TensorReader = {
    where,
    tensors: infos,
    metadata: {},
    async read(name) {
      infoOf(reader, name);
      return tensors[name] as HostArray;
    },
  };
  return reader;
}
