// Points of a spiral, and digits at half their size.

import {
  type Batch,
  DataLoader,
  type Dataset,
  type FileSource,
  type HostArray,
  drawnDigits,
  loadMnist,
  swissRoll,
} from "../../src/data/index.ts";

/** What coordinates are multiplied by, so that their variance is about 1. */
const SCALE = 0.7;

/** Pixels of a side of the digits. */
export const SIDE = 14;

/** Points `[count, 2]`. */
export function points(count: number, seed: number): HostArray {
  return swissRoll().sample(count, seed).fields.inputs as HostArray;
}

const scaled = ({ dtype, shape, data }: HostArray, by: number): HostArray => ({
  ...{ dtype, shape },
  data: Float32Array.from(data, (value) => value * by),
});

/** Batches of points with the field inputs, of variance 1. */
export function pointBatches(batchSize: number, seed: number): DataLoader {
  const data = swissRoll().sample(50_000, 1);
  return new DataLoader(data, {
    ...{ batchSize, seed, shuffle: true, dropLast: true },
    transform: ({ inputs }): Batch => ({ inputs: scaled(inputs as HostArray, SCALE) }),
  });
}

/** What was made, as the points are. */
export const unscaled = (made: HostArray): HostArray => scaled(made, 1 / SCALE);

/** Digits of MNIST's files, or drawn on the spot; in bytes, 28 × 28 or 14 × 14 of them. */
export async function digits(files: FileSource | undefined): Promise<Dataset> {
  if (files !== undefined) return loadMnist(files, "train");
  return drawnDigits({ count: 6000, seed: 1, size: SIDE });
}

/** Each pixel the mean of a square, from −1 to 1, as rows `[batch, 14 · 14]`. */
function halved({ inputs }: Batch): Batch {
  const { data, shape } = inputs as HostArray;
  const [count = 0, height = 0] = shape;
  const step = height / SIDE;
  const rows = new Float32Array(count * SIDE * SIDE).fill(-1);
  for (let i = 0; i < data.length; i++) {
    const [image, y, x] = [
      Math.floor(i / height ** 2),
      Math.floor(i / height) % height,
      i % height,
    ];
    const at = (image * SIDE + Math.floor(y / step)) * SIDE + Math.floor(x / step);
    rows[at] = (rows[at] as number) + (data[i] as number) / (127.5 * step ** 2);
  }
  return { inputs: { dtype: "f32", shape: [count, SIDE * SIDE], data: rows } };
}

/** Batches of digits. */
export function digitBatches(data: Dataset, batchSize: number, seed: number): DataLoader {
  const usual = { batchSize, seed, shuffle: true, dropLast: true };
  return new DataLoader(data, { ...usual, transform: halved });
}
