// Every scenario: the same numbers on each host, recorded or not, and the same bits after a stop.

import { afterAll, describe, expect, inject, test } from "vitest";
import { Variable } from "../../src/index.ts";
import * as scenarios from "../../src/scenarios/index.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";
import { AGENTS, MANY_RUNS } from "./agentRows.ts";
import { EXPECTED } from "./expectedNumbers.ts";
import { INFERENCES } from "./inferenceRows.ts";
import type { Curves, Told, Training } from "./rows.ts";
import { TRAININGS } from "./trainingRows.ts";

const ROWS = Object.entries({ ...TRAININGS, ...AGENTS, ...MANY_RUNS });
const STEPS = 6;
/** Steps after which a run is stopped, in the midst of an epoch. */
const STOP = 3;

type Losses = Readonly<Record<string, number>>;

/** What came of a run. */
interface Outcome {
  readonly losses: readonly Losses[];
  readonly result: unknown;
  /** Of everything that has variables. */
  readonly bits: readonly string[];
}

/** @param saves  after so many a signal ends it. */
async function watch({ begin, parts }: Training, saves = Infinity): Promise<Outcome> {
  const controller = new AbortController();
  const events = begin({ signal: controller.signal });
  const losses: Losses[] = [];
  let saved = 0;
  for (;;) {
    const next = await events.next();
    if (next.done === true) return { losses, result: next.value, bits: await bitsOf(parts) };
    const told: Told = next.value.event ?? next.value;
    if (told.type === "step") losses.push(told.losses ?? {});
    if (told.type === "save" && ++saved === saves) controller.abort();
  }
}

function bitsOf(parts: object): Promise<string[]> {
  const all = Object.values(parts).flatMap((part: { readonly variables?: unknown } | null) => {
    return Array.isArray(part?.variables) ? (part.variables as unknown[]) : [];
  });
  const variables = all.filter((one) => one instanceof Variable);
  return Promise.all(
    variables.map(async (one) => new Uint8Array((await one.data()).buffer).join()),
  );
}

/** The whole run of each row, which all checks share. */
const wholes = new Map<string, Promise<Outcome>>();
function wholeOf(name: string): Promise<Outcome> {
  const [, make] = ROWS.find(([one]) => one === name) as (typeof ROWS)[number];
  const whole = wholes.get(name) ?? watch(make({ steps: STEPS, logEvery: 1 }));
  wholes.set(name, whole);
  return whole;
}

function curvesOf(losses: readonly Losses[]): Curves {
  const names = Object.keys(losses[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, losses.map((one) => one[name] ?? NaN)]));
}

/** Drivers round differently, and training carries that on; what is recorded is joined to other kernels. */
const TOLERANCE = { ofHosts: 1e-4, ofRecording: 1e-5 };

/** Shows all numbers if one is off by more than a share of itself, or of 0.1 where it is small. */
function expectNear(found: Curves, wanted: Curves, tolerance: number): void {
  const flat = (curves: Curves): number[] => Object.values(curves).flat();
  const near = flat(wanted);
  const isNear = flat(found).every((x, i) => {
    return Math.abs(x - (near[i] ?? NaN)) <= tolerance * Math.max(0.1, Math.abs(x));
  });
  if (!isNear) expect(rounded(found)).toEqual(rounded(wanted));
  expect(lengths(found)).toEqual(lengths(wanted));
}

const mapCurves = <To>(curves: Curves, to: (all: readonly number[]) => To): [string, To][] =>
  Object.entries(curves).map(([name, all]) => [name, to(all)]);

const lengths = (curves: Curves): [string, number][] => mapCurves(curves, ({ length }) => length);

const rounded = (curves: Curves): Curves =>
  Object.fromEntries(mapCurves(curves, (all) => all.map((x) => Number(x.toPrecision(6)))));

/** What this host found. */
const found: Record<string, Curves> = {};
afterAll(() => {
  if (inject("printsNumbers")) console.log(JSON.stringify(found));
});

function expectFound(name: string, curves: Curves): void {
  found[name] = rounded(curves);
  if (!inject("printsNumbers")) expectNear(curves, EXPECTED[name] ?? {}, TOLERANCE.ofHosts);
}

describe.each(ROWS)("%s", (name, make) => {
  test("has the losses of every host", async () => {
    expectFound(name, curvesOf((await wholeOf(name)).losses));
  });

  test("recorded once and sent again, or not", async () => {
    const eager = await watch(make({ steps: STEPS, logEvery: 1, compiled: false }));
    const wanted = curvesOf((await wholeOf(name)).losses);
    expectNear(curvesOf(eager.losses), wanted, TOLERANCE.ofRecording);
  });

  test("stopped and resumed, the same bits", async () => {
    const whole = await wholeOf(name);
    const workspace = new MemoryWorkspace();
    const settings = { steps: STEPS, logEvery: 1, saveEvery: STOP, workspace };
    const isRuns = name in MANY_RUNS;
    // Of runs, a save in the middle and one at the end come before the second one's.
    const before = await watch(make(settings), isRuns ? 3 : 1);
    const after = await watch(make({ ...settings, resume: true }));
    expect([...before.losses, ...after.losses]).toEqual(whole.losses);
    expect(after.losses).toHaveLength(STEPS - STOP);
    expect(after.result).toEqual(whole.result);
    expect(after.bits).toEqual(whole.bits);
    expect(after.bits.length > 0).toBe(!isRuns);
  });
});

describe.each(Object.entries(INFERENCES))("%s", (name, numbersOf) => {
  test("has the numbers of every host, recorded or not", async () => {
    const recorded = await numbersOf({ compiled: true });
    expectFound(name, recorded);
    expectNear(await numbersOf({ compiled: false }), recorded, TOLERANCE.ofRecording);
  });
});

test("every scenario has a row, and every row its numbers", () => {
  const exported = Object.entries(scenarios).filter(([, value]) => {
    return typeof value === "function" && "run" in ((value.prototype ?? {}) as object);
  });
  const rows = [...ROWS.map(([name]) => name), ...Object.keys(INFERENCES)];
  const classes = new Set(rows.map((name) => name.replace(/,.*/, "")));
  expect([...classes].sort()).toEqual(exported.map(([name]) => name).sort());
  if (!inject("printsNumbers")) expect(Object.keys(EXPECTED).sort()).toEqual(rows.sort());
});
