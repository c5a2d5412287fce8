// Tasks without end: sine waves of which a few points are given.

import { HostRandom } from "../../src/index.ts";
import type { Batch, Feed, HostArray } from "../../src/data/index.ts";

/** Sizes of a batch of tasks. */
export interface SineTasksOptions {
  readonly tasks: number;
  /** Points to learn a wave from. */
  readonly shots: number;
  /** Points to be measured by. */
  readonly queries: number;
  readonly seed: number;
}

/** Points of each wave, `[tasks, count, 1]`. */
function points(random: HostRandom, waves: readonly Wave[], count: number): [HostArray, HostArray] {
  const shape = [waves.length, count, 1];
  const x = Float32Array.from({ length: waves.length * count }, () => random.uniform(-5, 5));
  const y = x.map((at, i) => (waves[Math.floor(i / count)] as Wave)(at));
  return [
    { dtype: "f32", shape, data: x },
    { dtype: "f32", shape, data: y },
  ];
}

type Wave = (x: number) => number;

function wave(random: HostRandom): Wave {
  const [amplitude, phase] = [random.uniform(0.1, 5), random.uniform(0, Math.PI)];
  return (x) => amplitude * Math.sin(x - phase);
}

/**
 * Batches of waves a · sin(x − p) with a in [0.1, 5] and p in [0, π], as `MAMLTrain` takes them. Batch i
 * depends on the seed and i alone.
 *
 * @see Finn et al. 2017, Model-Agnostic Meta-Learning, §5.1.
 */
export function sineTasks({ tasks, shots, queries, seed }: SineTasksOptions): Feed {
  let next = 0;
  const at = async (i: number): Promise<Batch> => {
    const random = new HostRandom(seed, i);
    const waves = Array.from({ length: tasks }, () => wave(random));
    const [supportInputs, supportLabels] = points(random, waves, shots);
    const [queryInputs, queryLabels] = points(random, waves, queries);
    return { supportInputs, supportLabels, queryInputs, queryLabels };
  };
  return {
    peek: () => at(next),
    next: () => at(next++),
    state: () => ({ batch: next }),
    restore: (state) => void ({ batch: next } = state as { batch: number }),
  };
}

/** The same points, of all waves together: batches of inputs and labels. */
export function joined(tasks: Feed): Feed {
  const join = (batch: Batch | undefined): Batch | undefined => {
    if (batch === undefined) return undefined;
    const { supportInputs, queryInputs, supportLabels, queryLabels } = batch;
    return {
      inputs: stacked([supportInputs, queryInputs]),
      labels: stacked([supportLabels, queryLabels]),
    };
  };
  return {
    ...tasks,
    peek: async () => join(await tasks.peek()),
    next: async () => join(await tasks.next()),
  };
}

function stacked(arrays: readonly (HostArray | undefined)[]): HostArray {
  const data = Float32Array.from(arrays.flatMap((array) => [...(array?.data ?? [])]));
  return { dtype: "f32", shape: [data.length, 1], data };
}
