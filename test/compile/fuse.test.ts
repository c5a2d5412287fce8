// Fused commands do what the single ones did: fixed cases with their dispatch counts, then random
// programs against the same programs run eagerly.

import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Compiled, type Tensor, Variable, compile, tensor } from "../../src/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { numbers, randomTensor } from "../support/check.ts";
import { describeClasses } from "../support/classes.ts";

const dispatchesOf = (f: Compiled<never[], unknown>): number =>
  Number(/(\d+) dispatches/.exec(f.explain())?.[1]);

/** Compares two calls of the compiled function with an eager one. */
async function expectReplay(
  run: (x: Tensor) => Tensor | readonly Tensor[],
  x: Tensor,
  dispatches: number | undefined,
): Promise<void> {
  const f = compile(run);
  const listOf = async (of: (given: Tensor) => Tensor | readonly Tensor[]): Promise<number[][]> => {
    const all = [of(x)].flat() as Tensor[];
    return Promise.all(all.map(async (y) => [...(await y.data())]));
  };
  const want = await listOf(run);
  for (let i = 0; i < 2; i++) {
    const got = await listOf(f);
    got.forEach((values, k) => {
      expect(values.length).toBe(want[k]?.length);
      values.forEach((v, at) => expect(v).toBeCloseTo(want[k]?.[at] as number, 5));
    });
  }
  if (dispatches !== undefined) expect(dispatchesOf(f as never)).toBe(dispatches);
  f.dispose();
}

describe("fused", () => {
  const row = randomTensor([6], 2);
  const fours = randomTensor([4], 4);
  const column = randomTensor([5, 1], 3);

  test.each<[string, number, (x: Tensor) => Tensor | readonly Tensor[]]>([
    ["a chain", 1, (x) => x.mul(2).add(1).exp().tanh()],
    ["a diamond", 1, (x) => x.exp().mul(x.neg()).add(x.exp())],
    ["several results", 1, (x) => [x.exp(), x.exp().add(1), x.exp().add(1).relu()]],
    [
      "rows and columns",
      1,
      (x) =>
        x
          .mul(row)
          .add(column)
          .sub(row.slice([[1, 2]])),
    ],
    [
      "rows of a power of two",
      1,
      (x) =>
        x
          .slice([null, [0, 4]])
          .exp()
          .mul(fours)
          .sub(fours),
    ],
    ["masks", 1, (x) => renga.where(x.greater(0), x, 0).mul(x.less(0.5).cast("f32"))],
    ["helpers and numbers", 1, (x) => x.sigmoid().log().clip({ min: -1, max: 3 }).erf()],
    ["a transposed operand", 1, (x) => x.transpose().exp().add(x.transpose())],
    [
      "constants",
      1,
      (x) =>
        x
          .mul(renga.full([5, 6], 3))
          .add(renga.arange(6))
          .add(renga.ones([])),
    ],
    ["the same twice", 1, (x) => x.matmul(x.transpose()).add(x.matmul(x.transpose())).relu()],
    ["a sum between", 2, (x) => x.exp().div(x.exp().sum()).add(1)],
    ["integers", 1, (x) => x.mul(10).cast("i32").mul(3).add(1).cast("f32").mul(0.5)],
    [
      "a part of a chain's value",
      2,
      (x) =>
        x
          .exp()
          .slice([[1, 3]])
          .exp()
          .add(1),
    ],
    ["concatenated parts", 2, (x) => renga.concat([x.exp(), x.neg()], 0)],
  ])("%s", async (_, dispatches, run) => {
    await expectReplay(run, randomTensor([5, 6], 1), dispatches);
  });
});

describeClasses("fused into their operand", () => {
  const rows = 24;
  test.each<[string, (x: Tensor, w: Tensor) => Tensor | readonly Tensor[]]>([
    ["a product", (x, w) => x.matmul(w).mul(2).tanh()],
    [
      "a product and what it was",
      (x, w) => [x.matmul(w).relu(), x.matmul(w).sigmoid().add(w.sum(0))],
    ],
    [
      "a long product in parts",
      (x, w) =>
        renga
          .tile(x, [1, 40])
          .matmul(renga.tile(w, [40, 1]))
          .add(1)
          .exp()
          .log(),
    ],
    [
      "a product with a transposed operand",
      (x, w) => renga.matmul(w, x, { transposeA: true, transposeB: true }).square(),
    ],
    [
      "a convolution",
      (x, w) =>
        renga
          .conv(x.reshape([1, rows, 4, 4]), w.reshape([2, 2, 4, -1]))
          .relu()
          .add(0.5),
    ],
    [
      "a residual of what the product reads",
      (x) =>
        x
          .tanh()
          .matmul(renga.ones([16, 16]).mul(0.1))
          .add(x.tanh())
          .relu(),
    ],
    ["a residual", (x) => x.matmul(x.transpose()).matmul(x).mul(0.1).add(x)],
  ])("%s", async (_, run) => {
    for (const columns of [16, 5, 8]) {
      const [x, w] = [randomTensor([rows, 16], 1), randomTensor([16, columns], 2)];
      await expectReplay((given) => run(given, w), x, undefined);
    }
  });
});

describeClasses("fused into a reduction", () => {
  const column = randomTensor([6, 1], 2);
  test.each<[string, number, (x: Tensor) => Tensor | readonly Tensor[]]>([
    ["of all", 1, (x) => x.sub(1).square().mean()],
    ["of rows", 1, (x) => x.mul(column).tanh().sum(1)],
    ["of columns", 1, (x) => x.add(1).exp().sum(0)],
    ["of a middle axis", 1, (x) => x.exp().reshape([3, 2, -1]).mean(1)],
    ["of a view", 1, (x) => x.transpose().max(0)],
    ["whose values others need", 1, (x) => [x.exp(), x.exp().sum(0), x.exp().mul(2)]],
    ["that is one of two", 2, (x) => [x.sigmoid().sum(0), x.sigmoid().sum(1)]],
    [
      "of a part of the values",
      2,
      (x) =>
        x
          .exp()
          .slice([[1, 4]])
          .sum(),
    ],
    ["of integers", 1, (x) => x.mul(10).cast("i32").sum(0)],
    ["of truths", 1, (x) => x.greater(1).any(1)],
    ["after which it goes on", 3, (x) => x.square().mean().add(1e-3).sqrt().add(x)],
  ])("%s", async (_, dispatches, run) => {
    for (const columns of [16, 5])
      await expectReplay(run, randomTensor([6, columns], 1), dispatches);
  });

  test.each([
    [3, 5000, 3],
    [5000, 3, 4],
    [5000, 4, 4],
  ])("in splits, %i of %i", async (rows, columns, dispatches) => {
    const x = randomTensor([rows, columns], 3);
    await expectReplay(
      (y) => [y.mul(2).square().mean(), y.neg().sum(0).mul(1e-3)],
      x,
      dispatches + 1,
    );
  });

  test("of a variable's new value", async () => {
    const w = new Variable(tensor([1, 2, 3]));
    const f = compile((x: Tensor) => {
      w.assignAdd(x);
      return w.square().sum();
    });
    for (let i = 1; i < 4; i++) {
      const want = [1, 2, 3].reduce((sum, v) => sum + (v + i) ** 2, 0);
      expect(await f(tensor([1, 1, 1])).item()).toBe(want);
    }
    expect(await w.array()).toEqual([4, 5, 6]);
    expect(dispatchesOf(f as never)).toBe(1);
    expect(f.explain()).toContain("reduce add copy square + sum");
    w.dispose();
  });
});

describe("fused with what lasts", () => {
  test("a variable is read before it is overwritten, and after", async () => {
    const w = new Variable(tensor([1, 2, 3]));
    const f = compile((x: Tensor) => {
      const before = w.mul(x);
      w.assignAdd(x);
      return [before, w.mul(x)];
    });
    let value = [1, 2, 3];
    for (let i = 1; i < 5; i++) {
      const [before, after] = f(tensor([i, i, i])) as [Tensor, Tensor];
      expect(await before.array()).toEqual(value.map((v) => v * i));
      value = value.map((v) => v + i);
      expect(await after.array()).toEqual(value.map((v) => v * i));
      expect(await w.array()).toEqual(value);
    }
    w.dispose();
  });

  test("an optimizer's gradients go straight into its arena", async () => {
    const weights = [[5, 4], [3], [8], [1]].map((shape, i) => {
      return new Variable(randomTensor(shape, i + 10), { name: `w${i}` });
    });
    const optimizer = new Adam({ learningRate: 0.01, clipGlobalNorm: 0.1 });
    const twins = weights.map((w) => new Variable(w.mul(1)));
    const twin = new Adam({ learningRate: 0.01, clipGlobalNorm: 0.1 });
    const loss = (all: readonly Tensor[]): Tensor => {
      return all
        .map((w, i) =>
          w
            .mul(i + 1)
            .square()
            .sum(),
        )
        .reduce((a, b) => a.add(b));
    };
    const step = compile(() => optimizer.minimize(() => loss(weights), weights));
    for (let i = 0; i < 4; i++) {
      const want = twin.minimize(() => loss(twins), twins);
      expect(await step().item()).toBeCloseTo(await want.item(), 4);
    }
    for (const [i, w] of weights.entries()) {
      const want = await (twins[i] as Tensor).data();
      (await w.data()).forEach((v, at) => expect(v).toBeCloseTo(want[at] as number, 5));
    }
    expect(step.explain().match(/pack/g)?.length ?? 0).toBeLessThanOrEqual(1);
  });
});

/** A program of random ops over earlier values, the same for the same seed. */
function randomProgram(seed: number): (x: Tensor, y: Tensor, w: Variable) => Tensor[] {
  return (x, y, w) => {
    const draw = numbers(400, seed, 0, 1);
    let at = 0;
    const below = (n: number): number => Math.floor((draw[at++] as number) * n);
    const shapes = [x.shape, y.shape, w.shape].map(String);
    const known: Tensor[] = [x, y, w];
    const pick = (): Tensor => known[known.length - 1 - below(Math.min(known.length, 6))] as Tensor;
    const fits = (t: Tensor): boolean => shapes.includes(String(t.shape)) && t.size <= 24;
    const kinds: ((a: Tensor, b: Tensor) => Tensor)[] = [
      (a) => a.tanh(),
      (a) => a.mul(0.5).add(0.25),
      (a) => a.sigmoid(),
      (a) => a.abs().add(1).log(),
      (a, b) => a.add(b),
      (a, b) => a.mul(b).tanh(),
      (a, b) => a.sub(b).mul(0.5),
      (a, b) => renga.where(a.greater(b), a, b.neg()),
      (a) => a.transpose().tanh().transpose(),
      (a) => a.sub(a.mean()),
      (a, b) => a.mul(b).sum(0).mul(0.1).add(b),
      (a) => a.square().mean(-1, { keepDims: true }).sub(a),
      (a, b) => a.sub(b).max().mul(0.5).add(a),
      (a) => a.matmul(a.transpose()).mean().mul(0.1).add(a),
      (a) => a.softmax(),
      (a) => renga.concat([a.slice([[0, 1]]), a.slice([[1, a.shape[0] as number]]).neg()], 0),
      (a) => {
        if (String(a.shape) === String(w.shape)) w.assign(a.mul(0.5));
        return a.exp().clip({ max: 2 });
      },
      () => w.mul(1.5).tanh(),
    ];
    for (let i = 0; i < 14; i++) {
      const made = (kinds[below(kinds.length)] as (typeof kinds)[number])(pick(), pick());
      if (fits(made)) known.push(made);
    }
    const kept = known.slice(3).filter(() => below(3) === 0);
    return [...kept, known.at(-1) as Tensor];
  };
}

describeClasses("random programs", (adapterClass) => {
  const count = adapterClass === "software" ? 30 : 10;
  test.each(Array.from({ length: count }, (_, i) => i + 1))("number %i", async (seed) => {
    const program = randomProgram(seed);
    const [n, m] = [3 + (seed % 4), 4];
    const start = randomTensor([n, m], seed);
    const [w, twin] = [new Variable(start), new Variable(start)];
    const f = compile((x: Tensor, y: Tensor) => program(x, y, w));
    for (let i = 0; i < 4; i++) {
      const [x, y] = [randomTensor([n, m], 100 * seed + i), randomTensor([m], 100 * seed + i + 50)];
      const want = program(x, y, twin);
      const got = f(x, y);
      expect(got.length).toBe(want.length);
      for (const [k, tensorGot] of [...got, w].entries()) {
        const expected = await ([...want, twin][k] as Tensor).data();
        (await tensorGot.data()).forEach((v, j) => expect(v).toBeCloseTo(expected[j] as number, 4));
      }
    }
    f.dispose();
  });
});
