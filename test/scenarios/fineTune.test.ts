import { beforeAll, describe, expect, test } from "vitest";
import { type Tensor, type Variable, setSeed, tensor, zeros } from "../../src/index.ts";
import { DataLoader, dataset, toHostArray } from "../../src/data/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { BatchNorm, Linear, MLP, Module, addLoRA } from "../../src/nn/index.ts";
import { Adam, SGD } from "../../src/optimizers/index.ts";
import {
  FineTune,
  type FineTuneParts,
  type ParametersEvent,
  SupervisedTrain,
  type TrainSettings,
} from "../../src/scenarios/index.ts";
import {
  type Checkpoint,
  MemoryWorkspace,
  latestCheckpoint,
  loadCheckpoint,
} from "../../src/workspace/index.ts";

class Net extends Module<(x: Tensor) => Tensor> {
  readonly stem: MLP = new MLP([6, 6], { activateFinal: true, name: "stem" });
  head: Linear | MLP;
  constructor(head: Linear | MLP) {
    super("net");
    this.head = head;
  }
  forward(x: Tensor): Tensor {
    return this.head(this.stem(x));
  }
}

const inputs = Float32Array.from({ length: 64 }, (_, i) => Math.sin(1.3 * i));
function loader(sign: number) {
  const labels = Float32Array.from({ length: 32 }, (_, i) => {
    return (inputs[2 * i] as number) + sign * (inputs[2 * i + 1] as number);
  });
  const fields = {
    inputs: { dtype: "f32", shape: [32, 2], data: inputs },
    labels: { dtype: "f32", shape: [32, 1], data: labels },
  } as const;
  return new DataLoader(dataset(fields), { batchSize: 16 });
}

let checkpoint: Checkpoint;
beforeAll(async () => {
  setSeed(1);
  const workspace = new MemoryWorkspace();
  const model = new Net(new Linear(2, { name: "old" }));
  const loss = (y: Tensor, labels: Tensor): Tensor =>
    meanSquaredError(y, labels.mul(tensor([1, -1])));
  const optimizer = new Adam({ learningRate: 0.02 });
  await new SupervisedTrain({ steps: 60, workspace })({ model, optimizer, loss, data: loader(-2) });
  const [path] = await workspace.list("checkpoints/");
  checkpoint = await loadCheckpoint(workspace, path as string);
}, 60_000);

function parts() {
  setSeed(5);
  const model = new Net(new Linear(1, { name: "head" }));
  const optimizer = new Adam({ learningRate: 0.02 });
  const given = { pretrained: { checkpoint }, fresh: [model.head], data: loader(1) };
  return { model, optimizer, loss: meanSquaredError, ...given };
}

async function watch(settings: TrainSettings, given: FineTuneParts) {
  const losses: number[] = [];
  let told: ParametersEvent | undefined;
  for await (const event of new FineTune(settings).run(given)) {
    if (event.type === "step") losses.push(event.loss);
    if (event.type === "parameters") told = event;
  }
  return { losses, told };
}

const stem = ["stem/linear_0/b", "stem/linear_0/w", "stem/linear_1/b", "stem/linear_1/w"];

async function differs(variables: readonly Variable[]): Promise<boolean> {
  for (const variable of variables) {
    const data = (await variable.data()) as Float32Array;
    const saved = checkpoint.tensors[`model/${variable.name}`]?.data as Float32Array;
    if (data.some((value, i) => value !== saved[i])) return true;
  }
  return false;
}

describe("FineTune", () => {
  test("a new head over a frozen stem, which files leave out", async () => {
    const settings = { steps: 8, logEvery: 1 };
    const frozen = () => {
      const given = parts();
      return { ...given, frozen: [given.model.stem] };
    };
    const given = frozen();
    const { losses, told } = await watch(settings, given);
    expect(told).toEqual({
      type: "parameters",
      trained: ["head/b", "head/w"],
      frozen: stem,
      trainedSize: 7,
      frozenSize: 60,
      loaded: { matched: stem, missing: [], unlike: [], leftOver: ["old/b", "old/w"] },
    });
    // The same batch: every second one is.
    expect(losses[6]).toBeLessThan(losses[0] as number);
    expect(await differs(given.model.stem.variables)).toBe(false);
    const workspace = new MemoryWorkspace();
    await watch({ ...settings, steps: 5, workspace }, frozen());
    const saved = (await latestCheckpoint(workspace, "checkpoints/"))?.checkpoint.tensors ?? {};
    const model = Object.keys(saved).filter((name) => name.startsWith("model/"));
    expect(model.sort()).toEqual(["model/head/b", "model/head/w"]);
    const { pretrained: _, ...alone } = frozen();
    await expect(watch({ ...settings, workspace, resume: true }, alone)).rejects.toThrow(
      /the checkpoint must be of the same model and optimizer. Got no model\/stem/,
    );
  });

  test("adapters: what was there stays, and only the factors and the head train", async () => {
    const given = parts();
    const trained = [...addLoRA(given.model.stem, { rank: 2 }), given.model.head];
    const { losses, told } = await watch({ steps: 8, logEvery: 1 }, { ...given, trained });
    const factors = stem.map((name) => name.replace(/b$/, "lora/a").replace(/w$/, "lora/b"));
    expect(told?.trained).toEqual([...factors, "head/b", "head/w"]);
    expect([...(told?.frozen ?? [])].sort()).toEqual(stem);
    expect(told?.loaded).toMatchObject({ matched: told?.frozen, missing: factors });
    const { stem: net } = given.model;
    expect(await differs(net.nonTrainableVariables)).toBe(false);
    // The same batch: every second one is.
    expect(losses[6]).toBeLessThan(losses[0] as number);
  });

  test("rates: a module goes a part of the way, compiled or not", async () => {
    const moved = async (rate: number, compiled: boolean): Promise<number[]> => {
      const given = parts();
      const optimizer = new SGD({ learningRate: 0.1 });
      const { model } = given;
      const rates = [[model.stem, rate]] as const;
      await watch({ steps: 1, compiled }, { ...given, optimizer, rates });
      const [, first] = model.stem.variables as [Variable, Variable];
      const before = checkpoint.tensors["model/stem/linear_0/w"]?.data as Float32Array;
      return [...((await first.data()) as Float32Array)].map((w, i) => w - (before[i] as number));
    };
    const whole = await moved(1, true);
    expect(Math.max(...whole.map(Math.abs))).toBeGreaterThan(1e-3);
    for (const compiled of [true, false]) {
      const half = await moved(0.5, compiled);
      half.forEach((way, i) => expect(way).toBeCloseTo(0.5 * (whole[i] as number), 6));
    }
    expect(await moved(0, true)).toEqual(whole.map(() => 0));
  });

  test("statistics of a frozen norm change, and are saved", async () => {
    const norm = new BatchNorm(true, true, { name: "norm" });
    norm(zeros([2, 1]), { isTraining: false });
    const model = Object.assign(new Net(new MLP([1, 1], { name: "head" })), { norm });
    const forward = (x: Tensor): Tensor => norm(model(x), { isTraining: true });
    const tensors = { ...checkpoint.tensors };
    for (const one of norm.variables) tensors[`model/${one.name}`] = await toHostArray(one);
    const workspace = new MemoryWorkspace();
    const pretrained = { checkpoint: { tensors, state: null } };
    const given = { ...parts(), model, forward, pretrained, fresh: [model.head], frozen: [norm] };
    await watch({ steps: 2, workspace }, given);
    const saved = (await latestCheckpoint(workspace, "checkpoints/"))?.checkpoint.tensors ?? {};
    const kept = Object.keys(saved).filter((name) => name.startsWith("model/norm"));
    expect(kept).toContain("model/norm/moving_mean/average");
    expect(kept).not.toContain("model/norm/scale");
  });

  test("wrong parts are told, and nothing is loaded", async () => {
    const given = parts();
    const { fresh: _, ...all } = given;
    await expect(watch({ steps: 1 }, all)).rejects.toThrow(
      /values of all but fresh modules. Got none of their shape for head\/b, head\/w, and unused old/,
    );
    expect(await differs(given.model.stem.variables)).toBe(true);
    const elsewhere = { ...given, pretrained: { checkpoint, group: "encoder" } };
    await expect(watch({ steps: 1 }, elsewhere)).rejects.toThrow(/none of their shape for stem/);
    const nothing = { ...given, frozen: [given.model] };
    await expect(watch({ steps: 1 }, nothing)).rejects.toThrow(/something must train/);
    const other = new Linear(1, { name: "other" });
    other(zeros([1, 1]));
    const outside = { ...given, trained: [other] };
    await expect(watch({ steps: 1 }, outside)).rejects.toThrow(/must be in the model.*other/);
    const rates = [[given.model, -1]] as const;
    await expect(watch({ steps: 1 }, { ...given, rates })).rejects.toThrow(/rates must be .*-1/);
    expect(() => addLoRA(new BatchNorm(true, true), { rank: 1 })).toThrow(/must have layers/);
  });
});
