import { describe, expect, test } from "vitest";
import { DataError } from "../../src/index.ts";
import type { Batch } from "../../src/data/index.ts";
import { ReplayBuffer, RolloutBuffer } from "../../src/environments/index.ts";

/** Rows `from` to `to`: each has its number in both fields. */
function rows(from: number, to: number): Batch {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  return {
    actions: { dtype: "i32", shape: [to - from], data: Int32Array.from(numbers) },
    observations: {
      dtype: "f32",
      shape: [to - from, 2],
      data: Float32Array.from(numbers.flatMap((n) => [n, n / 2])),
    },
  };
}

describe("ReplayBuffer", () => {
  test("keeps the newest, and the fields of a row together", () => {
    const buffer = new ReplayBuffer({ capacity: 5, seed: 1 });
    expect(() => buffer.sample(1)).toThrow(/rows to draw from/);
    for (let i = 0; i < 8; i += 2) buffer.add(rows(i, i + 2));
    expect(buffer.size).toBe(5);
    const { actions, observations } = buffer.sample(200);
    expect(new Set(actions?.data)).toEqual(new Set([3, 4, 5, 6, 7]));
    expect(observations?.shape).toEqual([200, 2]);
    actions?.data.forEach((n, i) => {
      expect([...(observations?.data.slice(2 * i, 2 * i + 2) ?? [])]).toEqual([n, n / 2]);
    });
  });

  test("each row comes as often", () => {
    const buffer = new ReplayBuffer({ capacity: 8, seed: 2 });
    buffer.add(rows(0, 8));
    const counts = new Array<number>(8).fill(0);
    for (const n of buffer.sample(8000).actions?.data ?? []) counts[n] = (counts[n] as number) + 1;
    // Within four deviations of a binomial count.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(119);
  });

  test.each([3, 7])("restored after %d rows it goes on as it would have", (count) => {
    const buffer = new ReplayBuffer({ capacity: 5, seed: 3 });
    for (let i = 0; i < count; i++) buffer.add(rows(i, i + 1));
    buffer.sample(3);
    const state = JSON.parse(JSON.stringify(buffer.state())) as ReturnType<typeof buffer.state>;
    const saved = buffer.arrays();
    const before = JSON.stringify(saved);
    const other = new ReplayBuffer({ capacity: 5 });
    other.restore(state, saved);
    for (let i = 0; i < 4; i++) {
      for (const one of [buffer, other]) one.add(rows(20 + i, 21 + i));
      expect(other.sample(6)).toEqual(buffer.sample(6));
    }
    expect(other.arrays()).toEqual(buffer.arrays());
    expect(JSON.stringify(saved)).toBe(before);
    const small = new ReplayBuffer({ capacity: 2 });
    expect(() => small.restore(state, buffer.arrays())).toThrow(/5 rows for 2/);
  });

  test("an empty one too; rows unlike those before are refused", () => {
    const buffer = new ReplayBuffer({ capacity: 5, seed: 3 });
    buffer.restore(buffer.state(), buffer.arrays());
    expect(buffer.size).toBe(0);
    const { actions, observations } = rows(0, 2) as Required<ReturnType<typeof rows>>;
    expect(() => buffer.add({ actions, observations: rows(0, 3).observations } as Batch)).toThrow(
      /as many rows. Got 2 and 3/,
    );
    buffer.add({ actions, observations } as Batch);
    expect(() => buffer.add({ actions } as Batch)).toThrow(/observations must be like those/);
    expect(() => buffer.add({ actions, observations: actions } as Batch)).toThrow(DataError);
    expect(buffer.size).toBe(2);
    expect(() => new ReplayBuffer({ capacity: 0 })).toThrow(/capacity must be an integer/);
  });
});

describe("RolloutBuffer", () => {
  test("steps follow each other, and leave when taken", () => {
    const buffer = new RolloutBuffer(3);
    for (let i = 0; i < 3; i++) buffer.add(rows(2 * i, 2 * i + 2));
    expect(buffer.isFull).toBe(true);
    expect(() => buffer.add(rows(0, 2))).toThrow(/a step after 3/);
    expect(buffer.take()).toEqual(rows(0, 6));
    expect(buffer.isFull).toBe(false);
    expect(buffer.take()).toEqual({});
  });
});
