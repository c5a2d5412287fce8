// A model at a checkpoint, with all its seeds: what a report compares.

import { DataError, UsageError } from "../errors.ts";
import type { Run } from "./run.ts";

/** Runs of one model at one checkpoint, which differ in their seeds. */
export interface Variant {
  /** The model's name, with " @ " and the checkpoint where there is one. */
  readonly name: string;
  /**
   * Which draws of seeds it takes part in. Checkpoints of one model with the same seeds share
   * theirs: they come from the same trainings. Seeds of two models have nothing in common.
   */
  readonly draws: number;
  /** By seed. */
  readonly runs: readonly [Run, ...Run[]];
}

/** `cnn`, or `cnn @ 2000`. */
export function variantName({ model, checkpoint }: Pick<Run, "model" | "checkpoint">): string {
  return checkpoint === undefined ? model : `${model} @ ${checkpoint}`;
}

/** Runs by variant, in the order of their first runs. */
export function variantsOf(runs: readonly Run[]): Variant[] {
  const names = [...new Set(runs.map(variantName))];
  const groups = names.map((name) => {
    const own = runs.filter((run) => variantName(run) === name);
    return own.sort((a, b) => (a.seed ?? 0) - (b.seed ?? 0)) as [Run, ...Run[]];
  });
  const keys = groups.map((own) => JSON.stringify([own[0].model, own.map(({ seed }) => seed)]));
  return groups.map((own, i) => {
    return { name: names[i] as string, draws: keys.indexOf(keys[i] as string), runs: own };
  });
}

/**
 * Checks that a run fits the others of its variant.
 *
 * @throws {UsageError} if its seed is there already.
 * @throws {DataError} if it has other examples or other metrics.
 */
export function requireSibling(run: Run, others: readonly Run[]): void {
  const op = "EvaluationReport.add";
  const name = variantName(run);
  if (others.some(({ seed }) => seed === run.seed)) {
    throw new UsageError(op, "runs of one model and checkpoint must differ in their seeds", {
      got: `${name} with ${run.seed === undefined ? "no seed" : `seed ${run.seed}`} twice`,
    });
  }
  const [first] = others;
  if (first === undefined) return;
  const metrics = (of: Run): string =>
    [...Object.keys(of.examples), ...Object.keys(of.metrics)].sort().join(", ");
  if (first.size !== run.size) {
    throw new DataError(op, `all seeds of ${name} must have the same examples`, {
      got: `${run.size} after ${first.size}`,
    });
  }
  requireSameLabels(op, first, run);
  if (metrics(first) === metrics(run)) return;
  throw new DataError(op, `all seeds of ${name} must have the same metrics`, {
    got: `${metrics(run)} after ${metrics(first)}`,
  });
}

/** The first example whose labels differ; −1 where none do, or a run has none. */
function labelsDiffer({ labels: a }: Run, { labels: b }: Run): number {
  return a && b ? a.findIndex((label, i) => label !== b[i]) : -1;
}

/** @throws {DataError} if both runs have labels and these differ: the examples are not the same. */
export function requireSameLabels(op: string, a: Run, b: Run): void {
  const at = labelsDiffer(a, b);
  if (at < 0) return;
  throw new DataError(op, "runs that are compared must have the same examples in the same order", {
    got: `labels ${a.labels?.[at]} and ${b.labels?.[at]} at example ${at}`,
    remedy: "Evaluate without shuffling.",
  });
}

/** @throws {UsageError} if there is no such variant. */
export function findVariant(op: string, variants: readonly Variant[], name: string): Variant {
  const found = variants.find((variant) => variant.name === name);
  if (found) return found;
  throw new UsageError(op, "there must be a model of that name", {
    got: JSON.stringify(name),
    remedy: `There are: ${variants.map((variant) => variant.name).join(", ") || "none"}.`,
  });
}

/** Whether two runs have as many examples and, where both have labels, the same. */
export function haveSameExamples(a: Run, b: Run): boolean {
  return a.size === b.size && labelsDiffer(a, b) < 0;
}
