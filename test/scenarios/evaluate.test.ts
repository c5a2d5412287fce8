import { describe, expect, test } from "vitest";
import { type Tensor, argMax, equal } from "../../src/index.ts";
import {
  type Batch,
  DataLoader,
  StreamLoader,
  dataset,
  exampleAt,
  sliceExamples,
} from "../../src/data/index.ts";
import { EvaluationReport } from "../../src/evaluation/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Accuracy, LogLoss, PerExample } from "../../src/metrics/index.ts";
import { Evaluate, type EvaluateEvent, type EvaluateParts } from "../../src/scenarios/index.ts";
import { codes, floats } from "./rows.ts";

const ROWS = 22;
const data = dataset({ inputs: floats([ROWS, 3]), labels: codes([ROWS], 3) });
const model = (x: Tensor): Tensor => x.mul(2);
const parts = () => ({ model, metrics: [new Accuracy(), new LogLoss()] });

/** Batches of different sizes. */
async function* uneven(): AsyncGenerator<Batch> {
  for (const [from, to] of [
    [0, 3],
    [3, 15],
    [15, ROWS],
  ] as const) {
    // prettier-ignore
    yield sliceExamples(data, from, to).fields;
  }
}

const streamed = (size = ROWS): StreamLoader => {
  const examples = Array.from({ length: size }, (_, i) => exampleAt(data, i));
  return new StreamLoader(() => examples, { batchSize: 8 });
};

async function watch(evaluate: Evaluate, given: EvaluateParts) {
  const events: EvaluateEvent[] = [];
  for await (const event of evaluate.run(given)) events.push(event);
  return events.map(({ batch, batches }) => [batch, batches]);
}

describe("Evaluate", () => {
  test("the same numbers from a data set, a loader and streams, which stand where they stood", async () => {
    const loader = new DataLoader(data, { batchSize: 5 });
    const stream = streamed();
    for (const feed of [loader, stream]) await feed.next();
    stream.restore({ epoch: 0, batch: 0 });
    const wanted = await new Evaluate()({ ...parts(), data });
    for (const given of [loader, stream, uneven(), stream]) {
      const found = await new Evaluate({ batchSize: 7 })({ ...parts(), data: given });
      expect(found.accuracy).toBe(wanted.accuracy);
      expect(found.logLoss).toBeCloseTo(wanted.logLoss as number, 5);
    }
    expect(loader.state()).toEqual({ epoch: 0, batch: 1 });
    expect(stream.state()).toEqual({ epoch: 0, batch: 0 });
    stream.close();
  });

  test("tells how many batches there are where that is known", async () => {
    const evaluate = new Evaluate({ batchSize: 8, batches: 2 });
    expect(await watch(evaluate, { ...parts(), data })).toEqual([[0, 2], [1, 2]]); // prettier-ignore
    const none = undefined;
    const few = await watch(evaluate, { ...parts(), data: uneven() });
    expect(few).toEqual([[0, none], [1, none]]); // prettier-ignore
    const loader = new DataLoader(data, { batchSize: 20 });
    expect(await watch(new Evaluate(), { ...parts(), data: loader })).toEqual([[0, 2], [1, 2]]); // prettier-ignore
  });

  test("numbers per example, by which a report compares two models", async () => {
    const report = new EvaluationReport({ lowerIsBetter: ["loss"] });
    const others = { sure: model, unsure: (x: Tensor): Tensor => x.neg() };
    for (const [name, one] of Object.entries(others)) {
      const correct = new PerExample("correct", (logits, labels) => equal(argMax(logits), labels));
      const loss = new PerExample("loss", (logits, labels) =>
        crossEntropy(logits, labels, { reduction: "none" }),
      );
      const metrics = [new Accuracy(), new LogLoss(), correct, loss];
      const found = await new Evaluate()({ model: one, data: uneven(), metrics });
      expect(found.correct).toBeCloseTo(found.accuracy as number, 6);
      expect(found.loss).toBeCloseTo(found.logLoss as number, 5);
      const examples = {
        correct: (await correct.details()).values,
        loss: (await loss.details()).values,
      };
      report.add({ model: name, examples });
      const { metrics: told } = report.table().at(-1) ?? {};
      expect(told?.loss?.value).toBeCloseTo(found.loss as number, 6);
    }
    const { examples, tests, difference } = report.compare("sure", "unsure");
    expect(examples).toBe(ROWS);
    expect(Object.keys(tests).sort()).toEqual(["bootstrap", "mcNemar", "t", "wilcoxon"]);
    expect(Number.isFinite(difference.value)).toBe(true);
  });

  test("what is wrong is told", async () => {
    const shuffled = new DataLoader(data, { batchSize: 4, shuffle: true });
    await expect(new Evaluate()({ ...parts(), data: shuffled })).rejects.toThrow(
      /Evaluate: the loader must not shuffle/,
    );
    await expect(new Evaluate()({ ...parts(), data, labels: "classes" })).rejects.toThrow(
      /Evaluate: batches must have the fields inputs and classes. Got inputs, labels/,
    );
    expect(() => new Evaluate({ batches: 0 })).toThrow(/Evaluate: batches must be a positive/);
  });
});
