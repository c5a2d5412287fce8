import { describe, expect, test } from "vitest";
import {
  RengaError,
  UsageError,
  Variable,
  assign,
  compile,
  scope,
  tensor,
  valueAndGrad,
} from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";
import { SGD } from "../../src/optimizers/index.ts";
import { MemoryWorkspace, loadCheckpoint, saveCheckpoint } from "../../src/workspace/index.ts";
import { OnnxModule, encodeModel, importOnnx } from "../../src/onnx/index.ts";
import { randomTensor } from "../support/check.ts";
import { mutated } from "./mutated.ts";
import { floats, int, ints, longs, modelOf, node, smallModel } from "./smallModel.ts";

describe("importOnnx", () => {
  test("gives a module with the file's weights", () => {
    const model = importOnnx(encodeModel(smallModel()));
    expect(model).toBeInstanceOf(OnnxModule);
    expect(model.trainableVariables.map(({ name }) => name).sort()).toEqual([
      "bn.bias",
      "bn.weight",
      "conv.bias",
      "conv.weight",
      "fc.bias",
      "fc.weight",
    ]);
    expect(model.nonTrainableVariables.map(({ name }) => name)).toEqual(["bn.mean", "bn.var"]);
    expect(model.weights["fc.weight"]).toBeInstanceOf(Variable);
    expect([model.inputNames, model.outputNames]).toEqual([["x"], ["y"]]);
    expect(model.metadata).toEqual({ task: "digits" });
    // Shapes follow the input's, and inputs go by name as well.
    for (const n of [1, 3]) expect(model(randomTensor([n, 1, 6, 6])).shape).toEqual([n, 3]);
    expect(model({ x: randomTensor([2, 1, 6, 6]) }).shape).toEqual([2, 3]);
  });

  test("trains what it is asked to", () => {
    const model = importOnnx(smallModel(), { trainable: (name) => name.startsWith("fc.") });
    expect(model.trainableVariables.map(({ name }) => name)).toEqual(["fc.bias", "fc.weight"]);
  });

  test("is fine-tuned, saved and restored", async () => {
    const model = importOnnx(smallModel());
    const [x, target] = [randomTensor([4, 1, 6, 6]), randomTensor([4, 3])];
    const loss = (): Tensor => model(x).sub(target).square().mean();
    const { value, grads } = valueAndGrad(loss, model.trainableVariables);
    for (const gradient of grads) expect(gradient?.square().sum()).toBeDefined();
    const first = await value.item();
    const optimizer = new SGD({ learningRate: 0.05 });
    const step = compile(() => optimizer.minimize(loss, model.trainableVariables));
    for (let i = 0; i < 10; i++) step();
    const last = await loss().item();
    expect(last).toBeLessThan(first * 0.9);
    const workspace = new MemoryWorkspace();
    const tensors: Record<string, HostArray> = {};
    for (const variable of model.variables) {
      const [data, { shape, dtype }] = [await variable.data(), variable];
      tensors[variable.name] = { data, shape, dtype } as HostArray;
    }
    await saveCheckpoint(workspace, "tuned", { tensors, state: null });
    const again = importOnnx(smallModel());
    const saved = await loadCheckpoint(workspace, "tuned");
    for (const variable of again.variables) {
      const { data, shape } = saved.tensors[variable.name] as HostArray;
      assign(variable, tensor(data, { shape }));
    }
    const scored = again(x).sub(target).square().mean();
    expect(await scored.item()).toBe(last);
  });

  test("numbers that chains of integers make need no GPU", async () => {
    const model = importOnnx(
      modelOf(
        [
          node("Shape", ["x"], "s"),
          node("Slice", ["s", "one", "end", "zero"], "tail"),
          node("ReduceProd", ["tail"], "n", { keepdims: int(1) }),
          node("Cast", ["n"], "f", { to: int(1) }),
          node("Sqrt", ["f"], "root"),
          node("Floor", ["root"], "whole"),
          node("Cast", ["whole"], "side", { to: int(7) }),
          node("Concat", ["minus", "side", "side"], "wanted", { axis: int(0) }),
          node("Equal", ["wanted", "ones"], "isOne"),
          node("Where", ["isOne", "ones", "wanted"], "same"),
          node("Reshape", ["x", "same"], "y"),
        ],
        {
          ...{ one: longs([1]), zero: longs([0]), minus: longs([-1]), ones: longs([1, 1, 1]) },
          end: { ...longs([0]), bytes: new Uint8Array(BigInt64Array.of(2n ** 63n - 1n).buffer) },
        },
      ),
    );
    expect(model(randomTensor([2, 3, 3])).shape).toEqual([2, 3, 3]);
    // The root of 17 is not whole.
    expect(model(randomTensor([16, 17])).shape).toEqual([17, 4, 4]);
  });

  test("a branch is chosen by a condition on shapes", async () => {
    const branch = (op: string) =>
      ({ kind: "graph", value: modelOf([node(op, ["x"], "z")], {}, [], ["z"]).graph }) as const;
    const model = importOnnx(
      modelOf(
        [
          node("Size", ["x"], "n"),
          node("Equal", ["n", "two"], "isTwo"),
          node("If", ["isTwo"], "y", { then_branch: branch("Neg"), else_branch: branch("Abs") }),
        ],
        { two: longs([2], []) },
      ),
    );
    expect(await model(tensor([-1, 2])).array()).toEqual([1, -2]);
    expect(await model(tensor([-1, 2, -3])).array()).toEqual([1, 2, 3]);
  });

  test("several outputs come by name", async () => {
    const nodes = [node("Neg", ["x"], "a"), node("Abs", ["x"], "b")];
    const model = importOnnx(modelOf(nodes, {}, ["x"], ["a", "b"]));
    expect(model.variables).toEqual([]);
    const { a, b } = scope(() => model.run(tensor([-2, 1])));
    expect([await a?.array(), await b?.array()]).toEqual([[2, -1], [2, 1]]); // prettier-ignore
    expect(() => model(tensor([1]))).toThrow(/must have one output. Got a, b. Call run/);
  });

  test("versions of an op set differ", async () => {
    const at = (opset: number) => ({
      ...modelOf([node("Softmax", ["x"], "y", {})]),
      opsets: { "": opset },
    });
    const x = tensor([[[0, 0], [0, 0]]]); // prettier-ignore
    expect(await importOnnx(at(12))(x).array()).toEqual([[[0.25, 0.25], [0.25, 0.25]]]); // prettier-ignore
    expect(await importOnnx(at(13))(x).array()).toEqual([[[0.5, 0.5], [0.5, 0.5]]]); // prettier-ignore
  });

  test("tensors may lie in files beside", async () => {
    const whole = floats([2], (i) => i + 1);
    const file = new Uint8Array(16);
    file.set(whole.bytes, 8);
    const external = { location: "w.bin", offset: 8, length: 8 };
    const model = modelOf([node("Mul", ["x", "w"], "y")], {
      w: { dtype: "f32", dims: [2], bytes: new Uint8Array(0), external },
    });
    const module = importOnnx(model, { externalFiles: { "w.bin": file } });
    expect(await module(tensor([3, 3])).array()).toEqual([3, 6]);
    expect(() => importOnnx(model)).toThrow(/"w".*Got no such file/);
    const short = { "w.bin": file.subarray(4) };
    expect(() => importOnnx(model, { externalFiles: short })).toThrow(/must have 16 bytes/);
  });
});

describe("errors", () => {
  test("of 200 mutated files are the library's own", async () => {
    const bytes = encodeModel(smallModel());
    const x = randomTensor([1, 1, 6, 6]);
    let ran = 0;
    for (let seed = 0; seed < 200; seed++) {
      try {
        const model = importOnnx(mutated(bytes, seed));
        model.run(x);
        for (const variable of Object.values(model.weights)) variable.dispose();
        ran++;
      } catch (error) {
        if (!(error instanceof RengaError)) throw error;
      }
    }
    expect(ran).toBeGreaterThan(5);
  });

  test("name all ops that are missing, with their nodes", () => {
    const nodes = [node("Foo", ["x"], "a"), node("Neg", ["a"], "b"), node("DFT", ["b"], "y")];
    expect(() => importOnnx(modelOf(nodes))).toThrow(UsageError);
    expect(() => importOnnx(modelOf(nodes))).toThrow(/Got Foo \(Foo_a\); DFT \(DFT_y\)/);
  });

  test("of inputs", () => {
    const model = importOnnx(modelOf([node("Add", ["a", "b"], "y")], {}, ["a", "b"]));
    expect(() => model(tensor([1]))).toThrow(/must be given a, b. Got no b/);
    expect(() => model({ a: tensor([1]), c: tensor([1]) })).toThrow(/Got no b; c/);
  });

  test("of shapes that a result decides", () => {
    const model = importOnnx(modelOf([node("Reshape", ["x", "s"], "y")], {}, ["x", "s"]));
    const [x, s] = [tensor([1, 2]), tensor([2, 1], { dtype: "i32" })];
    expect(() => model(x, s)).toThrow(/input 1 of Reshape "Reshape_y" must be known before/);
    expect(model(x, longs([2, 1])).shape).toEqual([2, 1]);
  });

  test("of an attribute of another kind", () => {
    const model = importOnnx(modelOf([node("Softmax", ["x"], "y", { axis: ints([1]) })]));
    expect(() => model(tensor([1]))).toThrow(/axis of Softmax must be of the kind/);
  });
});
