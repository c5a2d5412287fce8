// What a training run needs to go on: variables, optimizer slots, random state, places in the data.

import { DataError, UsageError } from "../errors.ts";
import type { Feed } from "../data/feed.ts";
import type { HostArray } from "../data/hostArray.ts";
import { toHostArray, toTensor } from "../data/batchTensors.ts";
import { assign } from "../ops/assign.ts";
import type { Generator, GeneratorState } from "../ops/random.ts";
import { scope } from "../tensor/scope.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Checkpoint } from "../workspace/checkpoint.ts";
import { namedVariables } from "../workspace/variableNames.ts";
import type { StopState } from "./earlyStop.ts";

/** Everything a checkpoint is made of. */
export interface TrainingParts {
  /** Named groups, such as model and optimizer. */
  readonly variables: Readonly<Record<string, readonly Variable[]>>;
  readonly data: Readonly<Record<string, Feed>>;
  readonly generator: Generator;
  /** Variables that never change, and whose values whoever resumes has: files leave them out. */
  readonly constants: ReadonlySet<Variable>;
}

/** The JSON of a checkpoint. */
export interface TrainingState {
  readonly step: number;
  /** Places of the feeds by key. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly generator: GeneratorState;
  readonly stop?: StopState;
}

/** In front of the names of arrays that belong to feeds. */
const FEEDS = "feeds/";

/**
 * A checkpoint of the run after `step` steps, with everything in it.
 *
 * @param earlier  one of the same run, from which constants are taken that it has.
 */
export async function captureTraining(
  parts: TrainingParts,
  step: number,
  stop?: StopState,
  earlier?: Checkpoint,
): Promise<Checkpoint> {
  const { data, generator, constants } = parts;
  const feeds = Object.entries(data);
  const places = Object.fromEntries(feeds.map(([key, feed]) => [key, feed.state()]));
  const state: TrainingState = {
    step,
    data: places,
    generator: generator.state(),
    ...(stop !== undefined && { stop }),
  };
  const tensors: Record<string, HostArray> = {};
  for (const [key, feed] of feeds) {
    for (const [name, array] of Object.entries(feed.arrays?.() ?? {})) {
      tensors[`${FEEDS}${key}/${name}`] = array;
    }
  }
  const entries = [...namedVariables(parts.variables)].map(async ([name, variable]) => {
    const known = constants.has(variable) ? earlier?.tensors[name] : undefined;
    return [name, known ?? (await toHostArray(variable))] as const;
  });
  return { tensors: { ...tensors, ...Object.fromEntries(await Promise.all(entries)) }, state };
}

/** A checkpoint without constants. */
export function withoutConstants(parts: TrainingParts, checkpoint: Checkpoint): Checkpoint {
  const { constants } = parts;
  if (constants.size === 0) return checkpoint;
  const variables = namedVariables(parts.variables);
  const entries = Object.entries(checkpoint.tensors).filter(([name]) => {
    const variable = variables.get(name);
    return variable === undefined || !constants.has(variable);
  });
  return { tensors: Object.fromEntries(entries), state: checkpoint.state };
}

/**
 * Puts a run back to a checkpoint. Returns its state.
 *
 * @throws {DataError} if the checkpoint is of another model; nothing is changed then.
 */
export function restoreTraining(parts: TrainingParts, checkpoint: Checkpoint): TrainingState {
  const { tensors } = checkpoint;
  const variables = [...namedVariables(parts.variables)].filter(([name, variable]) => {
    return tensors[name] !== undefined || !parts.constants.has(variable);
  });
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
  for (const [key, feed] of Object.entries(parts.data)) {
    const prefix = `${FEEDS}${key}/`;
    const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
    const arrays = own.map(([name, array]) => [name.slice(prefix.length), array] as const);
    feed.restore(state.data[key], Object.fromEntries(arrays));
  }
  parts.generator.restore(state.generator);
  return state;
}
