// Values of another run's checkpoint for the model of this one.

import { DataError } from "../errors.ts";
import { isModule } from "../nn/module.ts";
import { LoRA } from "../nn/wrappers/lora.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Checkpoint } from "../workspace/checkpoint.ts";
import {
  type LoadOptions,
  type LoadReport,
  assignValues,
  matchValues,
} from "../workspace/loadValues.ts";
import type { Trainable } from "./update.ts";

/** Where values to begin with come from. */
export interface Pretrained extends Omit<LoadOptions, "except"> {
  /** As `loadCheckpoint` reads it. */
  readonly checkpoint: Checkpoint;
}

/** What came of loading, and the variables that have the checkpoint's values. */
export interface Loaded {
  readonly report: LoadReport;
  readonly variables: ReadonlySet<Variable>;
}

/**
 * Gives a model the values of a checkpoint.
 *
 * @param fresh  modules in it that keep their own.
 * @throws {DataError} unless the checkpoint has those of all others, factors of `LoRA` aside; nothing is
 *                     loaded then.
 */
export function loadPretrained(
  op: string,
  model: Trainable,
  { checkpoint, ...options }: Pretrained,
  fresh: readonly Trainable[],
): Loaded {
  const except = fresh.flatMap(({ variables }) => variables);
  const { found, report } = matchValues(model.variables, checkpoint, { ...options, except });
  const adapters = isModule(model) ? model.submodules.filter((one) => one instanceof LoRA) : [];
  const factors = new Set(adapters.flatMap(({ a, b }) => [a?.name, b?.name]));
  const isFactor = (name: string): boolean => factors.has(name.replace(/#\d+$/, ""));
  const lacking = [...report.missing.filter((name) => !isFactor(name)), ...report.unlike];
  if (lacking.length > 0) {
    const unused = report.leftOver.length === 0 ? "" : `, and unused ${report.leftOver.join(", ")}`;
    throw new DataError(op, "the checkpoint must have the values of all but fresh modules", {
      got: `none of their shape for ${lacking.join(", ")}${unused}`,
      remedy: "List what begins anew in fresh, or say the checkpoint's group and names.",
    });
  }
  assignValues(found);
  return { report, variables: new Set(found.map(([variable]) => variable)) };
}
