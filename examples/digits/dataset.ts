// The digits: drawn ones, or MNIST-like files.

import {
  type Dataset,
  type FileSource,
  drawnDigits,
  loadMnist,
  sliceExamples,
} from "../../src/data/index.ts";

/** Drawn digits for training and for testing. */
const DRAWN = { train: 12_000, test: 2_000 };

/** Seed of the drawings: the data stays the same whatever the seed of a run. */
const DRAWING_SEED = 2020;

/** Training and test data, from files if there is a source. */
export async function loadDigits(source?: FileSource): Promise<{ train: Dataset; test: Dataset }> {
  if (source !== undefined) {
    return { train: await loadMnist(source, "train"), test: await loadMnist(source, "test") };
  }
  const all = drawnDigits({ count: DRAWN.train + DRAWN.test, seed: DRAWING_SEED });
  return { train: sliceExamples(all, 0, DRAWN.train), test: sliceExamples(all, DRAWN.train) };
}
