// Data sets cut into parts at random: for training and testing, or in folds.

import { DataError, UsageError } from "../errors.ts";
import { HostRandom } from "../tensor/philox.ts";
import { type Dataset, subset } from "./dataset.ts";

/** Options of `split` and `kFold`. */
export interface SplitOptions {
  /** Default 0. */
  readonly seed?: number;
  /** A field of labels `[n]`: each part gets its share of every label. Default: no such care. */
  readonly stratify?: string;
}

/**
 * Random parts of a data set by name. Their sizes differ from the exact shares by less than an example; what
 * shares below 1 in all leave over is in none. Examples keep their order.
 *
 *     const { train, test } = split(data, { train: 0.8, test: 0.2 }, { stratify: "labels" });
 *
 * @param shares  positive, at most 1 together.
 * @throws {UsageError} for other shares.
 * @throws {DataError} if a part would be empty, or the field to stratify by is not one of labels.
 */
export function split<Name extends string>(
  data: Dataset,
  shares: Readonly<Record<Name, number>>,
  options: SplitOptions = {},
): Record<Name, Dataset> {
  const entries = Object.entries<number>(shares);
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  if (entries.length === 0 || !entries.every(([, share]) => share > 0) || total > 1 + 1e-9) {
    throw new UsageError("split", "shares must be positive, and at most 1 together", {
      got: entries.map(([name, share]) => `${name}: ${share}`).join(", "),
    });
  }
  const all = [...entries.map(([, share]) => share), Math.max(0, 1 - total)];
  const parts = assignRows("split", data, all, options);
  const named = entries.map(([name], i) => {
    const rows = parts[i] as number[];
    if (rows.length > 0) return [name, subset(data, rows)] as const;
    throw new DataError("split", "every part must have an example", {
      got: `none in ${name} of ${data.size} examples`,
    });
  });
  return Object.fromEntries(named) as Record<Name, Dataset>;
}

/** One of the ways to cut that `kFold` gives. */
export interface Fold {
  readonly train: Dataset;
  readonly test: Dataset;
}

/**
 * `k` ways to train on all folds but one and to test on that; each example is tested once. They are cut
 * as they are asked for, so that one lies in memory at a time.
 *
 *     for (const { train, test } of kFold(data, 5, { stratify: "labels" })) …
 *
 * @throws {UsageError} unless k is a whole number from 2 to the number of examples.
 */
export function* kFold(data: Dataset, k: number, options: SplitOptions = {}): Generator<Fold> {
  if (!Number.isInteger(k) || k < 2 || k > data.size) {
    const rule = "k must be a whole number from 2 to the number of examples";
    throw new UsageError("kFold", rule, { got: `${k} for ${data.size}` });
  }
  const folds = assignRows("kFold", data, Array<number>(k).fill(1 / k), options);
  for (const test of folds) {
    const others = folds.filter((fold) => fold !== test).flat();
    yield {
      train: subset(
        data,
        others.sort((a, b) => a - b),
      ),
      test: subset(data, test),
    };
  }
}

/**
 * Rows of each part, ascending. They are dealt out in a random order, label by label, each to the part that
 * is farthest below its share: so all shares hold, of the whole as of every label.
 */
function assignRows(
  op: string,
  data: Dataset,
  shares: readonly number[],
  { seed = 0, stratify }: SplitOptions,
): number[][] {
  const order = new HostRandom(seed).permutation(data.size);
  if (stratify !== undefined) {
    const labels = labelsOf(op, data, stratify);
    order.sort((a, b) => (labels[a] as number) - (labels[b] as number));
  }
  const parts = shares.map((): number[] => []);
  order.forEach((row, dealt) => {
    const missing = parts.map((part, i) => (shares[i] as number) * (dealt + 1) - part.length);
    parts[missing.indexOf(Math.max(...missing))]?.push(row);
  });
  return parts.map((part) => part.sort((a, b) => a - b));
}

function labelsOf(op: string, data: Dataset, field: string): ArrayLike<number> {
  const array = data.fields[field];
  if (array?.shape.length === 1 && array.dtype !== "f32" && array.dtype !== "f16")
    return array.data;
  const found = array === undefined ? Object.keys(data.fields).join(", ") : array.dtype;
  throw new DataError(op, "stratify must name a field with a whole number per example", {
    got: array === undefined ? `${field} among ${found}` : `${found} [${array.shape.join(", ")}]`,
  });
}
