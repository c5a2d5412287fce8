import { describe, expect, test } from "vitest";
import { Variable, full, ones, zeros } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";
import { type Checkpoint, loadValues } from "../../src/workspace/index.ts";

const array = (shape: readonly number[], value: number): HostArray => {
  const size = shape.reduce((product, n) => product * n, 1);
  return { dtype: "f32", shape, data: new Float32Array(size).fill(value) };
};

const checkpoint: Checkpoint = {
  tensors: {
    "model/net/w": array([2], 1),
    "model/net/w#2": array([2], 2),
    "model/head/w": array([3], 3),
    "model/old/w": array([2], 4),
    "encoder/net/w": array([2], 5),
    "optimizer/adam/m/net/w": array([2], 6),
  },
  state: null,
};

const variable = (name: string, length: number): Variable =>
  new Variable(zeros([length]), { name });

const first = async (x: Variable): Promise<unknown> => ((await x.array()) as number[])[0];

describe("loadValues", () => {
  test("matches by name and order, and tells what did not match", async () => {
    const names = ["net/w", "net/w", "head/w", "lora/a"];
    const variables = names.map((name) => variable(name, 2));
    expect(loadValues(variables, checkpoint)).toEqual({
      matched: ["net/w", "net/w#2"],
      missing: ["lora/a"],
      unlike: ["head/w"],
      leftOver: ["old/w"],
    });
    expect(await Promise.all(variables.map(first))).toEqual([1, 2, 0, 0]);
  });

  test("from another module of the run, and under other names", async () => {
    const inner = variable("student/net/w", 2);
    const rename = (name: string): string => name.replace("student/", "");
    const report = loadValues([inner], checkpoint, { group: "encoder", rename });
    expect(report).toEqual({ matched: ["student/net/w"], missing: [], unlike: [], leftOver: [] });
    expect(await first(inner)).toBe(5);
    const except = { group: "encoder", rename, except: [inner] };
    expect(loadValues([inner], checkpoint, except)).toMatchObject({
      matched: [],
      missing: [],
      leftOver: ["net/w"],
    });
    const half = new Variable(full([2], 7), { name: "net/w" });
    const other = { tensors: { "model/net/w": { ...array([2], 1), dtype: "i32" } }, state: null };
    expect(loadValues([half], other as Checkpoint).unlike).toEqual(["net/w"]);
    expect(loadValues([new Variable(ones([2]), { name: "x" })], checkpoint).missing).toEqual(["x"]);
  });
});
