import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../src/index.ts";
import { DataLoader, dataset, sliceExamples } from "../../src/data/index.ts";
import { EvaluateCalibration, fitTemperature } from "../../src/scenarios/index.ts";

/** Confident logits of sixty examples, and labels that a third of them have by chance. */
const logits = Float32Array.from(
  { length: 180 },
  (_, i) => 6 * Math.sin(1.3 * i + 0.2 * Math.sin(i)),
);
const labels = Int32Array.from({ length: 60 }, (_, n) => {
  const row = [...logits.subarray(3 * n, 3 * n + 3)];
  return n % 3 === 0 ? (n / 3) % 3 : row.indexOf(Math.max(...row));
});
const examples = dataset({
  inputs: { dtype: "f32", shape: [60, 3], data: logits },
  labels: { dtype: "i32", shape: [60], data: labels },
});
const [heldOut, data] = [sliceExamples(examples, 0, 30), sliceExamples(examples, 30)];
const model = (inputs: Tensor): Tensor => inputs.mul(1);

// Of minimize_scalar on the mean log_softmax, SciPy 1.16, and by the definition in NumPy 2.
const TEMPERATURE = 3.923842;
const PLAIN = {
  accuracy: 23 / 30,
  logLoss: 1.36517,
  expectedCalibrationError: 0.242309,
  maximumCalibrationError: 0.330772,
};
const SCALED = {
  accuracy: 23 / 30,
  logLoss: 0.747021,
  expectedCalibrationError: 0.10182,
  maximumCalibrationError: 0.187447,
};

function expectNear(got: object, want: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(want)) {
    expect((got as Record<string, number>)[name], name).toBeCloseTo(value, 4);
  }
}

describe("EvaluateCalibration", () => {
  test("as the logits are, and at the temperature of held-out examples", async () => {
    const evaluate = new EvaluateCalibration({ bins: 5, batchSize: 8 });
    const run = evaluate.run({ model, data: new DataLoader(data, { batchSize: 7 }), heldOut });
    const events: string[] = [];
    let step = await run.next();
    for (; step.done !== true; step = await run.next()) {
      events.push(`${step.value.of} ${step.value.batch}`);
    }
    expect(events).toEqual([
      ...[0, 1, 2, 3].map((batch) => `heldOut ${batch}`),
      ...[0, 1, 2, 3, 4].map((batch) => `data ${batch}`),
    ]);
    const { temperature, scaled, bins, ...plain } = step.value;
    expect(temperature).toBeCloseTo(TEMPERATURE, 3);
    expectNear(plain, PLAIN);
    expectNear(scaled ?? {}, SCALED);
    expect(bins.map(({ count }) => count)).toEqual([0, 0, 0, 4, 26]);
    expect(scaled?.bins.map(({ count }) => count)).toEqual([0, 0, 11, 15, 4]);
  });

  test("without held-out examples there is no temperature", async () => {
    const result = await new EvaluateCalibration({ bins: 5, compiled: false })({ model, data });
    expectNear(result, PLAIN);
    expect(result).toMatchObject({ temperature: undefined, scaled: undefined });
  });

  test("wrong settings and data", async () => {
    expect(() => new EvaluateCalibration({ batchSize: 0 })).toThrow(/batchSize must be a positive/);
    const nothing = { model, data, heldOut: new DataLoader(heldOut, { batchSize: 4, epochs: 0 }) };
    await expect(new EvaluateCalibration()(nothing)).rejects.toThrow(/must be held-out examples/);
    const images = dataset({ images: { dtype: "f32", shape: [60, 3], data: logits } });
    await expect(new EvaluateCalibration()({ model, data: images })).rejects.toThrow(
      /EvaluateCalibration: batches must have the fields inputs and labels. Got images/,
    );
  });
});

describe("fitTemperature", () => {
  test("goes to its bounds where a model is always right, or always wrong", async () => {
    const z = tensor([[2, 0], [0, 3]]); // prettier-ignore
    const right = await fitTemperature(z, tensor([0, 1], { dtype: "i32" }));
    const wrong = await fitTemperature(z, tensor([1, 0], { dtype: "i32" }));
    expect(Math.log(right)).toBeLessThan(-1.5); // as far as f32 tells probabilities from 1
    expect(Math.log(wrong)).toBeCloseTo(5, 3);
  });
});
