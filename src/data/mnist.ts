// MNIST and data sets in its form: Fashion-MNIST, KMNIST.

import { DataError } from "../errors.ts";
import { type Dataset, dataset } from "./dataset.ts";
import type { FileSource } from "./files/fileSource.ts";
import { readIdx } from "./idx.ts";

const PREFIX = { train: "train", test: "t10k" } as const;

/**
 * One split, from the four files of their usual names.
 *
 * @returns  `inputs [n, 28, 28, 1]` u8 and `labels [n]` i32.
 * @throws {DataError} if a file is missing or broken, or images and labels do not match.
 */
export async function loadMnist(source: FileSource, split: "train" | "test"): Promise<Dataset> {
  const images = await readIdx(source, `${PREFIX[split]}-images-idx3-ubyte`);
  const labels = await readIdx(source, `${PREFIX[split]}-labels-idx1-ubyte`);
  const fits = images.shape.length === 3 && labels.shape.length === 1;
  if (!fits || images.shape[0] !== labels.shape[0]) {
    const got = `[${images.shape.join(", ")}] and [${labels.shape.join(", ")}]`;
    throw new DataError("loadMnist", "there must be one label per image", { got });
  }
  return dataset({
    inputs: { ...images, shape: [...images.shape, 1] },
    labels: { dtype: "i32", shape: labels.shape, data: Int32Array.from(labels.data) },
  });
}
