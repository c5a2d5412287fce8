// Bootstrap replicates of a variant's metric over examples and seeds.

import { HostRandom } from "../tensor/philox.ts";
import { scoreOf } from "./metricScore.ts";
import type { ReportSettings } from "./reportOptions.ts";
import { type RowScore, leaveOut, replicatesOf } from "./resample.ts";
import type { Variant } from "./variant.ts";

/** A number and what resampling makes of it. Those of one report share their draws of examples. */
export interface Sample {
  readonly value: number;
  /** Absent where nothing varies. */
  readonly replicates?: Float64Array;
  /** By what was drawn: examples, and each set of seeds. */
  readonly jackknives: ReadonlyMap<string, Float64Array>;
}

const meanOver = (runs: readonly number[], of: (run: number) => number): number =>
  runs.reduce((sum, run) => sum + of(run), 0) / runs.length;

/** The mean over seeds, whose seeds are drawn with replacement for each replicate. */
function overSeeds(
  perRun: readonly Float64Array[],
  resamples: number,
  random: HostRandom | undefined,
): Float64Array {
  const all = perRun.map((_, k) => k);
  return Float64Array.from({ length: resamples }, (_, b) => {
    const runs = random ? all.map(() => random.integer(all.length)) : all;
    return meanOver(runs, (k) => perRun[k]?.[b] as number);
  });
}

/** What is resampled for a metric of a variant, on some of the examples. */
export function drawSample(
  variant: Variant,
  metric: string,
  rows: Uint32Array,
  settings: ReportSettings,
): Sample {
  const { over, resamples, seed } = settings;
  const scores = variant.runs.map((run) => scoreOf(run, metric, settings));
  const values = scores.map((score) => score(rows));
  const all = values.map((_, k) => k);
  const value = meanOver(all, (k) => values[k] as number);
  const isPlain = Object.hasOwn(variant.runs[0].metrics, metric);
  const drawsExamples = over !== "seeds" && rows.length > 0 && !isPlain;
  const drawsSeeds = over !== "examples" && values.length > 1;
  if (!drawsExamples && !drawsSeeds) return { value, jackknives: new Map() };
  const perRun = drawsExamples
    ? replicatesOf(scores, rows, settings)
    : values.map((constant) => new Float64Array(resamples).fill(constant));
  const random = drawsSeeds ? new HostRandom(seed, 1 + variant.draws) : undefined;
  const score: RowScore = (some) => meanOver(all, (k) => (scores[k] as RowScore)(some));
  const withoutSeed = (left: number): number =>
    meanOver(
      all.filter((k) => k !== left),
      (k) => values[k] as number,
    );
  const jackknives = new Map<string, Float64Array>();
  if (drawsExamples) jackknives.set("examples", leaveOut(score, rows));
  if (drawsSeeds) jackknives.set(`seeds ${variant.draws}`, Float64Array.from(all, withoutSeed));
  return { value, replicates: overSeeds(perRun, resamples, random), jackknives };
}

/** a − b, replicate by replicate, on the same draws of examples: a paired bootstrap. */
export function differenceOf(a: Sample, b: Sample): Sample {
  const value = a.value - b.value;
  const like = a.replicates ?? b.replicates;
  if (!like) return { value, jackknives: new Map() };
  const minus = (x: Float64Array | undefined, y: Float64Array | undefined): Float64Array =>
    (x ?? y ?? like).map((_, i) => (x?.[i] ?? 0) - (y?.[i] ?? 0));
  const constant = (sample: Sample): Float64Array => like.map(() => sample.value);
  const drawn = new Set([...a.jackknives.keys(), ...b.jackknives.keys()]);
  return {
    value,
    replicates: minus(a.replicates ?? constant(a), b.replicates ?? constant(b)),
    // Where only one side was drawn, the other adds a constant, which no influence feels.
    jackknives: new Map(
      Array.from(drawn, (what) => [what, minus(a.jackknives.get(what), b.jackknives.get(what))]),
    ),
  };
}

/**
 * Two-sided p of a bootstrap: twice the smaller share of replicates at or beyond zero, counting one
 * more, which keeps it above zero. Davison and Hinkley 1997, §4.2.
 */
export function bootstrapP(replicates: Float64Array): number {
  const n = replicates.length;
  const low = replicates.reduce((sum, x) => sum + (x <= 0 ? 1 : 0), 0);
  const high = replicates.reduce((sum, x) => sum + (x >= 0 ? 1 : 0), 0);
  return Math.min(1, (2 * (Math.min(low, high) + 1)) / (n + 1));
}
