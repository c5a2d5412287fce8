import { describe, expect, test } from "vitest";
import { Generator, grad, ones } from "../../src/index.ts";
import { philox } from "../../src/tensor/philox.ts";
import { HostRandom } from "../../src/index.ts";

describe("random numbers", () => {
  test("Philox 4x32-10: the known answers of its authors", () => {
    expect([...philox([0, 0, 0, 0], [0, 0])]).toEqual([
      0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8,
    ]);
    const f = 0xffffffff;
    expect([...philox([f, f, f, f], [f, f])]).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect([
      ...philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    ]).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
  });

  test("the GPU draws what the host draws", async () => {
    const got = await new Generator(42).uniform([10]).data();
    const want = [0, 1, 2].flatMap((i) => [...philox([i, 0, 0, 0], [42, 0])]);
    expect([...got]).toEqual(want.slice(0, 10).map((word) => (word >>> 8) * 2 ** -24));
  });

  test("moments and bounds", async () => {
    const g = new Generator(7);
    const n = 20_000;
    const stats = (x: ArrayLike<number>) => {
      const values = Array.from(x);
      const mean = values.reduce((a, b) => a + b, 0) / n;
      const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
      return { mean, deviation, most: Math.max(...values.map(Math.abs)) };
    };
    const normal = stats(await g.normal([n], 1, 2).data());
    expect(normal.mean).toBeCloseTo(1, 1);
    expect(normal.deviation).toBeCloseTo(2, 1);
    const cut = stats(await g.truncatedNormal([n]).data());
    expect(cut.most).toBeLessThanOrEqual(2.0001);
    expect(cut.deviation).toBeCloseTo(0.8796, 1);
    expect(stats(await g.bernoulli([n], 0.3).data()).mean).toBeCloseTo(0.3, 1);
    expect([...(await g.permutation(50).data())].sort((a, b) => a - b)).toEqual([
      ...Array(50).keys(),
    ]);
  });

  test("a restored generator goes on the same", async () => {
    const g = new Generator(3);
    g.normal([5]);
    const state = g.state();
    const next = await g.uniform([5]).array();
    const other = new Generator();
    other.restore(state);
    expect(await other.uniform([5]).array()).toEqual(next);
    expect(() => new Generator(-1)).toThrow(/non-negative integer/);
  });

  test("dropout keeps the expectation and its mask", async () => {
    const x = ones([4000]);
    const g = new Generator(1);
    const y = await g.dropout(x, 0.25).data();
    expect(new Set(y)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(y.reduce((a: number, b) => a + b, 0) / 4000).toBeCloseTo(1, 1);
    g.restore({ seed: 1, calls: 0 });
    const [dx] = grad(() => g.dropout(x, 0.25).sum(), [x]);
    expect(await dx?.data()).toEqual(y);
    expect(() => g.dropout(x, 1)).toThrow(/rate must be in \[0, 1\)/);
  });

  test("host shuffles are permutations, decided by seed and stream", () => {
    const order = new HostRandom(5, 2).permutation(100);
    expect(new Set(order).size).toBe(100);
    expect(new HostRandom(5, 2).permutation(100)).toEqual(order);
    expect(new HostRandom(5, 3).permutation(100)).not.toEqual(order);
  });
});
