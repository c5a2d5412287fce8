// What a training run needs to go on: variables, optimizer slots, random state, place in the data.

import { DataError, UsageError } from "../errors.ts";
import type { DataLoader, LoaderState } from "../data/dataLoader.ts";
import type { HostArray } from "../data/hostArray.ts";
import { toHostArray, toTensor } from "../data/batchTensors.ts";
import { assign } from "../ops/assign.ts";
import type { Generator, GeneratorState } from "../ops/random.ts";
import { scope } from "../tensor/scope.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Checkpoint } from "../workspace/checkpoint.ts";

/** Everything a checkpoint is made of. */
export interface TrainingParts {
  /** Named groups, such as model and optimizer. */
  readonly variables: Readonly<Record<string, readonly Variable[]>>;
  readonly data: DataLoader;
  readonly generator: Generator;
}

/** The JSON of a checkpoint. */
interface TrainingState {
  readonly step: number;
  readonly data: LoaderState;
  readonly generator: GeneratorState;
}

/** Each variable under `group/name`; equal names are told apart by their order. */
function named(parts: TrainingParts): Map<string, Variable> {
  const all = new Map<string, Variable>();
  for (const [group, variables] of Object.entries(parts.variables)) {
    for (const variable of variables) {
      const name = `${group}/${variable.name}`;
      let free = name;
      for (let i = 2; all.has(free); i++) free = `${name}#${i}`;
      all.set(free, variable);
    }
  }
  return all;
}

/** A checkpoint of the run after `step` steps. */
export async function captureTraining(parts: TrainingParts, step: number): Promise<Checkpoint> {
  const { data, generator } = parts;
  const state: TrainingState = { step, data: data.state(), generator: generator.state() };
  const entries = [...named(parts)].map(async ([name, variable]) => {
    return [name, await toHostArray(variable)] as const;
  });
  return { tensors: Object.fromEntries(await Promise.all(entries)), state };
}

/**
 * Puts a run back to a checkpoint. Returns its step.
 *
 * @throws {DataError} if the checkpoint is of another model; nothing is changed then.
 */
export function restoreTraining(parts: TrainingParts, checkpoint: Checkpoint): number {
  const variables = named(parts);
  const { tensors } = checkpoint;
  for (const [name, variable] of variables) {
    const saved = tensors[name] as HostArray | undefined;
    if (saved?.shape.join() === variable.shape.join() && saved.dtype === variable.dtype) continue;
    throw new DataError("resume", "the checkpoint must be of the same model and optimizer", {
      got: saved === undefined ? `no ${name}` : `[${saved.shape.join(", ")}] for ${variable}`,
      remedy: "Use the settings the run was started with, or another run folder.",
    });
  }
  const state = checkpoint.state as TrainingState;
  if (!Number.isInteger(state?.step)) {
    throw new UsageError("resume", "the checkpoint must be one of a training run");
  }
  scope(() => {
    for (const [name, variable] of variables)
      assign(variable, toTensor(tensors[name] as HostArray));
  });
  parts.data.restore(state.data);
  parts.generator.restore(state.generator);
  return state.step;
}
