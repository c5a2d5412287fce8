import { describe, expect, test } from "vitest";
import { type Tensor, compile, full, scope, tensor, zeros } from "../../src/index.ts";
import { Mean } from "../../src/metrics/index.ts";
import { CompensatedSum } from "../../src/metrics/compensatedSum.ts";
import { Counts } from "../../src/metrics/counts.ts";

describe("long accumulations", () => {
  test("counts run past 2²⁴ and 2³²", async () => {
    const counts = new Counts([2]);
    const add = (a: number, b: number): void => {
      scope(() => counts.add(tensor([a, b], { dtype: "u32" })));
    };
    add(2 ** 24, 2 ** 32 - 1);
    for (let i = 0; i < 3; i++) add(1, 2 ** 31);
    expect([...(await counts.read())]).toEqual([2 ** 24 + 3, 2 ** 32 - 1 + 3 * 2 ** 31]);
    counts.reset();
    expect([...(await counts.read())]).toEqual([0, 0]);
  });

  test.each(["eager", "compiled"])("small numbers do not drown in a large sum, %s", async (how) => {
    const total = new CompensatedSum([5]);
    const large = [2 ** 26, -(2 ** 26), 1, 0, 1e-30];
    const small = [0.1, 0.1, 0.1, 1 / 3, -1e-31];
    const add = (x: Tensor): Tensor => {
      total.add(x);
      return zeros([]);
    };
    const step = how === "compiled" ? compile(add) : add;
    const x = tensor(small);
    scope(() => step(tensor(large)));
    for (let i = 0; i < 400; i++) scope(() => step(x));
    const sums = await total.read();
    large.forEach((value, i) => {
      const want = Math.fround(value) + 400 * Math.fround(small[i] as number);
      expect(Math.abs((sums[i] as number) - want)).toBeLessThan(1e-12 * Math.abs(value) + 1e-12);
    });
  });
});

describe("Mean", () => {
  test("keeps what f32 would lose, and infinity and NaN", async () => {
    const mean = new Mean();
    expect(mean.name).toBe("mean");
    expect(await mean.result()).toBeNaN();
    mean.update(tensor([2 ** 25]));
    for (let i = 0; i < 64; i++) mean.update(full([3], 1));
    expect(await mean.result()).toBe((2 ** 25 + 192) / 193);
    mean.update(tensor([true, false, true]));
    expect(await mean.result()).toBe((2 ** 25 + 194) / 196);
    mean.update(tensor([Infinity]));
    mean.update(tensor([1]));
    expect(await mean.result()).toBe(Infinity);
    mean.update(tensor([NaN]));
    expect(await mean.result()).toBeNaN();
    mean.reset();
    mean.update(tensor(new Float32Array(0)));
    expect(await mean.result()).toBeNaN();
  });
});
