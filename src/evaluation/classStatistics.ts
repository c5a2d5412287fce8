// Statistics of classes that are no means over examples, to be resampled as a whole.

import { type Run, requireField } from "./run.ts";

/** A number of some examples of a run. Rows may repeat: they are draws. */
export type Statistic = (run: Run, rows: Uint32Array) => number;

/** Counts of each class, by index. */
interface ClassCounts {
  /** Right predictions of the class. */
  readonly hits: Float64Array;
  readonly predicted: Float64Array;
  readonly labelled: Float64Array;
}

/** How many classes a run tells apart; looked up once for all draws. */
const classesOf = new WeakMap<Run, number>();

function countClasses(labels: Int32Array, predictions: Int32Array): number {
  const larger = (a: number, b: number): number => Math.max(a, b);
  return 1 + predictions.reduce(larger, labels.reduce(larger, 0));
}

function classCounts(op: string, run: Run, rows: Uint32Array): ClassCounts {
  const labels = requireField(op, run, "labels");
  const predictions = requireField(op, run, "predictions");
  const classes = classesOf.get(run) ?? countClasses(labels, predictions);
  classesOf.set(run, classes);
  const [hits, predicted, labelled] = [
    new Float64Array(classes),
    new Float64Array(classes),
    new Float64Array(classes),
  ];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const label = labels[row] as number;
    const prediction = predictions[row] as number;
    labelled[label] = (labelled[label] as number) + 1;
    predicted[prediction] = (predicted[prediction] as number) + 1;
    if (label === prediction) hits[label] = (hits[label] as number) + 1;
  }
  return { hits, predicted, labelled };
}

/** Mean of the quotients whose denominators are not zero. */
function meanQuotient(above: Float64Array, below: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const [c, denominator] of below.entries()) {
    if (denominator === 0) continue;
    sum += (above[c] as number) / denominator;
    count++;
  }
  return sum / count;
}

/**
 * Mean F1 of the classes that occur among labels or predictions.
 *
 *   F1 = 2 hits / (predicted + labelled)
 *
 * @see Opitz and Burst 2019, Macro F1 and macro F1 (the mean of F1s).
 */
export const macroF1: Statistic = (run, rows) => {
  const { hits, predicted, labelled } = classCounts("macroF1", run, rows);
  const halves = predicted.map((count, c) => (count + (labelled[c] as number)) / 2);
  return meanQuotient(hits, halves);
};

/** Mean recall of the classes that occur among labels. */
export const balancedAccuracy: Statistic = (run, rows) => {
  const { hits, labelled } = classCounts("balancedAccuracy", run, rows);
  return meanQuotient(hits, labelled);
};
