import { describe, expect, test } from "vitest";
import type { Tensor } from "../../src/index.ts";
import { DataLoader, dataset, noiseFeed, withNoise } from "../../src/data/index.ts";
import { Sample } from "../../src/scenarios/index.ts";

const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i);
const labelled = (): DataLoader =>
  new DataLoader(dataset({ condition: { dtype: "f32", shape: [6, 1], data: numbers(6) } }), {
    batchSize: 4,
    epochs: 1,
  });

describe("Sample", () => {
  test("gathers batches, the last one in part, and the noise stays where it was", async () => {
    const data = noiseFeed({ size: 3, batchSize: 4, seed: 2 });
    await data.next();
    const [second, third] = [await data.peek(), (await data.next(), await data.peek())];
    data.restore({ batch: 1 });
    const generator = (noise: Tensor): Tensor => noise.mul(2).add(1).reshape([-1, 3, 1]);
    const made: number[] = [];
    const run = new Sample({ count: 6 }).run({ generator, data });
    let next = await run.next();
    for (; next.done !== true; next = await run.next()) made.push(next.value.made);
    expect(made).toEqual([4, 6]);
    const noise = [...(second?.noise?.data ?? []), ...(third?.noise?.data ?? []).slice(0, 6)];
    expect(next.value.shape).toEqual([6, 3, 1]);
    [...next.value.data].forEach((value, i) => {
      expect(value).toBeCloseTo(2 * (noise[i] as number) + 1, 5);
    });
    expect(data.state()).toEqual({ batch: 1 });
    expect(await new Sample({ count: 6 })({ generator, data })).toEqual(next.value);
  });

  test("conditions go with the noise", async () => {
    const generator = (noise: Tensor, condition?: Tensor): Tensor => {
      return noise.mul(0).add(condition ?? 9);
    };
    const data = withNoise(labelled(), { size: 2 });
    const made = await new Sample({ count: 5 })({ generator, data });
    expect([...made.data]).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });

  test("data that are wrong or too few are told", async () => {
    const generator = (noise: Tensor): Tensor => noise;
    const few = withNoise(labelled(), { size: 2 });
    await expect(new Sample({ count: 7 })({ generator, data: few })).rejects.toThrow(
      /must last for all examples. Got 6 of 7/,
    );
    expect(few.state()).toMatchObject({ batch: 0 });
    await expect(new Sample({ count: 1 })({ generator, data: labelled() })).rejects.toThrow(
      /Sample: batches must have the fields noise. Got condition/,
    );
    expect(() => new Sample({ count: 0.5 })).toThrow(/count must be a positive integer/);
  });
});
