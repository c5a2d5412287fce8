import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, UsageError, Variable, compile, grad, tensor } from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Dropout, Linear, MLP, Sequential } from "../../src/nn/index.ts";
import { Adam, SGD } from "../../src/optimizers/index.ts";
import { randomTensor } from "../support/check.ts";
import { countCreations } from "../support/creations.ts";

const bits = async (tensors: readonly Tensor[]): Promise<number[]> => {
  const data = await Promise.all(tensors.map((one) => one.data()));
  return data.flatMap((list) => Array.from(list));
};

describe("compile", () => {
  test("gives what the function gives, for other values each time", async () => {
    let runs = 0;
    const f = compile((a: Tensor, b: Tensor) => {
      runs++;
      return { sum: a.add(b).mul(2), parts: [a.matmul(b.transpose()), 7] as const };
    });
    for (let i = 0; i < 5; i++) {
      const [a, b] = [randomTensor([3, 4], i), randomTensor([3, 4], i + 50)];
      const { sum, parts } = f(a, b);
      expect(await sum.data()).toEqual(await a.add(b).mul(2).data());
      expect(await parts[0].data()).toEqual(await a.matmul(b.transpose()).data());
      expect(parts[1]).toBe(7);
    }
    expect(runs).toBe(1);
    expect(f.explain()).toMatch(/dispatches/);
    f.dispose();
  });

  test("training steps have the bits of eager ones, dropout and schedule included", async () => {
    const train = async (isCompiled: boolean): Promise<number[]> => {
      renga.setSeed(3);
      const dropout = new Dropout(0.4);
      const [first, second] = [new Linear(16), new Linear(4)];
      const model = (x: Tensor): Tensor => second(dropout(first(x).relu(), { isTraining: true }));
      const optimizer = new Adam({ learningRate: 0.05 });
      const variables = (): Variable[] => [
        ...first.trainableVariables,
        ...second.trainableVariables,
      ];
      const step = (x: Tensor, y: Tensor): Tensor =>
        optimizer.minimize(() => crossEntropy(model(x), y), variables);
      const run = isCompiled ? compile(step) : step;
      const losses: Tensor[] = [];
      for (let t = 0; t < 6; t++) {
        optimizer.learningRate = 0.05 / (t + 1);
        const labels = Array.from({ length: 8 }, (_, i) => (i + t) % 4);
        losses.push(run(randomTensor([8, 5], t), tensor(labels, { dtype: "i32" })));
      }
      return bits([...losses, ...variables(), ...optimizer.variables]);
    };
    expect(await train(true)).toEqual(await train(false));
  });

  test("a tensor may be returned twice", async () => {
    const f = compile((x: Tensor) => {
      const y = x.mul(2);
      return [y, y, x, x] as const;
    });
    for (let i = 0; i < 3; i++) expect(await bits(f(tensor([i])))).toEqual([2 * i, 2 * i, i, i]);
  });

  test("a tensor may be returned after its beginning", async () => {
    const x = renga.ones([40, 40]);
    const f = compile((given: Tensor) => {
      const y = given.mul(2);
      return [y.slice([[0, 1]]), y, y];
    });
    for (let i = 0; i < 2; i++) {
      const [first, ...whole] = f(x) as [Tensor, Tensor, Tensor];
      expect(await first.data()).toEqual(new Float32Array(40).fill(2));
      for (const y of whole) expect(await y.data()).toEqual(new Float32Array(1600).fill(2));
    }
  });

  test("replays make nothing and keep the results of earlier calls", async () => {
    const model = new MLP([8, 3]);
    const optimizer = new SGD({ learningRate: 0.1 });
    const step = compile((x: Tensor, y: Tensor) =>
      optimizer.minimize(() => crossEntropy(model(x), y), model),
    );
    const x = randomTensor([4, 6], 1);
    const y = tensor([0, 1, 2, 0], { dtype: "i32" });
    const losses = [step(x, y), step(x, y), step(x, y)];
    renga.flush();
    losses[2]?.dispose();
    {
      using counted = countCreations();
      losses.push(step(x, y));
      expect(counted.creations).toBe(0);
    }
    const values = await bits(losses.toSpliced(2, 1));
    expect(values[0]).toBeGreaterThan(values[1] as number);
    expect(values[1]).toBeGreaterThan(values[2] as number);
  });

  test("a first call makes variables for real, with the bits of an eager one", async () => {
    const run = async (isCompiled: boolean): Promise<[number[], number]> => {
      renga.setSeed(5);
      const dropout = new Dropout(0.2);
      const model = new MLP([8, 3]);
      const optimizer = new Adam({ learningRate: 0.1 });
      const x = randomTensor([6, 5], 4);
      const loss = (input: Tensor): Tensor =>
        model(dropout(input, { isTraining: true }))
          .square()
          .mean();
      const body = (input: Tensor): Tensor =>
        optimizer.minimize(
          () => loss(input),
          () => model.trainableVariables,
        );
      const step = isCompiled ? compile(body) : body;
      const losses = [step(x), step(x), step(x)];
      const values = await bits([...losses, ...model.variables, ...optimizer.variables]);
      return [values, model.variables.length];
    };
    const [compiled, count] = await run(true);
    expect(count).toBe(4);
    expect(compiled).toEqual((await run(false))[0]);
  });

  test("a first value may depend on the arguments, and a constant stays one", async () => {
    let scale: Variable | undefined;
    const f = compile((x: Tensor) => {
      scale ??= new Variable(x.abs().mean().add(1), { name: "scale" });
      return x.div(scale);
    });
    expect(await f(tensor([1, 3])).array()).toEqual([Math.fround(1 / 3), 1]);
    expect(await f(tensor([6, 9])).array()).toEqual([2, 3]);
    expect(await f(tensor([3, 0])).array()).toEqual([1, 0]);
    expect(await scale?.item()).toBe(3);
  });

  test("one submit a call", () => {
    const w = new Variable(renga.ones([4]));
    const f = compile((x: Tensor) => {
      w.assignAdd(x);
      return w.mul(2);
    });
    const x = renga.ones([4]);
    f(x);
    renga.flush();
    const { queue } = device().gpu;
    let submits = 0;
    const submit = queue.submit.bind(queue);
    queue.submit = (buffers) => {
      submits++;
      submit(buffers);
    };
    f(x);
    Reflect.deleteProperty(queue, "submit");
    expect(submits).toBe(1);
  });

  test("other shapes and static arguments are captured apart", async () => {
    let runs = 0;
    const f = compile((x: Tensor, factor: number) => {
      runs++;
      return x.mul(factor).sum();
    });
    for (let i = 0; i < 3; i++) {
      expect(await f(renga.ones([4]), 2).item()).toBe(8);
      expect(await f(renga.ones([5]), 2).item()).toBe(10);
      expect(await f(renga.ones([4]), 3).item()).toBe(12);
    }
    expect(runs).toBe(3);
  });

  test("memory is shared by what does not live at the same time", async () => {
    const f = compile((x: Tensor) => {
      let y = x;
      for (let i = 0; i < 10; i++) y = y.mul(1.5).add(1);
      return y;
    });
    const x = randomTensor([1000], 1);
    const want = await f(x).data();
    expect(await f(x).data()).toEqual(want);
    const [, planned, before] = /memory ([\d.]+) KiB, ([\d.]+) KiB/.exec(f.explain()) ?? [];
    expect(Number(planned)).toBeLessThan(Number(before) / 4);
  });

  test("what nobody needs is not run", async () => {
    const f = compile((x: Tensor) => {
      x.exp().sum();
      return x.neg();
    });
    f(renga.ones([3]));
    expect(await f(renga.ones([3])).array()).toEqual([-1, -1, -1]);
    expect(f.explain()).toMatch(/1 dispatches/);
  });

  test("a variable that moves, or is assigned outside, is met where it is", async () => {
    const w = new Variable(renga.ones([2]), { name: "w" });
    const f = compile((x: Tensor) => x.mul(w));
    const x = tensor([3, 4]);
    f(x);
    expect(await f(x).array()).toEqual([3, 4]);
    w.assign(tensor([2, 2]));
    expect(await f(x).array()).toEqual([6, 8]);
    const optimizer = new SGD({ learningRate: 1 });
    optimizer.apply([renga.ones([2])], [w]);
    expect(await f(x).array()).toEqual([3, 4]);
  });

  test("views taken outside keep the value they were taken of", async () => {
    const w = new Variable(renga.zeros([2]), { name: "w" });
    const f = compile(() => w.assignAdd(renga.ones([2])));
    f();
    const one = w.reshape([2, 1]);
    f();
    const two = w.reshape([2, 1]);
    f();
    expect(await bits([one, two, w])).toEqual([1, 1, 2, 2, 3, 3]);
  });

  test("a compiled function within another", async () => {
    const w = new Variable(renga.zeros([2]), { name: "w" });
    const inner = compile(() => w.assignAdd(renga.ones([2])));
    const outer = compile((x: Tensor) => {
      inner();
      return x.add(w);
    });
    let view: Tensor | undefined;
    for (let i = 1; i <= 4; i++) {
      expect(await outer(renga.zeros([2])).array()).toEqual([i, i]);
      if (i === 1) view = w.reshape([2, 1]);
    }
    expect(await view?.array()).toEqual([[1], [1]]);
  });

  test("constants and closures stay alive", async () => {
    const outside = tensor([10, 20]);
    const f = compile((x: Tensor) => x.add(tensor([1, 2])).add(outside));
    for (let i = 0; i < 4; i++) expect(await f(tensor([i, i])).array()).toEqual([11 + i, 22 + i]);
    outside.dispose();
    expect(await f(tensor([0, 0])).array()).toEqual([11, 22]);
  });

  test("random tensors differ from call to call", async () => {
    const generator = new renga.Generator(5);
    const other = new renga.Generator(5);
    const f = compile(() => generator.normal([4]));
    for (let i = 0; i < 4; i++) {
      expect(await f().array()).toEqual(await other.normal([4]).array());
    }
  });

  test("under a tape it runs as it is", async () => {
    const f = compile((x: Tensor) => x.square().sum());
    const x = tensor([1, 2]);
    for (let i = 0; i < 3; i++) {
      const [g] = grad(() => f(x), [x]);
      expect(await g?.array()).toEqual([2, 4]);
    }
  });

  test("wrong uses", () => {
    const reads = compile((x: Tensor) => {
      void x.add(1).data();
      return x;
    });
    expect(() => reads(renga.ones([1]))).toThrow(/cannot read values back/);
    let leak: Tensor | undefined;
    const leaks = compile((x: Tensor) => {
      leak = renga.scope(() => x.add(1));
      return { leak };
    });
    leaks(renga.ones([1]));
    leaks(renga.ones([1]));
    expect(() => leak?.mul(2)).toThrow(UsageError);
    const makes = compile(() => new Sequential([new Linear(2)])(renga.ones([1, 2])));
    expect(() => {
      for (let i = 0; i < 5; i++) makes();
    }).toThrow(/makes variables at every call/);
  });

  test("dispose gives the memory back", () => {
    const before = renga.memory().bytes;
    const f = compile((x: Tensor) => x.add(1).mul(2).sum());
    const x = renga.ones([100_000]);
    for (let i = 0; i < 3; i++) f(x).dispose();
    f.dispose();
    x.dispose();
    expect(renga.memory().bytes).toBe(before);
  });
});
