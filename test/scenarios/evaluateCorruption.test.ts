import { describe, expect, test } from "vitest";
import { type Generator, type Tensor, stack } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { Accuracy, MeanSquaredError } from "../../src/metrics/index.ts";
import {
  EvaluateCorruption,
  type EvaluateCorruptionParts,
  type EvaluateCorruptionSettings,
} from "../../src/scenarios/index.ts";

/** Images of 8 × 8 pixels: dark ones are of class 0, bright ones of class 1. */
const greys = Float32Array.from({ length: 20 }, (_, i) => 0.1 + 0.04 * i + (i % 2 ? 0.09 : -0.09));
const bright = Int32Array.from(greys, (grey) => Number(grey > 0.5));
const images = dataset({
  inputs: {
    dtype: "f32",
    shape: [20, 8, 8, 1],
    data: Float32Array.from({ length: 1280 }, (_, i) => greys[Math.floor(i / 64)] as number),
  },
  labels: { dtype: "i32", shape: [20], data: bright },
});

/** Whether an image is brighter than one half. */
function model(inputs: Tensor): Tensor {
  const mean = inputs.mean([1, 2, 3]);
  return stack([mean.mul(0).add(0.5), mean], 1);
}

const parts = (): EvaluateCorruptionParts => ({ model, data: images, metrics: [new Accuracy()] });

const evaluate = (
  settings: EvaluateCorruptionSettings,
  more: Partial<EvaluateCorruptionParts> = {},
) => new EvaluateCorruption(settings)({ ...parts(), ...more });

describe("EvaluateCorruption", () => {
  test("a table by corruption and severity, and what it comes to", async () => {
    const brighter = (x: Tensor, severity: number): Tensor => x.add(0.1 * severity);
    const same = (x: Tensor): Tensor => x;
    const run = new EvaluateCorruption({ severities: [1, 3], batchSize: 8 }).run({
      ...parts(),
      corruptions: { brighter, same },
    });
    const seen: string[] = [];
    let step = await run.next();
    for (; step.done !== true; step = await run.next()) {
      const { corruption, severity, row, rows } = step.value;
      seen.push(`${corruption} ${severity}: ${row} of ${rows}`);
    }
    expect(seen).toEqual([
      "brighter 1: 1 of 4",
      "brighter 3: 2 of 4",
      "same 1: 3 of 4",
      "same 3: 4 of 4",
    ]);
    const { clean, cleanError, rows, errors, meanError, relativeError } = step.value;
    expect(clean).toEqual({ accuracy: 1 });
    expect(cleanError).toBe(0);
    /** Dark ones that come out bright. */
    const wrong = (more: number): number =>
      greys.filter((grey) => grey <= 0.5 && grey + more > 0.5).length / 20;
    const [first, second] = [wrong(0.1), wrong(0.3)];
    expect(first).toBeGreaterThan(0);
    expect(rows.map(({ error }) => Number(error.toFixed(6)))).toEqual([first, second, 0, 0]);
    expect(errors.brighter).toBeCloseTo((first + second) / 2, 6);
    expect(meanError).toBeCloseTo((first + second) / 4, 6);
    expect(relativeError).toBe(meanError);
  });

  test("seeds decide, whatever else is measured; compiled or not", async () => {
    const noise = (x: Tensor, severity: number, generator: Generator): Tensor =>
      x.add(generator.normal([x.shape[0] as number, 1, 1, 1]).mul(0.1 * severity));
    const errorsAt = async (settings: EvaluateCorruptionSettings, names: readonly string[]) => {
      const corruptions = Object.fromEntries(names.map((name) => [name, noise]));
      const severities = [1, 2, 3];
      return (await evaluate({ severities, ...settings }, { corruptions })).rows.map(
        (r) => r.error,
      );
    };
    const once = await errorsAt({}, ["a"]);
    expect(await errorsAt({ compiled: false }, ["b", "a"])).toEqual([...once, ...once]);
    expect(await errorsAt({ seed: 1 }, ["a"])).not.toEqual(once);
    expect(once[2]).toBeGreaterThan(once[0] as number);
  });

  test("by default six corruptions at five severities, of another error if asked", async () => {
    const error = (metrics: Readonly<Record<string, number>>): number =>
      metrics.meanSquaredError as number;
    const data = dataset({
      inputs: images.fields.inputs as never,
      labels: images.fields.inputs as never,
    });
    const metrics = [new MeanSquaredError()];
    const result = await evaluate({}, { model: (x) => x.mul(1), data, metrics, error });
    expect(Object.keys(result.errors)).toEqual([
      ..."gaussianNoise blur contrast brightness shift occlusion".split(" "),
    ]);
    expect(result.rows).toHaveLength(30);
    expect(result.cleanError).toBe(0);
    const { blur, contrast, ...others } = result.errors; // which do nothing to even greys
    for (const [name, value] of Object.entries(others)) expect(value, name).toBeGreaterThan(1e-3);
    expect((blur as number) + (contrast as number)).toBeLessThan(1e-6);
    const noise = result.rows.slice(0, 5).map((row) => row.error);
    expect(noise.toSorted((a, b) => a - b)).toEqual(noise);
  });

  test("wrong settings and parts", async () => {
    const metrics = [new MeanSquaredError()];
    const none = { metrics, model: (x: Tensor) => x.mean([1, 2, 3]), data: scalars };
    await expect(evaluate({}, none)).rejects.toThrow(/there must be an error to compare/);
    await expect(evaluate({ severities: [0] })).rejects.toThrow(/from 1 to 5. Got 0/);
    const data = new DataLoader(images, { batchSize: 4, shuffle: true });
    await expect(evaluate({}, { data })).rejects.toThrow(/must not shuffle/);
    expect(() => new EvaluateCorruption({ batches: -1 })).toThrow(/batches must be a positive/);
  });
});

const scalars = dataset({
  inputs: images.fields.inputs as never,
  labels: { dtype: "f32", shape: [20], data: greys },
});
