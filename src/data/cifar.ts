// CIFAR-10 and CIFAR-100 in their binary form.
// Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images;
// https://www.cs.toronto.edu/~kriz/cifar.html

import { DataError } from "../errors.ts";
import { type Dataset, dataset } from "./dataset.ts";
import { type FileSource, type FoundFile, readFile } from "./files/fileSource.ts";

const SIDE = 32;
const PLANE = SIDE * SIDE;
const IMAGE = 3 * PLANE;

/** Names of the classes of CIFAR-10, by label. */
export const CIFAR10_CLASSES: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/** What a record has before its image: fields of one byte, each below a number of classes. */
type Labels = readonly (readonly [field: string, classes: number])[];

const CIFAR10: Labels = [["labels", 10]];
const CIFAR100: Labels = [
  ["coarseLabels", 20],
  ["labels", 100],
];

/**
 * One split of CIFAR-10, from `data_batch_1.bin` … `data_batch_5.bin` or `test_batch.bin`, gzipped or not.
 *
 * @returns  `inputs [n, 32, 32, 3]` u8 and `labels [n]` i32.
 * @throws {DataError} if a file is missing, cut off, too long, or has a label that does not exist.
 */
export async function loadCifar10(source: FileSource, split: "train" | "test"): Promise<Dataset> {
  const names = split === "test" ? ["test_batch.bin"] : [1, 2, 3, 4, 5].map(batchName);
  return load("loadCifar10", source, names, CIFAR10);
}

const batchName = (i: number): string => `data_batch_${i}.bin`;

/**
 * One split of CIFAR-100, from `train.bin` or `test.bin`, gzipped or not.
 *
 * @returns  `inputs [n, 32, 32, 3]` u8, `labels [n]` i32 of the 100 classes, and `coarseLabels [n]` i32 of
 *           the 20 they belong to.
 * @throws {DataError} if the file is missing, cut off, too long, or has a label that does not exist.
 */
export async function loadCifar100(source: FileSource, split: "train" | "test"): Promise<Dataset> {
  return load("loadCifar100", source, [`${split}.bin`], CIFAR100);
}

async function load(
  op: string,
  source: FileSource,
  names: readonly string[],
  labels: Labels,
): Promise<Dataset> {
  const files: FoundFile[] = [];
  for (const name of names) files.push(await readFile(op, source, name));
  const record = labels.length + IMAGE;
  for (const { where, bytes } of files) requireRecords(where, bytes, record);
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / record, 0);
  const inputs = new Uint8Array(count * IMAGE);
  const codes = labels.map(() => new Int32Array(count));
  let row = 0;
  for (const { where, bytes } of files) {
    for (let at = 0; at < bytes.length; at += record, row++) {
      labels.forEach(([field, classes], i) => {
        const code = bytes[at + i] as number;
        if (code >= classes) throw strangeLabel(where, field, code, classes, at + i);
        (codes[i] as Int32Array)[row] = code;
      });
      interleave(bytes, at + labels.length, inputs, row * IMAGE);
    }
  }
  const fields = labels.map(([field], i) => {
    return [field, { dtype: "i32", shape: [count], data: codes[i] as Int32Array }] as const;
  });
  return dataset({
    inputs: { dtype: "u8", shape: [count, SIDE, SIDE, 3], data: inputs },
    ...Object.fromEntries(fields),
  });
}

/** From planes of red, green and blue to pixels. */
function interleave(from: Uint8Array, start: number, to: Uint8Array, at: number): void {
  for (let i = 0; i < PLANE; i++) {
    for (let c = 0; c < 3; c++) to[at + 3 * i + c] = from[start + c * PLANE + i] as number;
  }
}

function requireRecords(where: string, bytes: Uint8Array, record: number): void {
  if (bytes.length > 0 && bytes.length % record === 0) return;
  const whole = Math.floor(bytes.length / record);
  throw new DataError(where, `the file must be whole records of ${record} bytes`, {
    got: `${bytes.length % record} bytes after record ${whole}, at byte ${whole * record}`,
    remedy: "Take the binary version, and fetch it again if it is cut off.",
  });
}

function strangeLabel(
  where: string,
  field: string,
  code: number,
  classes: number,
  at: number,
): DataError {
  return new DataError(where, `${field} must be below ${classes}`, {
    got: `${code} at byte ${at}`,
  });
}
