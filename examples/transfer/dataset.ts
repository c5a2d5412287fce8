// Digits to learn from first, and clothes to go on with: two data sets in one folder.

import { type Dataset, type FileSource, loadMnist } from "../../src/data/index.ts";

/** Both splits of a data set. */
export interface Splits {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** One of the folders `mnist` and `fashion-mnist`. */
export async function loadImages(
  files: FileSource,
  folder: "mnist" | "fashion-mnist",
): Promise<Splits> {
  const inside: FileSource = {
    read: (name, onProgress) => files.read(`${folder}/${name}`, onProgress),
    describe: (name) => files.describe(`${folder}/${name}`),
  };
  return { train: await loadMnist(inside, "train"), test: await loadMnist(inside, "test") };
}
