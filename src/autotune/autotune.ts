// Measures the forms of the kernels that a program dispatches.

import { UsageError } from "../errors.ts";
import { type Device, device } from "../gpu/device.ts";
import { type Tunable, formsFound, observeTunables } from "../ops/tuning.ts";
import { scope } from "../tensor/scope.ts";
import { type TuningOptions, loadTuning, storeTuning } from "./tuningFile.ts";

/** Options of `autotune`. */
export interface AutotuneOptions extends Partial<TuningOptions> {
  /** Called after each dispatch is measured. */
  readonly onProgress?: (done: number, total: number, measured: MeasuredKernel) => void;
}

/** One dispatch, in all its forms. */
export interface MeasuredKernel {
  /** What it computes: `matmul 1x128x784x256 NN f32`. */
  readonly dispatch: string;
  /** The form by Renga's rules. */
  readonly usual: string;
  /** The form that runs from now on. */
  readonly chosen: string;
  /** Milliseconds of each form, the median of several runs. */
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** What `autotune` found. */
export interface AutotuneReport {
  readonly adapter: string;
  /** What was not known before. */
  readonly measured: readonly MeasuredKernel[];
  /** How many dispatches of `run` were known. */
  readonly known: number;
}

/** Another form must take so much less time than the usual one, or noise would choose. */
const WORTHWHILE = 0.95;

const ROUNDS = 5;

/** A sample lasts about so long, or takes so many dispatches. */
const SAMPLE_MILLISECONDS = 20;
const MOST_DISPATCHES = 100;

/**
 * Measures the products and convolutions that `run` computes in each form that this adapter can run them
 * in, and uses the fastest ones from then on, also in functions that are compiled later. With a workspace
 * nothing is measured twice on an adapter.
 *
 *     await autotune(() => train(x, y), { workspace: new FileWorkspace("tuning") });
 *     const step = compile(train);
 *
 * Results of another form differ by rounding.
 *
 * @param run  runs a step as it is, or compiled for the first time.
 * @throws {UsageError} if it computes no product and no convolution, or replays what was compiled before.
 * @throws {DataError} if the workspace's file is not one that `autotune` wrote.
 */
export async function autotune(
  run: () => unknown,
  options: AutotuneOptions = {},
): Promise<AutotuneReport> {
  const owner = device();
  const { workspace, path, onProgress } = options;
  const file = workspace && { workspace, ...(path !== undefined && { path }) };
  if (file !== undefined) await loadTuning(file);
  const tunables = new Map<string, Tunable>();
  const runOnce = (): void => scope(() => void run());
  observeTunables(runOnce, (tunable) => {
    if (!tunables.has(tunable.key)) tunables.set(tunable.key, tunable);
  });
  if (tunables.size === 0) {
    throw new UsageError("autotune", "run must compute a product or a convolution", {
      got: "none that is planned now",
      remedy: "Give it the function itself: one that was compiled and called plans nothing again.",
    });
  }
  const forms = formsFound(owner.info.adapter);
  const unknown = [...tunables.values()].filter(({ key }) => !forms.has(key));
  const measured: MeasuredKernel[] = [];
  for (const tunable of unknown) {
    const found = await measure(tunable, forms, owner);
    measured.push(found);
    onProgress?.(measured.length, unknown.length, found);
  }
  if (file !== undefined && measured.length > 0) await storeTuning(file);
  return { adapter: owner.info.adapter, measured, known: tunables.size - unknown.length };
}

async function measure(
  { key, usual, forms, again }: Tunable,
  found: Map<string, string>,
  owner: Device,
): Promise<MeasuredKernel> {
  const names = [...new Set([usual, ...forms])];
  const samples = new Map(names.map((name) => [name, [] as number[]]));
  const timed = async (form: string, count: number): Promise<number> => {
    found.set(key, form);
    for (let i = 0; i < count; i++) scope(again);
    return (await untilDone(owner)) / count;
  };
  try {
    const counts = new Map<string, number>();
    for (const name of names) {
      await timed(name, 1); // compiles it
      const once = await timed(name, 1);
      const count = Math.ceil(SAMPLE_MILLISECONDS / Math.max(0.01, once));
      counts.set(name, Math.min(MOST_DISPATCHES, count));
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of names) {
        samples.get(name)?.push(await timed(name, counts.get(name) as number));
      }
    }
  } finally {
    found.delete(key);
  }
  const milliseconds = Object.fromEntries(
    [...samples].map(([name, times]) => [name, medianOf(times)]),
  );
  const chosen = fastest(milliseconds, usual);
  found.set(key, chosen);
  return { dispatch: key, usual, chosen, milliseconds };
}

/** The form that takes least, if it takes less than the usual one by more than noise. */
export function fastest(milliseconds: Readonly<Record<string, number>>, usual: string): string {
  let best = usual;
  let least = (milliseconds[usual] ?? Infinity) * WORTHWHILE;
  for (const [name, time] of Object.entries(milliseconds)) {
    if (name !== usual && time < least) [best, least] = [name, time];
  }
  return best;
}

const medianOf = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[times.length >> 1] as number;

/** Sends what is recorded. @returns the milliseconds until the GPU has done it. */
async function untilDone(owner: Device): Promise<number> {
  const block = owner.allocate(4);
  const started = performance.now();
  try {
    await owner.read(block, 0, 4);
  } finally {
    owner.release(block);
  }
  return performance.now() - started;
}
