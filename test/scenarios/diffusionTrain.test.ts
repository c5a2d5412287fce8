import { describe, expect, test } from "vitest";
import { type Tensor, concat, setSeed } from "../../src/index.ts";
import { DataLoader, dataset } from "../../src/data/index.ts";
import { MLP, Module, SinusoidalEmbed, build } from "../../src/nn/index.ts";
import { Adam, ParameterAverage } from "../../src/optimizers/index.ts";
import {
  DiffusionTrain,
  type DiffusionTrainParts,
  linearNoise,
} from "../../src/scenarios/index.ts";

/** Points close about (1, −1) and (−1, 1), and which. */
const pair = dataset({
  inputs: {
    dtype: "f32",
    shape: [32, 2],
    data: Float32Array.from({ length: 64 }, (_, i) => {
      return (Math.floor(i / 2) % 2 === i % 2 ? 1 : -1) + 0.05 * Math.sin(7 * i);
    }),
  },
  condition: {
    dtype: "f32",
    shape: [32, 1],
    data: Float32Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? 1 : -1)),
  },
});

class Net extends Module<(x: Tensor, t: Tensor, condition?: Tensor) => Tensor> {
  readonly time: SinusoidalEmbed = new SinusoidalEmbed(4, { base: 50 });
  readonly mlp: MLP;
  constructor(sizes: readonly number[]) {
    super("net");
    this.mlp = new MLP(sizes);
  }
  forward(x: Tensor, t: Tensor, condition?: Tensor): Tensor {
    const given = condition === undefined ? [] : [condition];
    return this.mlp(concat([x, this.time(t), ...given], 1));
  }
}

function parts(fields: Partial<typeof pair.fields> = pair.fields): DiffusionTrainParts {
  setSeed(5);
  const data = dataset(fields as typeof pair.fields);
  return {
    model: new Net([16, 2]),
    noise: linearNoise({ steps: 25 }),
    optimizer: new Adam({ learningRate: 0.03 }),
    data: new DataLoader(data, { batchSize: 16, shuffle: true, seed: 1 }),
  };
}

async function watch(train: DiffusionTrain, given: DiffusionTrainParts): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of train.run(given)) if (event.type === "step") seen.push(event.loss);
  return seen;
}

describe("DiffusionTrain", () => {
  test("learns to tell the noise, better if it is told where the points are", async () => {
    const { inputs } = pair.fields;
    const alone = await watch(
      new DiffusionTrain({ steps: 60, logEvery: 30 }),
      parts({ inputs } as never),
    );
    const told = await watch(new DiffusionTrain({ steps: 60, logEvery: 30 }), parts());
    // Who tells 0 is wrong by 1.
    expect(alone[1]).toBeLessThan(0.75);
    expect(told[1]).toBeLessThan(alone[1] as number);
  });

  test("an average is updated after each step", async () => {
    const given = parts();
    build(given.model, [1, 2], { shape: [1], dtype: "i32" }, [1, 1]);
    const average = new ParameterAverage(given.model.trainableVariables, { decay: 0.9 });
    await new DiffusionTrain({ steps: 4 })({ ...given, average });
    expect(await average.step.item()).toBe(4);
  });

  test("wrong data and wrong models are told", async () => {
    const { condition } = pair.fields;
    await expect(new DiffusionTrain({ steps: 1 })(parts({ condition } as never))).rejects.toThrow(
      /DiffusionTrain: batches must have the fields inputs. Got condition/,
    );
    const model = new Net([4, 1]);
    await expect(new DiffusionTrain({ steps: 1 })({ ...parts(), model })).rejects.toThrow(
      /must tell the noise of every element. Got \[16, 1\] for \[16, 2\]/,
    );
  });
});
