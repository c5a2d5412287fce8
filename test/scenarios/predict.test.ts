import { describe, expect, test } from "vitest";
import { type Tensor, memory, ones, setSeed, tensor } from "../../src/index.ts";
import { type Batch, DataLoader, dataset, noiseFeed, withNoise } from "../../src/data/index.ts";
import { Linear } from "../../src/nn/index.ts";
import { Predict, type PredictEvent, type PredictParts } from "../../src/scenarios/index.ts";
import { numbers } from "../support/check.ts";

const ROWS = 11;
const points = numbers(2 * ROWS, 3);
const data = dataset({
  inputs: { dtype: "f32", shape: [ROWS, 2], data: points },
  id: { dtype: "i32", shape: [ROWS], data: Int32Array.from({ length: ROWS }, (_, i) => i) },
});

function linear() {
  setSeed(1);
  const model = new Linear(3);
  model(tensor([[0, 0]]));
  return model;
}

async function watch(predict: Predict, parts: PredictParts): Promise<PredictEvent[]> {
  const events: PredictEvent[] = [];
  for await (const event of predict.run(parts)) events.push(event);
  return events;
}

/** Batches of these sizes, and how far they were asked for. */
function stream(sizes: readonly number[]) {
  const asked = { batches: 0 };
  async function* batches(): AsyncGenerator<Batch> {
    for (const size of sizes) {
      asked.batches++;
      const at = sizes.slice(0, asked.batches - 1).reduce((a, b) => a + b, 0);
      const rows = points.slice(2 * at, 2 * (at + size));
      yield { inputs: { dtype: "f32", shape: [size, 2], data: rows } };
    }
  }
  return { asked, batches: batches() };
}

describe("Predict", () => {
  test("gives what the model gives, in order, with a last batch that is smaller", async () => {
    const model = linear();
    const wanted = await model(tensor(points, { shape: [ROWS, 2] })).data();
    const close = (found: ArrayLike<number> | undefined): void => {
      expect(found?.length).toBe(wanted.length);
      for (let i = 0; i < wanted.length; i++)
        expect(found?.[i]).toBeCloseTo(wanted[i] as number, 5);
    };
    const predict = new Predict({ batchSize: 4 });
    const { outputs } = await predict({ model, data });
    expect(outputs).toMatchObject({ dtype: "f32", shape: [ROWS, 3] });
    close(outputs?.data);
    const before = memory().byKind.tensor.bytes;
    for (const settings of [{ batchSize: 4, compiled: false }, { batchSize: 4 }]) {
      const given = await new Predict(settings)({ model, data });
      close(given.outputs?.data);
    }
    expect(memory().byKind.tensor.bytes).toBeLessThanOrEqual(before);
    const uneven = await new Predict()({ model, data: stream([3, 1, 5, 2]).batches });
    close(uneven.outputs?.data);
  });

  test("events have the batches' fields and outputs by name; nothing is kept if so asked", async () => {
    const model = (x: Tensor, id: Tensor) => ({ sum: x.sum(-1), twice: id.mul(2) });
    const parts = { model: model as PredictParts["model"], data, inputs: ["inputs", "id"] };
    const events = await watch(new Predict({ batchSize: 4 }), parts);
    expect(events.map(({ batch }) => batch)).toEqual([0, 1, 2]);
    for (const { fields, outputs } of events) {
      const ids = Array.from(fields.id?.data ?? []);
      expect(Array.from(outputs.twice?.data ?? [])).toEqual(ids.map((id) => 2 * id));
      expect(outputs.sum?.shape).toEqual([ids.length]);
    }
    expect(await new Predict({ collect: false })(parts)).toEqual({});
  });

  test("a feed goes to the end of its epoch, and stands where it stood", async () => {
    const loader = new DataLoader(data, { batchSize: 4 });
    await loader.next();
    const model = linear();
    expect((await new Predict()({ model, data: loader })).outputs?.shape[0]).toBe(ROWS);
    expect(loader.state()).toEqual({ epoch: 0, batch: 1 });
    const noisy = withNoise(new DataLoader(data, { batchSize: 4 }), { size: 2 });
    expect(await watch(new Predict(), { model, data: noisy })).toHaveLength(3);
    const endless = noiseFeed({ size: 2, batchSize: 5 });
    const parts = { model, data: endless, inputs: "noise" };
    expect((await new Predict({ batches: 3 })(parts)).outputs?.shape[0]).toBe(15);
    expect(endless.state()).toEqual({ batch: 0 });
  });

  test("runs ahead of its reader only so far, and stops at a signal", async () => {
    const { asked, batches } = stream(Array<number>(11).fill(1));
    const controller = new AbortController();
    const run = new Predict().run({ model: linear(), data: batches }, controller);
    await run.next();
    expect(asked.batches).toBeLessThan(7);
    controller.abort();
    await expect(run.next()).rejects.toThrow(/abort/);
  });

  test("what is wrong is told", async () => {
    const model = linear();
    expect(() => new Predict({ batches: 0 })).toThrow(/batches must be a positive integer. Got 0/);
    const shuffled = new DataLoader(data, { batchSize: 4, shuffle: true });
    await expect(new Predict()({ model, data: shuffled })).rejects.toThrow(/must not shuffle/);
    const inputs = "pixels";
    await expect(new Predict()({ model, data, inputs })).rejects.toThrow(/the fields pixels/);
    const mean = (x: Tensor): Tensor => x.mean();
    await expect(new Predict()({ model: mean, data })).rejects.toThrow(/row per example.*\[\]/);
    const none = stream([]).batches;
    await expect(new Predict()({ model, data: none })).rejects.toThrow(/there must be a batch/);
    const widening = (x: Tensor): Tensor => ones([x.shape[0] as number, x.shape[0] as number]);
    const uneven = { model: widening, data: stream([2, 1]).batches };
    await expect(new Predict()(uneven)).rejects.toThrow(/one shape and dtype. Got f32 \[n,2\]/);
  });
});
