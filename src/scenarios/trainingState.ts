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
import type { StopState } from "./earlyStop.ts";

/** Everything a checkpoint is made of. */
export interface TrainingParts {
  /** Named groups, such as model and optimizer. */
  readonly variables: Readonly<Record<string, readonly Variable[]>>;
  readonly data: Readonly<Record<string, Feed>>;
  readonly generator: Generator;
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

/** Each variable under `group/name`; equal names are told apart by their order. */
function named(parts: TrainingParts): Map<string, Variable> {
  const all = new Map<string, Variable>();
  const seen = new Set<Variable>();
  for (const [group, variables] of Object.entries(parts.variables)) {
    for (const variable of variables) {
      if (seen.has(variable)) continue;
      seen.add(variable);
      const name = `${group}/${variable.name}`;
      let free = name;
      for (let i = 2; all.has(free); i++) free = `${name}#${i}`;
      all.set(free, variable);
    }
  }
  return all;
}

/** A checkpoint of the run after `step` steps. */
export async function captureTraining(
  parts: TrainingParts,
  step: number,
  stop?: StopState,
): Promise<Checkpoint> {
  const { data, generator } = parts;
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
  const entries = [...named(parts)].map(async ([name, variable]) => {
    return [name, await toHostArray(variable)] as const;
  });
  return { tensors: { ...tensors, ...Object.fromEntries(await Promise.all(entries)) }, state };
}

/**
 * Puts a run back to a checkpoint. Returns its state.
 *
 * @throws {DataError} if the checkpoint is of another model; nothing is changed then.
 */
export function restoreTraining(parts: TrainingParts, checkpoint: Checkpoint): TrainingState {
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
  for (const [key, feed] of Object.entries(parts.data)) {
    const prefix = `${FEEDS}${key}/`;
    const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
    const arrays = own.map(([name, array]) => [name.slice(prefix.length), array] as const);
    feed.restore(state.data[key], Object.fromEntries(arrays));
  }
  parts.generator.restore(state.generator);
  return state;
}
