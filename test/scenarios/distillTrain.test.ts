import { describe, expect, test } from "vitest";
import {
  type Tensor,
  type Variable,
  destroyDevice,
  init,
  setSeed,
  softmax,
  tensor,
} from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { Linear, MLP } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { DistillTrain, type DistillTrainSettings } from "../../src/scenarios/index.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";

/** Points with a class of three each, which the teacher knows nothing of. */
const points = Float32Array.from({ length: 96 }, (_, i) => Math.sin(1.7 * i));
const fields = {
  inputs: { dtype: "f32", shape: [48, 2], data: points },
  labels: { dtype: "i32", shape: [48], data: Int32Array.from({ length: 48 }, (_, i) => i % 3) },
} as const;

function parts() {
  setSeed(6);
  const teacher = new Linear(3, { name: "teacher" });
  teacher(tensor([[0, 0]]));
  return {
    student: new MLP([8, 3], { name: "student" }),
    teacher,
    optimizer: new Adam({ learningRate: 0.02 }),
    data: new DataLoader(dataset(fields), { batchSize: 16, shuffle: true, seed: 1 }),
  };
}

async function watch(settings: DistillTrainSettings, given = parts()) {
  const losses: Record<string, number>[] = [];
  for await (const event of new DistillTrain(settings).run(given)) {
    if (event.type === "step") losses.push({ ...event.losses });
  }
  return losses;
}

const bits = (variables: readonly Variable[]) =>
  Promise.all(variables.map(async (v) => [...((await v.data()) as Float32Array)]));

describe("DistillTrain", () => {
  test("the student comes to say what the teacher says, which stays as it was", async () => {
    const given = parts();
    const before = await bits(given.teacher.variables);
    const workspace = new MemoryWorkspace();
    const { labels: _, ...inputs } = fields;
    const data = new DataLoader(dataset(inputs), { batchSize: 16 });
    const losses = await watch(
      { steps: 60, alpha: 1, logEvery: 20, workspace },
      { ...given, data },
    );
    expect(Object.keys(losses[0] as object)).toEqual(["distillation"]);
    expect(losses[2]?.distillation).toBeLessThan((losses[0]?.distillation as number) / 4);
    expect(await bits(given.teacher.variables)).toEqual(before);
    const x = tensor(points, { shape: [48, 2] });
    const [said, wanted] = [given.student, given.teacher].map((net) => softmax(net(x)));
    expect(
      await (said as Tensor)
        .sub(wanted as Tensor)
        .abs()
        .max()
        .item(),
    ).toBeLessThan(0.15);
    const [path] = await workspace.list("checkpoints/");
    const text = new TextDecoder().decode(
      (await workspace.read(path as string))?.subarray(0, 2000),
    );
    expect(text).toContain("student/linear_0/w");
    expect(text).not.toContain("teacher");
  });

  test("a lost GPU takes neither of them along", async () => {
    const curve = async (lose: boolean) => {
      const seen = new Map<number, number>();
      const train = new DistillTrain({ steps: 8, logEvery: 1, snapshotSeconds: Infinity });
      for await (const event of train.run(parts())) {
        if (event.type === "step") seen.set(event.step, event.loss);
        if (event.type !== "step" || event.step !== 4 || !lose) continue;
        lose = false;
        destroyDevice();
      }
      return [...seen];
    };
    const whole = await curve(false);
    expect(await curve(true)).toEqual(whole);
    await init();
  });

  test("losses by name: the first weighs the others", async () => {
    const settings = { steps: 3, logEvery: 1, temperature: 2, alpha: 0.3 };
    for (const { distillation, soft, hard } of await watch(settings)) {
      expect(distillation).toBeCloseTo(0.3 * (soft as number) + 0.7 * (hard as number), 5);
    }
  });

  test("wrong settings, parts and data", async () => {
    const untold = { ...parts(), teacher: new Linear(3) };
    await expect(watch({ steps: 1 }, untold)).rejects.toThrow(/linear: .* no variables yet/);
    expect(() => new DistillTrain({ steps: 1, alpha: 1.1 })).toThrow(/alpha must be in \[0, 1\]/);
    const { labels: _, ...inputs } = fields;
    const data = new DataLoader(dataset(inputs), { batchSize: 16 });
    await expect(watch({ steps: 1 }, { ...parts(), data })).rejects.toThrow(
      /DistillTrain: batches must have the fields labels. Got inputs/,
    );
  });
});
