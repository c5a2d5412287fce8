// What one run of one model gave, example by example: as it is added, and checked.

import { DataError, UsageError } from "../errors.ts";
import { type ExampleValues, finiteValues } from "./pairs.ts";
import { type CheckedField, type SliceField, checkField } from "./slices.ts";

/** A curve of training: one value at each step. */
export interface Curve {
  readonly steps: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Results of one model on one set of examples, in one order for all runs that are compared. */
export interface RunResults {
  readonly model: string;
  /** Tells runs of one model apart. They count as draws of one way to train. */
  readonly seed?: number;
  /** A step or a name. Checkpoints of a model are compared like models. */
  readonly checkpoint?: number | string;
  /** Numbers per example by metric, whose mean is the metric: `{ correct, loss }`. */
  readonly examples?: Readonly<Record<string, ExampleValues>>;
  /** Metrics that are no means over examples, by name: `{ parameters: 26506 }`. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** True class of each example. */
  readonly labels?: ArrayLike<number>;
  /**
   * Class that the model chose. With `labels` they give the metric "accuracy", unless `examples`
   * has "accuracy" or "correct".
   */
  readonly predictions?: ArrayLike<number>;
  /** Probability that the model gave to its prediction. */
  readonly confidences?: ArrayLike<number>;
  /**
   * Parts of the examples: a mask (`boolean[]` or `Uint8Array` of 0 and 1), or a field whose every
   * value is a slice (strings or numbers).
   */
  readonly slices?: Readonly<Record<string, SliceField>>;
  /** Learning curves by name. */
  readonly curves?: Readonly<Record<string, Curve>>;
}

/** A run that was checked. Statistics read it. */
export interface Run extends RunResults {
  /** How many examples; 0 where only `metrics` were given. */
  readonly size: number;
  readonly examples: Readonly<Record<string, Float64Array>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly labels?: Int32Array;
  readonly predictions?: Int32Array;
  readonly confidences?: Float64Array;
  readonly slices: Readonly<Record<string, CheckedField>>;
  readonly curves: Readonly<Record<string, { steps: Float64Array; values: Float64Array }>>;
}

const OP = "EvaluationReport.add";

function mapValues<In, Out>(
  record: Readonly<Record<string, In>> | undefined,
  change: (value: In, name: string) => Out,
): Record<string, Out> {
  return Object.fromEntries(
    Object.entries(record ?? {}).map(([name, value]) => [name, change(value, name)]),
  );
}

/** Class indices below `classes`, where that is known. */
function classIndices(name: string, given: ArrayLike<number>, classes: number): Int32Array {
  const values = finiteValues(OP, name, given);
  const wrong = values.find((value) => !(Number.isInteger(value) && value >= 0 && value < classes));
  if (wrong === undefined) return Int32Array.from(values);
  const limit = Number.isFinite(classes) ? ` below ${classes}` : "";
  throw new DataError(OP, `${name} must be class indices${limit}`, { got: `${wrong}` });
}

function probabilities(name: string, given: ArrayLike<number>): Float64Array {
  const values = finiteValues(OP, name, given);
  const wrong = values.find((value) => value < 0 || value > 1);
  if (wrong === undefined) return values;
  throw new DataError(OP, `${name} must be probabilities`, { got: `${wrong}` });
}

function checkedCurve(curve: Curve, name: string): { steps: Float64Array; values: Float64Array } {
  const steps = finiteValues(OP, `steps of curve ${name}`, curve?.steps);
  const values = finiteValues(OP, `values of curve ${name}`, curve?.values);
  if (steps.length === values.length) return { steps, values };
  throw new DataError(OP, `curve ${name} must have a value at each step`, {
    got: `${steps.length} steps and ${values.length} values`,
  });
}

/** Metrics that labels and predictions give by themselves. */
function hitsOf(
  labels: Int32Array | undefined,
  predictions: Int32Array | undefined,
  examples: RunResults["examples"],
): Record<string, Float64Array> {
  if (!labels || !predictions || examples?.accuracy || examples?.correct) return {};
  return { accuracy: Float64Array.from(labels, (label, i) => (label === predictions[i] ? 1 : 0)) };
}

/** How many examples all fields of a run have. */
function sizeOf(fields: readonly (readonly [string, ArrayLike<unknown>])[]): number {
  const [first] = fields;
  if (first === undefined) return 0;
  const size = first[1].length;
  const other = fields.find(([, values]) => values.length !== size);
  if (other === undefined) return size;
  throw new DataError(OP, "all fields of a run must have a value for each example", {
    got: `${size} in ${first[0]} and ${other[1].length} in ${other[0]}`,
  });
}

/** @throws {UsageError} unless model, seed and checkpoint can name a run. */
function requireIdentity({ model, seed, checkpoint }: Partial<RunResults>): void {
  if (typeof model !== "string" || model === "") {
    throw new UsageError(OP, "a run needs the name of its model", { got: String(model) });
  }
  const isSeed = seed === undefined || Number.isFinite(seed);
  const isPlace = typeof checkpoint === "string" || Number.isFinite(checkpoint);
  if (isSeed && (checkpoint === undefined || isPlace)) return;
  throw new UsageError(OP, "seed must be a number, and checkpoint a number or a name", {
    got: `seed ${String(seed)}, checkpoint ${String(checkpoint)}`,
  });
}

/**
 * A copy of the results in which everything fits together.
 *
 * @throws {UsageError} without a model's name, or without any metric.
 * @throws {DataError} if lengths differ, or a number cannot be.
 */
export function checkRun(results: RunResults, classes: number = Infinity): Run {
  requireIdentity(results ?? {});
  const { model, seed, checkpoint } = results;
  const labels = results.labels && classIndices("labels", results.labels, classes);
  const predictions =
    results.predictions && classIndices("predictions", results.predictions, classes);
  const confidences = results.confidences && probabilities("confidences", results.confidences);
  const examples = {
    ...hitsOf(labels, predictions, results.examples),
    ...mapValues(results.examples, (values, name) => finiteValues(OP, name, values)),
  };
  const slices = mapValues(results.slices, (field, name) => checkField(name, field));
  const optional = Object.entries({ labels, predictions, confidences });
  const given = optional.filter((field): field is [string, Float64Array | Int32Array] =>
    Boolean(field[1]),
  );
  const size = sizeOf([...Object.entries(examples), ...given, ...Object.entries(slices)]);
  const metrics = mapValues(results.metrics, (value, name) => {
    return finiteValues(OP, name, [value])[0] as number;
  });
  return {
    ...{ model, size, examples, metrics, slices },
    ...(seed === undefined ? {} : { seed }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...Object.fromEntries(given),
    curves: mapValues(results.curves, checkedCurve),
  };
}

/** @throws {UsageError} if the run came without the field. */
export function requireField<Name extends "labels" | "predictions" | "confidences">(
  op: string,
  run: Run,
  name: Name,
): NonNullable<Run[Name]> {
  const values = run[name];
  if (values) return values;
  throw new UsageError(op, `a run needs ${name}`, {
    got: `a run of ${run.model} without`,
    remedy: "Add them to every run.",
  });
}
