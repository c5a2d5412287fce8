// A metric on each class of the examples, and which classes are taken for which.

import type { Estimate } from "./interval.ts";
import { requireField } from "./run.ts";
import type { Sampling } from "./sampling.ts";
import { classSlices } from "./slices.ts";
import type { Variant } from "./variant.ts";

/** A metric on the examples of a class, and how its predictions fare. */
export interface ClassResult extends Estimate {
  readonly class: string;
  readonly examples: number;
  /** Over all seeds; absent without predictions, or where none is of the class. */
  readonly precision?: number;
  readonly recall?: number;
  readonly f1?: number;
}

const total = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0);

/** Σ over seeds of `confusion[label][prediction]`. */
export function confusionOf(variant: Variant, classes: readonly string[]): number[][] {
  const op = "EvaluationReport.confusion";
  const pairs = variant.runs.map((run) => {
    return [requireField(op, run, "labels"), requireField(op, run, "predictions")] as const;
  });
  const larger = (a: number, b: number): number => Math.max(a, b);
  const largest = pairs.flat().reduce((most, indices) => indices.reduce(larger, most), 0);
  const count = Math.max(classes.length, largest + 1);
  const counts = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (const [labels, predictions] of pairs) {
    for (const [i, label] of labels.entries()) {
      const row = counts[label] as number[];
      const prediction = predictions[i] as number;
      row[prediction] = (row[prediction] as number) + 1;
    }
  }
  return counts;
}

/** Precision, recall and F1 of a class, where they have a denominator. */
function ratesOf(confusion: readonly (readonly number[])[], label: number): Partial<ClassResult> {
  const hits = confusion[label]?.[label] as number;
  const labelled = total(confusion[label] as number[]);
  const predicted = total(confusion.map((row) => row[label] as number));
  return {
    ...(predicted > 0 ? { precision: hits / predicted } : {}),
    ...(labelled > 0 ? { recall: hits / labelled } : {}),
    ...(predicted + labelled > 0 ? { f1: (2 * hits) / (predicted + labelled) } : {}),
  };
}

/** Every class that occurs among the labels of a variant. */
export function classResults(sampling: Sampling, variant: Variant, metric: string): ClassResult[] {
  const { classes } = sampling.settings;
  const labels = requireField("EvaluationReport.byClass", variant.runs[0], "labels");
  const hasPredictions = variant.runs.every(({ predictions }) => predictions);
  const confusion = hasPredictions ? confusionOf(variant, classes) : undefined;
  return classSlices(labels, classes).map((slice) => {
    const label = labels[slice.rows[0] as number] as number;
    return {
      ...{ class: slice.name, examples: slice.rows.length },
      ...sampling.estimate(sampling.of(variant, metric, slice)),
      ...(confusion ? ratesOf(confusion, label) : {}),
    };
  });
}
