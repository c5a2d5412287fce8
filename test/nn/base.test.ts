// What every module can be part of: building, deferring, other variables, tables, pure functions.

import { describe, expect, test, vi } from "vitest";
import {
  type Tensor,
  Variable,
  assign,
  compile,
  leakyClipByValue,
  ones,
  scaleGradient,
  setSeed,
  stopGradient,
  tensor,
  valueAndGrad,
  zeros,
} from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { device } from "../../src/gpu/device.ts";
import { Adam, Momentum, SGD } from "../../src/optimizers/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";

const { functional, mixedPrecision } = nn;

const values = async (x: Tensor): Promise<number[]> => [...((await x.data()) as Float32Array)];

const names = (module: nn.Module): string[] => nn.allVariables(module).map(({ name }) => name);

describe("build", () => {
  test("makes the variables and gives shapes and dtypes", async () => {
    const mlp = new nn.MLP([5, 10]);
    expect(nn.build(mlp, [2, 7])).toEqual({ shape: [2, 10], dtype: "f32" });
    expect(names(mlp)).toHaveLength(4);
    expect(new Set(await values(mlp.variables[1] as Variable)).size).toBeGreaterThan(1);
  });

  test("does not update statistics", async () => {
    const norm = new nn.BatchNorm(true, true);
    const spec = nn.build(() => [norm(ones([4, 3]), { isTraining: true }), null]);
    expect(spec).toEqual([{ shape: [4, 3], dtype: "f32" }, null]);
    const counter = nn.allVariables(norm).find(({ name }) => name.endsWith("counter"));
    expect(await values(counter as Variable)).toEqual([0]);
  });

  test("takes specs, and passes the rest as it is", () => {
    const embed = new nn.Embed({ vocabSize: 5, embedDim: 2 });
    expect(nn.build(embed, { shape: [3], dtype: "i32" })).toEqual({ shape: [3, 2], dtype: "f32" });
    const norm = new nn.BatchNorm(true, true);
    expect(nn.build(norm, [4, 3], { isTraining: true })).toEqual({ shape: [4, 3], dtype: "f32" });
  });
});

describe("Deferred", () => {
  test("makes its module at the first call, and once", () => {
    const make = vi.fn(() => new nn.Linear(3));
    const deferred = new nn.Deferred(make);
    expect(make).not.toHaveBeenCalled();
    expect(() => deferred.variables).toThrow(/no variables yet/);
    expect(deferred(zeros([1, 2])).shape).toEqual([1, 3]);
    deferred(zeros([1, 2]));
    expect(make).toHaveBeenCalledTimes(1);
    expect(names(deferred)).toEqual(["linear/b", "linear/w"]);
    expect(deferred.submodules).toEqual([deferred.target]);
    expect(deferred.nameScope).toBe("deferred/");
  });

  test("makes it when its target is asked for", () => {
    const deferred = new nn.Deferred(() => new nn.Linear(3, { name: "head" }));
    expect(deferred.target.moduleName).toBe("head");
    expect(`${deferred}`).toBe("Deferred(Linear(head))");
    expect(() => new nn.Deferred(() => 3 as never).target).toThrow(/must make a module/);
  });

  test("has what its target has, once that is there", async () => {
    const deferred = new nn.Deferred(() => new nn.LSTM(3), {
      callMethods: ["initialState"],
      name: "late",
    });
    expect([deferred.moduleName, deferred.hiddenSize]).toEqual(["late", undefined]);
    const state = deferred.initialState(2);
    expect(state.hidden.shape).toEqual([2, 3]);
    expect(deferred.hiddenSize).toBe(3);
    const x = randomTensor([2, 4]);
    const [y] = deferred(x, state);
    expect(deferred.b).toBe(deferred.target.b);
    expect(deferred.variables).toHaveLength(3);
    const still = (variable: Variable): Tensor => variable.mul(1);
    const [seen] = nn.customVariableGetter(still, () => deferred(x, state));
    expect(await values(seen)).toEqual(await values(y));
    const b = new Variable(zeros([12]));
    deferred.b = b;
    expect(deferred.target.b).toBe(b);
  });
});

describe("customVariableGetter", () => {
  test("stops gradients of a module's variables, also of inner ones and at the first call", () => {
    for (const net of [new nn.MLP([3, 2]), new nn.VanillaRNN(3), new nn.Linear(2)]) {
      const core = net as unknown as nn.Module<(x: Tensor, h?: Tensor) => Tensor>;
      const x = randomTensor([2, 4]);
      const loss = (): Tensor => {
        const y: Tensor | readonly Tensor[] = core(
          x,
          net instanceof nn.MLP ? undefined : ones([2, 3]),
        );
        return (Array.isArray(y) ? (y[0] as Tensor) : (y as Tensor)).sum();
      };
      const stopped = valueAndGrad(
        () => nn.customVariableGetter(stopGradient, loss),
        () => net.variables,
      );
      expect(stopped.grads.every((gradient) => gradient === null)).toBe(true);
      const free = valueAndGrad(loss, () => net.variables);
      expect(free.grads.every((gradient) => gradient !== null)).toBe(true);
    }
  });

  test("can be for some modules, or classes, alone, and nests", async () => {
    const [a, b] = [new nn.Bias({ bInit: nn.Ones() }), new nn.Bias({ bInit: nn.Ones() })];
    const x = zeros([1, 1]);
    const both = async (options: nn.VariableGetterOptions): Promise<number[]> => {
      const double = (variable: Variable): Tensor => variable.mul(2);
      const [p, q] = nn.customVariableGetter(double, () => [a(x), b(x)] as const, options);
      return [...(await values(p)), ...(await values(q))];
    };
    expect(await both({})).toEqual([2, 2]);
    expect(await both({ instances: [b] })).toEqual([1, 2]);
    expect(await both({ classes: [nn.Linear] })).toEqual([1, 1]);
    const shifted = nn.customVariableGetter(
      (variable) => variable.add(10),
      () =>
        nn.customVariableGetter(
          (variable) => variable,
          () => a(x),
        ),
    );
    expect(await values(shifted)).toEqual([11]);
    expect(await values(a(x))).toEqual([1]);
  });

  test("leaves to modules the variables that they change themselves", async () => {
    const [norm, twin] = [1, 2].map(() => new nn.BatchNorm(true, true)) as [
      nn.BatchNorm,
      nn.BatchNorm,
    ];
    const sums = new nn.Sum();
    const x = randomTensor([4, 3]);
    for (let i = 0; i < 2; i++) {
      twin(x, { isTraining: true });
      nn.customVariableGetter(stopGradient, () => {
        norm(x, { isTraining: true });
        sums(x);
      });
    }
    const [mean, wanted] = [norm, twin].map(({ movingMean }) => values(movingMean.value));
    expect(await mean).toEqual(await wanted);
    await expectClose(
      sums.value,
      (await values(x)).map((value) => 2 * value),
      [4, 3],
    );
    expect(() => assign(stopGradient(sums.sum as Variable) as Variable, x)).toThrow(
      /assign: only variables change. Got Tensor/,
    );
    const raw = nn.customVariableGetter(stopGradient, () => nn.ownField(sums, "sum"));
    expect(raw).toBe(sums.sum);
  });

  test("puts everything back after an error, and refuses promises", () => {
    const linear = new nn.Linear(2);
    expect(() =>
      nn.customVariableGetter(
        (v) => v,
        () => linear(zeros([3])),
      ),
    ).toThrow(/batch axis/);
    linear(zeros([1, 2]));
    expect(Object.getOwnPropertyDescriptor(linear, "w")?.value).toBeInstanceOf(Variable);
    const later = (): Promise<number> => Promise.resolve(1);
    expect(() => nn.customVariableGetter((v) => v, later)).toThrow(/must not be async/);
  });
});

test("allowEmptyVariables lets modules and classes have none", () => {
  class Twice extends nn.Module<(x: Tensor) => Tensor> {
    forward(x: Tensor): Tensor {
      return x.mul(2);
    }
  }
  const one = new Twice();
  expect(() => one.variables).toThrow(/no variables yet/);
  expect(nn.allowEmptyVariables(one).variables).toEqual([]);
  expect(() => new Twice().trainableVariables).toThrow(/no trainable variables yet/);
  nn.allowEmptyVariables(Twice);
  expect(new Twice().trainableVariables).toEqual([]);
  expect(new Twice().nonTrainableVariables).toEqual([]);
});

test("formatVariables makes a table; logVariables logs its lines", () => {
  const mlp = new nn.MLP([4]);
  mlp(zeros([1, 5]));
  const wanted = [
    "| Variable       | Spec     | Bytes | Trainable |",
    "|----------------+----------+-------+-----------|",
    "| mlp/linear_0/w | f32[5,4] | 80    | true      |",
    "| mlp/linear_0/b | f32[4]   | 16    | true      |",
  ];
  expect(nn.formatVariables(mlp.variables)).toBe(wanted.join("\n"));
  const lines: string[] = [];
  nn.logVariables(mlp.variables, (line) => lines.push(line));
  expect(lines).toEqual(wanted);
});

test("formatModule tells what modules were made with, and what is in them", () => {
  const mlp = new nn.MLP([4, 2], {
    activation: function twice(x) {
      return x.mul(2);
    },
    activateFinal: true,
  });
  mlp(zeros([1, 3]));
  const shared = new nn.Conv2D(4, [2, 3], { padding: "valid", withBias: false });
  const net = new nn.Sequential([mlp, (x) => x, shared as nn.Layer, shared as nn.Layer], "net");
  expect(nn.formatModule(net)).toBe(
    [
      "Sequential net",
      "  MLP mlp (outputSizes: [4, 2], activation: twice, activateFinal: true)",
      "    Linear mlp/linear_0 (outputSize: 4, withBias: true): w f32[3,4], b f32[4]",
      "    Linear mlp/linear_1 (outputSize: 2, withBias: true): w f32[4,2], b f32[2]",
      '  Conv2D conv2_d (numSpatialDims: 2, outputChannels: 4, padding: "valid", withBias: false, ' +
        'kernelShape: [2, 3], stride: [1, 1], rate: [1, 1], dataFormat: "NHWC")',
      "  Conv2D conv2_d, as above",
    ].join("\n"),
  );
});

describe("copyVariables", () => {
  test("gives a module the values of another, and refuses strangers", async () => {
    const [a, b, c] = [new nn.Linear(2), new nn.Linear(2), new nn.Linear(3)];
    const x = randomTensor([2, 3]);
    const wanted = await values(a(x));
    expect(() => nn.copyVariables(a, b)).toThrow(/Got 2 of linear and 0 of linear. Call both once/);
    b(x);
    nn.copyVariables(a, b);
    expect(await values(b(x))).toEqual(wanted);
    c(x);
    expect(() => nn.copyVariables(a, c)).toThrow(/same shapes. Got Variable.*\[2\].*\[3\]/);
    const [counter, bias] = [new nn.Mean(), new nn.Bias({ outputSize: [1], biasDims: [] })];
    expect(counter.count.shape).toEqual([]);
    bias(zeros([2, 1]));
    expect(() => nn.copyVariables(counter, bias)).toThrow(/same dtypes/);
  });

  test("copies are trained as what they are copies of, and stay apart", async () => {
    const online = new nn.MLP([3, 2]);
    const x = randomTensor([2, 4]);
    const wanted = await values(online(x));
    nn.freeze(online.layers[0] as nn.Linear);
    const target = nn.copyModule(
      online,
      () => new nn.MLP([3, 2], { name: "target" }),
      (copy) => copy(x),
    );
    expect(target.trainableVariables.map(({ name }) => name)).toEqual([
      "target/linear_1/b",
      "target/linear_1/w",
    ]);
    assign(online.variables[0] as Variable, ones([3]));
    expect(await values(target(x))).toEqual(wanted);
  });
});

describe("gradients other than slopes", () => {
  test("scaleGradient", async () => {
    const x = new Variable(tensor([1, 2]));
    const { value, grads } = valueAndGrad(() => scaleGradient(x, -3).square().sum(), [x]);
    expect(await values(value)).toEqual([5]);
    expect(await values(grads[0] as Tensor)).toEqual([-6, -12]);
  });

  test("leakyClipByValue stops only what leads further out", async () => {
    const x = new Variable(tensor([-2, -2, 0, 2, 2]));
    const dy = tensor([1, -1, 5, 1, -1]);
    const { value, grads } = valueAndGrad(() => leakyClipByValue(x, -1, 1).mul(dy).sum(), [x]);
    expect(await values(value)).toEqual([-1 + 1 + 0 + 1 - 1]);
    expect(await values(grads[0] as Tensor)).toEqual([0, -1, 5, 1, 0]);
    expect(() => leakyClipByValue(x, 1, -1)).toThrow(/low must be at most high/);
  });
});

test("flatten keeps the batch; Sequential gives what else a call brings to its first layer", async () => {
  expect(nn.flatten(zeros([2, 3, 4])).shape).toEqual([2, 12]);
  const add = (x: Tensor, other: Tensor): Tensor => x.add(other);
  const net = new nn.Sequential([add as nn.Layer, (x) => x.mul(2)]);
  expect(await values(net(tensor([1]), tensor([2])))).toEqual([6]);
  const x = tensor([3]);
  expect(new nn.Sequential()(x)).toBe(x);
});

describe("Dropout", () => {
  test("with a noise shape drops whole rows; with a variable rate follows it", async () => {
    setSeed(2);
    const rows = new nn.Dropout(0.5, { noiseShape: [64, 1] });
    const y = await values(rows(ones([64, 3]), { isTraining: true }));
    for (let i = 0; i < 64; i++) expect(new Set(y.slice(3 * i, 3 * i + 3)).size).toBe(1);
    expect(new Set(y)).toEqual(new Set([0, 2]));
    const rate = new Variable(tensor(0.75), { name: "rate", trainable: false });
    const dropout = new nn.Dropout(rate);
    expect(names(dropout)).toEqual(["rate"]);
    const kept = await values(dropout(ones([1000]), { isTraining: true }));
    expect(new Set(kept)).toEqual(new Set([0, 4]));
    assign(rate, tensor(0));
    expect(new Set(await values(dropout(ones([100]), { isTraining: true })))).toEqual(new Set([1]));
  });

  test("must be told whether it trains", () => {
    const dropout = new nn.Dropout(0.5) as unknown as nn.Module<(x: Tensor) => Tensor>;
    expect(() => dropout(ones([2]))).toThrow(/must say whether it trains/);
  });
});

test("CrossReplicaBatchNorm keeps the biased variance", async () => {
  const statistics = [new nn.Mean("mean"), new nn.Mean("variance")] as const;
  const norm = new nn.CrossReplicaBatchNorm(true, true, ...statistics);
  norm(tensor([[[[1]], [[2]], [[3]]]]), { isTraining: true }); // prettier-ignore
  expect(await values(statistics[1].value)).toEqual([Math.fround(2 / 3)]);
});

describe("functional", () => {
  test("transform leaves modules alone and differentiates for the parameters given", async () => {
    const mlp = new nn.MLP([3, 1]);
    const { init, apply } = functional.transform((x: Tensor) => mlp(x));
    const x = randomTensor([2, 4]);
    const params = init(x);
    expect([...params.keys()].map(({ name }) => name).sort()).toEqual(names(mlp).sort());
    await expectClose(apply(params, x), await values(mlp(x)), [2, 1]);
    const doubled = new Map([...params].map(([key, value]) => [key, value.mul(2)]));
    const wanted = valueAndGrad(() => apply(doubled, x).sum(), [...doubled.values()]);
    const both = functional.valueAndGrad((given: ReadonlyMap<Variable, Tensor>) =>
      apply(given, x).sum(),
    );
    const [value, grads] = both(doubled) as [Tensor, ReadonlyMap<Variable, Tensor>];
    await expectClose(value, await values(wanted.value), []);
    let i = 0;
    for (const gradient of grads.values()) {
      await expectClose(gradient, await values(wanted.grads[i++] as Tensor), gradient.shape);
    }
    await expectClose(apply(params, x), await values(mlp(x)), [2, 1]);
  });

  test("transformWithState gives the state back and changes none", async () => {
    const norm = new nn.BatchNorm(true, true);
    const pair = functional.transformWithState((x: Tensor) => norm(x, { isTraining: true }));
    const x = randomTensor([4, 3]);
    const [params, state] = pair.init(x);
    expect([params.size, state.size]).toEqual([2, 6]);
    const [y, next] = pair.apply(params, state, x);
    expect(y.shape).toEqual([4, 3]);
    const counters = [state, next].map((given) => {
      return [...given].filter(([key]) => key.name.endsWith("counter")).map(([, value]) => value);
    });
    expect(await values(counters[0]?.[0] as Tensor)).toEqual([0]);
    expect(await values(counters[1]?.[0] as Tensor)).toEqual([1]);
    const counter = nn.allVariables(norm).find(({ name }) => name.endsWith("counter"));
    expect(await values(counter as Variable)).toEqual([0]);
    expect(() => functional.withoutState(pair).init(x)).toThrow(/need transformWithState/);
  });

  test("apply makes no variables", () => {
    const linear = new nn.Linear(2);
    const { apply } = functional.transform((x: Tensor) => linear(x));
    expect(() => apply(new Map(), zeros([1, 2]))).toThrow(/a value of every variable/);
  });

  test("grad and valueAndGrad take arguments by number, and give what else f gives", async () => {
    const f = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
    const [a, b] = [tensor([1, 2]), tensor([3, 4])];
    expect(await values(functional.grad(f)(a, b) as Tensor)).toEqual([3, 4]);
    const [ga, gb] = functional.grad(f, { argnums: [0, 1] })(a, b) as [Tensor, Tensor];
    expect([...(await values(ga)), ...(await values(gb))]).toEqual([3, 4, 1, 2]);
    const aux = (x: Tensor): unknown => [x.sum(), "more"];
    const [gradient, more] = functional.grad(aux, { hasAux: true })(a) as [Tensor, string];
    expect([await values(gradient), more]).toEqual([[1, 1], "more"]);
    const nested = functional.grad(({ x }: { x: Tensor }) => x.square().sum());
    expect(await values((nested({ x: a }) as { x: Tensor }).x)).toEqual([2, 4]);
  });

  test.each([
    ["Adam", Adam],
    ["SGD", SGD],
  ] as const)("%s as a pair takes the steps of the one with variables", async (_, Class) => {
    const { init, apply } = functional.optimizer<[{ learningRate: number }]>(Class)({
      learningRate: 0.1,
    });
    const [key, twin] = [new Variable(tensor([1, 2])), new Variable(tensor([1, 2]))];
    const gradient = tensor([0.5, -1]);
    const own = new Class({ learningRate: 0.1 });
    let params: ReadonlyMap<Variable, Tensor> = new Map([[key, tensor([1, 2])]]);
    const first = init(params);
    let state = first;
    let after: ReadonlyMap<Variable, Tensor> | undefined;
    for (let i = 0; i < 3; i++) {
      [params, state] = apply(state, new Map([[key, gradient]]), params);
      after ??= params;
      own.apply([gradient], [twin]);
    }
    expect(await values(params.get(key) as Tensor)).toEqual(await values(twin));
    const [again] = apply(first, new Map([[key, gradient]]), new Map([[key, tensor([1, 2])]]));
    expect(await values(again.get(key) as Tensor)).toEqual(await values(after?.get(key) as Tensor));
    expect(await values(key)).toEqual([1, 2]);
    const stranger = new Map([[twin, tensor([1, 2])]]);
    expect(() => apply(state, new Map(), stranger)).toThrow(/must be those of init/);
  });

  test("devicePut, deviceGet and jit", async () => {
    const put = functional.devicePut({ a: 2, b: [Float32Array.of(1, 2)] });
    expect(await functional.deviceGet(put)).toEqual({
      a: Float32Array.of(2),
      b: [Float32Array.of(1, 2)],
    });
    const step = functional.jit((x: Tensor) => x.mul(2));
    expect(await values(step(tensor([3])))).toEqual([6]);
    step.dispose();
  });
});

describe("mixedPrecision", () => {
  class Head extends nn.Module<(x: Tensor) => Tensor> {
    readonly linear = new nn.Linear(2);
    readonly seen: string[] = [];
    @mixedPrecision.modes(["f16"]) forward(x: Tensor): Tensor {
      this.seen.push(x.dtype);
      return this.linear(x);
    }
  }

  test.skipIf(!device().info.features.f16)("computes in f16 from the second call on", async () => {
    const head = new Head();
    const x = ones([1, 3]);
    const ys = mixedPrecision.scope("f16", () => [head(x), head(x)] as const);
    expect(head.seen).toEqual(["f32", "f16"]);
    expect(ys.map(({ dtype }) => dtype)).toEqual(["f32", "f32"]);
    expect(head.linear.w.dtype).toBe("f32");
    await expectClose(ys[1], await values(ys[0]), [1, 2], { rtol: 1e-2, atol: 1e-2 });
  });

  test.skipIf(!device().info.features.f16)("trains f32 parameters by f16", async () => {
    const [x, y] = [randomTensor([4, 3]), randomTensor([4, 2], 2)];
    const train = async (mode: "f16" | undefined, isCompiled: boolean): Promise<number[]> => {
      setSeed(4);
      const head = new Head();
      const optimizer = new Momentum({ learningRate: 0.2, momentum: 0.9 });
      const step = (input: Tensor): Tensor => {
        const loss = (): Tensor => head(input).sub(y).square().mean();
        return mixedPrecision.scope(mode, () => optimizer.minimize(loss, () => head.variables));
      };
      const run = isCompiled ? compile(step) : step;
      const losses = await Promise.all([0, 1, 2, 3, 4].map(() => run(x).item()));
      expect(head.seen[1]).toBe(mode ?? "f32");
      expect(head.variables.map(({ dtype }) => dtype)).toEqual(["f32", "f32"]);
      return [...losses, ...(await values(head.linear.w))];
    };
    const [full, half] = [await train(undefined, false), await train("f16", false)];
    expect(half).not.toEqual(full);
    expect(half).toEqual(full.map((value) => expect.closeTo(value, 2)));
    expect(half[4]).toBeLessThan((half[0] as number) / 2);
    expect(await train("f16", true)).toEqual(half);
  });

  const training = { isTraining: true };

  /** Modules that change variables of their own as they train, or have numbers beside them. */
  const OTHERS: readonly [string, () => nn.Module, (module: nn.Module, x: Tensor) => Tensor][] = [
    [
      "BatchNorm",
      () => new nn.BatchNorm(true, true),
      (norm, x) => (norm as nn.BatchNorm)(x, training),
    ],
    [
      "SpectralNorm",
      () => new nn.SpectralNorm(new nn.Linear(4)),
      (norm, x) => (norm as nn.SpectralNorm)(x, training),
    ],
    [
      "WeightNorm",
      () => new nn.WeightNorm(new nn.Linear(4)),
      (norm, x) => (norm as nn.WeightNorm)(x),
    ],
    [
      "VectorQuantizerEMA",
      () => new nn.VectorQuantizerEMA(4, 3, 0.25, 0.9),
      (quantizer, x) => (quantizer as nn.VectorQuantizerEMA)(x, training).quantize,
    ],
    [
      "Conv1DLSTM",
      () => new nn.Conv1DLSTM([6, 4], 2, 2),
      (core, x) => {
        const lstm = core as nn.Conv1DLSTM;
        return lstm(x.reshape([1, 6, 4]), lstm.initialState(1))[0];
      },
    ],
    [
      "SinusoidalPositions",
      () => new nn.SinusoidalPositions(),
      (positions, x) => (positions as nn.SinusoidalPositions)(x),
    ],
  ];

  test.skipIf(!device().info.features.f16).each(OTHERS)(
    "trains %s in f16",
    async (_, make, call) => {
      class Wrapped extends nn.Module<(x: Tensor) => Tensor> {
        readonly inner = make();
        @mixedPrecision.modes(["f16"]) forward(x: Tensor): Tensor {
          return call(this.inner, x);
        }
      }
      const run = async (mode: "f16" | undefined): Promise<number[]> => {
        setSeed(3);
        const net = new Wrapped();
        const x = randomTensor([6, 4]);
        const ys = mixedPrecision.scope(mode, () => [net(x), net(x), net(x)]);
        const lists = [...ys, ...nn.allVariables(net)].map(values);
        return (await Promise.all(lists)).flat();
      };
      const [full, half] = [await run(undefined), await run("f16")];
      expect(half).toEqual(full.map((value) => expect.closeTo(value, 1.7)));
      expect(half).not.toEqual(full);
    },
  );

  test("leaves other modes alone", () => {
    const head = new Head();
    head(ones([1, 3]));
    mixedPrecision.enable("f32");
    head(ones([1, 3]));
    mixedPrecision.disable();
    mixedPrecision.scope(undefined, () => head(ones([1, 3])));
    expect(head.seen).toEqual(["f32", "f32", "f32"]);
    expect(() => mixedPrecision.enable("f64" as "f16")).toThrow(/"f32" or "f16"/);
  });
});
