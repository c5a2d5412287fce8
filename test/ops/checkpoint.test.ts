import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import {
  Generator,
  type Tensor,
  UsageError,
  Variable,
  checkpoint,
  compile,
  grad,
  memory,
  valueAndGrad,
} from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { Dropout, Linear, Sequential } from "../../src/nn/index.ts";
import { expectGradients, randomTensor } from "../support/check.ts";

const bits = async (tensors: readonly (Tensor | null)[]): Promise<(number[] | null)[]> =>
  Promise.all(tensors.map(async (one) => (one === null ? null : [...(await one.data())])));

type Wrap = <Args extends readonly unknown[], Result extends Tensor | readonly Tensor[]>(
  fn: (...args: Args) => Result,
) => (...args: Args) => Result;

const plain: Wrap = (fn) => fn;

/** A deep chain of matrix products, four to a block. */
function chain(weights: readonly Variable[], wrap: Wrap): (x: Tensor) => Tensor {
  const block = (from: number) => (x: Tensor) => {
    return weights.slice(from, from + 4).reduce<Tensor>((y, w) => y.matmul(w).tanh(), x);
  };
  const starts = weights.map((_, i) => i).filter((i) => i % 4 === 0);
  return (x) => starts.reduce((y, from) => wrap(block(from))(y), x);
}

const makeWeights = (count: number, width: number): Variable[] =>
  Array.from({ length: count }, (_, i) => {
    return new Variable(randomTensor([width, width], i, -0.2, 0.2), { name: `w${i}` });
  });

describe("checkpoint", () => {
  test.each(["eager", "compiled"])("%s, it gives the bits of the plain function", async (mode) => {
    const outside = randomTensor([6], 9);
    const run = async (wrap: Wrap): Promise<unknown> => {
      renga.setSeed(4);
      const generator = new Generator(3);
      const [first, second] = [new Linear(6), new Linear(6)];
      const dropout = new Dropout(0.4, { generator });
      // Layers and dropout in one block, so that the first call draws weights and a mask.
      const block = (x: Tensor, scale: number): readonly [Tensor, Tensor] => {
        const hidden = dropout(first(x).relu(), { isTraining: true });
        return [second(hidden).mul(outside).mul(scale), hidden.sum(0)];
      };
      const loss = (x: Tensor): Tensor => {
        const [y, sums] = wrap(block)(x, 2);
        const [z] = wrap(block)(y, 0.5);
        return z.square().sum().add(sums.sum());
      };
      const step = (x: Tensor): readonly (Tensor | null)[] => {
        using tape = new renga.GradientTape();
        tape.watch(x, outside);
        const value = loss(x);
        const variables = [...first.trainableVariables, ...second.trainableVariables];
        return [value, ...tape.gradient(value, [x, outside, ...variables])];
      };
      const called = mode === "compiled" ? compile(step) : step;
      const all: unknown[] = [];
      for (let t = 0; t < 4; t++) all.push(await bits(called(randomTensor([5, 6], t))));
      return [all, generator.state()];
    };
    expect(await run(checkpoint)).toEqual(await run(plain));
  });

  test("eagerly, the most memory in use at a time falls", () => {
    const weights = makeWeights(32, 64);
    const x = randomTensor([128, 64], 50);
    const peak = (wrap: Wrap): number => {
      device().trim();
      const before = memory().bytes;
      const grads = grad(() => chain(weights, wrap)(x).sum(), weights);
      // What was in use at some time is in use or cached now.
      const after = memory().bytes + memory().cached.bytes;
      for (const one of grads) one?.dispose();
      return after - before;
    };
    const [without, withIt] = [peak(plain), peak(checkpoint)];
    expect(withIt).toBeLessThan(without * 0.65);
    device().trim();
  });

  test("compiled, the planned memory falls and the gradients keep their bits", async () => {
    const weights = makeWeights(32, 16);
    const x = randomTensor([256, 16], 50);
    const run = async (wrap: Wrap): Promise<{ kibibytes: number; grads: unknown }> => {
      const step = compile((input: Tensor) => {
        const grads = grad(() => chain(weights, wrap)(input).sum(), weights);
        return grads as Tensor[];
      });
      for (let i = 0; i < 2; i++) step(x);
      const grads = await bits(step(x));
      const [, kibibytes] = /memory ([\d.]+) KiB/.exec(step.explain()) ?? [];
      step.dispose();
      return { kibibytes: Number(kibibytes), grads };
    };
    const [without, withIt] = [await run(plain), await run(checkpoint)];
    expect(withIt.grads).toEqual(without.grads);
    expect(withIt.kibibytes).toBeLessThan(without.kibibytes / 2);
  });

  test("checkpoints nest, and can be differentiated again", async () => {
    const w = randomTensor([3, 3], 5);
    const inner = checkpoint((x: Tensor) => x.matmul(w).tanh());
    const f = checkpoint((x: Tensor) => inner(inner(x)).square());
    await expectGradients(f, [randomTensor([2, 3], 6)]);
    const penalty = (x: Tensor): Tensor => {
      const [g] = grad(() => f(x).sum(), [x]);
      return (g as Tensor).square();
    };
    await expectGradients(penalty, [randomTensor([2, 3], 7)]);
  });

  test("outputs that are inputs, come twice, or are not differentiable", async () => {
    const [x, w] = [randomTensor([3], 1), new Variable(randomTensor([3], 2), { name: "w" })];
    const f = (a: Tensor) => {
      const y = a.mul(w);
      return [a, y, y, w, a.greater(0)] as const;
    };
    const gradients = (wrap: Wrap): (Tensor | null)[] => {
      return grad(() => {
        const [a, y, again, v, isPositive] = wrap(f)(x);
        return renga.where(isPositive, a.mul(y), again.mul(v)).sum();
      }, [x, w]);
    };
    expect(await bits(gradients(checkpoint))).toEqual(await bits(gradients(plain)));
  });

  test("without a tape it is the function", async () => {
    const f = checkpoint((x: Tensor, n: number) => x.add(n));
    expect(await f(renga.ones([2]), 3).array()).toEqual([4, 4]);
  });

  test("wrong uses", () => {
    const w = new Variable(renga.ones([2]), { name: "w" });
    const count = new Variable(renga.zeros([]), { name: "count", trainable: false });
    const counts = checkpoint((x: Tensor) => {
      count.assignAdd(renga.ones([]));
      return x.mul(w);
    });
    const x = renga.ones([2]);
    expect(() => grad(() => counts(x).sum(), [w])).toThrow(/may not|must not assign.*count/);
    let calls = 0;
    const generator = new Generator(1);
    const differs = checkpoint((y: Tensor) => {
      return calls++ === 0 ? y.mul(w) : generator.dropout(y.mul(w), 0.5);
    });
    expect(() => grad(() => differs(x).sum(), [w])).toThrow(UsageError);
    const stale = checkpoint((y: Tensor) => y.mul(w));
    const changes = (): Tensor => {
      const y = stale(x).sum();
      w.assign(renga.zeros([2]));
      return y;
    };
    expect(() => valueAndGrad(changes, [w])).toThrow(/changed between/);
  });

  test("modules make their variables within", async () => {
    const model = new Sequential([new Linear(4), (x) => x.relu(), new Linear(1)]);
    const f = checkpoint(model);
    const x = randomTensor([2, 3], 8);
    const loss = (): Tensor => f(x).sum();
    const got = grad(loss, () => model.trainableVariables);
    expect(await bits(got)).toEqual(
      await bits(grad(() => model(x).sum(), model.trainableVariables)),
    );
  });
});
