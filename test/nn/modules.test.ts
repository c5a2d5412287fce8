import { describe, expect, test } from "vitest";
import { Module, type Tensor, Variable, grad, once, setSeed, zeros } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { Linear, MLP, snakeCase } from "../../src/nn/index.ts";
import { randomTensor } from "../support/check.ts";

class FC extends Module<(x: Tensor) => Tensor> {
  w!: Variable;
  b!: Variable;
  readonly channels: number;
  #calls = 0;
  constructor(channels: number, name?: string) {
    super(name);
    this.channels = channels;
  }

  @once initialize(x: Tensor): void {
    this.w = new Variable(zeros([x.shape.at(-1) as number, this.channels]), { name: "w" });
    this.b = new Variable(zeros([this.channels]), { name: "b" });
  }

  forward(x: Tensor): Tensor {
    this.#calls++;
    this.initialize(x);
    return x.matmul(this.w).add(this.b);
  }

  get calls(): number {
    return this.#calls;
  }
}

describe("Module", () => {
  test("an instance is a function with fields, private fields and its class", async () => {
    const fc = new FC(5);
    expect(typeof fc).toBe("function");
    expect(fc).toBeInstanceOf(FC);
    expect(() => fc.variables).toThrow(/no variables yet.*call it once/);
    expect(fc(zeros([1, 7])).shape).toEqual([1, 5]);
    fc(zeros([2, 7]));
    expect(fc.calls).toBe(2);
    expect(fc.variables.map((v) => v.name)).toEqual(["fc/b", "fc/w"]);
    expect(String(fc)).toBe("FC(fc)");
  });

  test("names are Sonnet's", () => {
    const names = ["Conv2D", "MLP", "VanillaRNN", "LayerNorm", "FC"].map(snakeCase);
    expect(names).toEqual(["conv2_d", "mlp", "vanilla_rnn", "layer_norm", "fc"]);
    const mlp = new MLP([4, 2], { name: "head" });
    mlp(zeros([1, 3]));
    expect(mlp.variables.map((v) => v.name)).toEqual([
      "head/linear_0/b",
      "head/linear_0/w",
      "head/linear_1/b",
      "head/linear_1/w",
    ]);
    expect(() => new FC(1, "9lives")).toThrow(/a name must be/);
  });

  test("submodules and variables are found in arrays and objects, once each", () => {
    const shared = new Linear(3, { name: "shared" });
    class Pair extends Module<(x: Tensor) => Tensor> {
      readonly parts = { first: shared, list: [shared, new Linear(3)] };
      readonly scale = new Variable(zeros([1]), { name: "scale", trainable: false });
      forward(x: Tensor): Tensor {
        return this.parts.list.reduce((y, layer) => layer(y), x);
      }
    }
    const pair = new Pair();
    pair(zeros([2, 3]));
    expect(pair.submodules).toHaveLength(2);
    expect(pair.variables).toHaveLength(5);
    expect(pair.trainableVariables).toHaveLength(4);
  });

  test("once: a method that throws has not run; one that returns is an error", () => {
    class Fussy extends Module<(ok: boolean) => void> {
      runs = 0;
      @once make(ok: boolean): void {
        if (!ok) throw new Error("not yet");
        this.runs++;
      }
      forward(ok: boolean): void {
        this.make(ok);
      }
    }
    const fussy = new Fussy();
    expect(() => fussy(false)).toThrow("not yet");
    fussy(true);
    fussy(true);
    expect(fussy.runs).toBe(1);
    class Empty extends Module<() => void> {}
    expect(() => new Empty()).toThrow(/method named forward/);
  });
});

describe("layers", () => {
  test("Linear starts as Sonnet's: truncated normal over the inputs, zero bias", async () => {
    setSeed(1);
    const linear = new Linear(200);
    linear(zeros([1, 400]));
    const w = (await linear.w.data()) as Float32Array;
    const deviation = Math.sqrt(w.reduce((sum, x) => sum + x * x, 0) / w.length);
    expect(deviation).toBeCloseTo(0.05 * 0.8796, 2);
    expect(Math.max(...w)).toBeLessThanOrEqual(0.1001);
    expect(await linear.b?.data()).toEqual(new Float32Array(200));
    expect(() => linear(zeros([3]))).toThrow(/batch axis.*expandDims/);
  });

  test("MLP: dropout needs isTraining; reverse mirrors the sizes", () => {
    const mlp = new MLP([6, 4], { dropoutRate: 0.5 });
    expect(() => mlp(zeros([1, 3]))).toThrow(/isTraining/);
    mlp(zeros([1, 3]), { isTraining: false });
    expect(mlp.reverse().outputSizes).toEqual([6, 3]);
  });

  test("initializers", async () => {
    const rows = (await nn.Orthogonal()([4, 6]).array()) as number[][];
    const dot = (a: number[], b: number[]): number => a.reduce((s, x, i) => s + x * (b[i] ?? 0), 0);
    expect(dot(rows[0] ?? [], rows[0] ?? [])).toBeCloseTo(1, 4);
    expect(dot(rows[0] ?? [], rows[3] ?? [])).toBeCloseTo(0, 4);
    expect(await nn.Identity(2)([2, 2]).array()).toEqual([
      [2, 0],
      [0, 2],
    ]);
    const scaled = (await nn.VarianceScaling({ scale: 2 })([50, 400]).data()) as Float32Array;
    const variance = scaled.reduce((sum, x) => sum + x * x, 0) / scaled.length;
    expect(variance).toBeCloseTo(2 / 50, 2);
    expect(() => nn.Identity()([3])).toThrow(/matrix/);
  });

  test("constant and random initializers keep to their law", async () => {
    const draw = async (init: nn.Initializer): Promise<number[]> => [...(await init([400]).data())];
    expect(new Set(await draw(nn.Zeros()))).toEqual(new Set([0]));
    expect(new Set(await draw(nn.Ones()))).toEqual(new Set([1]));
    expect(new Set(await draw(nn.Constant(2.5)))).toEqual(new Set([2.5]));
    const uniform = await draw(nn.RandomUniform(2, 3));
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...uniform)).toBeLessThan(3);
    const normal = await draw(nn.RandomNormal(5, 0.1));
    expect(normal.reduce((a, b) => a + b, 0) / 400).toBeCloseTo(5, 1);
    const cut = await draw(nn.TruncatedNormal(0, 1));
    expect(Math.max(...cut.map(Math.abs))).toBeLessThanOrEqual(2.0001);
  });

  test("isModule and allVariables", () => {
    const [a, b] = [new Linear(2), new Linear(3)];
    expect(nn.allVariables(a, b)).toEqual([]);
    a(zeros([1, 2]));
    expect(nn.allVariables(a, a, b)).toHaveLength(2);
    expect([a, () => 1, {}].map(nn.isModule)).toEqual([true, false, false]);
  });

  test("a module differentiates through all its variables", () => {
    const mlp = new MLP([5, 1]);
    const x = randomTensor([3, 2]);
    mlp(x);
    const grads = grad(() => mlp(x).sum(), mlp.trainableVariables);
    expect(grads.every((g) => g !== null)).toBe(true);
  });
});
