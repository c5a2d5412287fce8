// How much each class should count where some are rarer than others.

import { DataError } from "../errors.ts";
import type { HostArray } from "./hostArray.ts";

/**
 * Weights with which all classes count alike, 0 for one that does not occur.
 *
 *   weight_c = n / (classes · n_c)
 *
 *     crossEntropy(logits, labels, { classWeights: tensor(classWeights(train.fields.labels)) })
 *
 * @param labels   whole numbers in `[0, classes)`, of any shape; negative ones count for nothing.
 * @param classes  default: one more than the largest label.
 * @throws {DataError} if there is no label, or one that is no class.
 * @see King and Zeng 2001, Logistic Regression in Rare Events Data.
 */
export function classWeights(
  labels: HostArray,
  classes: number = largest(labels) + 1,
): Float32Array<ArrayBuffer> {
  const counts = new Float64Array(classes);
  let total = 0;
  for (let i = 0; i < labels.data.length; i++) {
    const label = labels.data[i] as number;
    if (label < 0) continue;
    if (!Number.isInteger(label) || label >= classes) {
      throw new DataError("classWeights", `labels must be whole numbers below ${classes}`, {
        got: `${label} at index ${i}`,
      });
    }
    counts[label] = (counts[label] as number) + 1;
    total++;
  }
  if (total === 0) throw new DataError("classWeights", "there must be at least one label");
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : total / (classes * count)));
}

function largest({ data }: HostArray): number {
  let found = -1;
  for (const value of data) if (value > found) found = value;
  return found;
}
