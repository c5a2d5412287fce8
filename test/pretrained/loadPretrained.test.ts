import { describe, expect, test } from "vitest";
import { DataError, UsageError, Variable, zeros } from "../../src/index.ts";
import { type HostArray, bytesSource } from "../../src/data/index.ts";
import {
  type PretrainedReport,
  exportPretrained,
  loadPretrained,
  mapConstant,
  mapGates,
  mapSum,
  mapTensor,
  openSafetensors,
} from "../../src/pretrained/index.ts";
import { encodeSafetensors } from "../../src/workspace/index.ts";
import { noise, range } from "./arrays.ts";

const variable = (name: string, ...shape: number[]): Variable =>
  new Variable(zeros(shape), { name });

const values = (x: Variable): Promise<number[]> => x.data().then((data) => [...data]);

const array = (...data: number[]): HostArray => {
  return { dtype: "f32", shape: [data.length], data: Float32Array.from(data) };
};

describe("matching", () => {
  test("by name, renamed; everything must match", async () => {
    const [w, b] = [variable("net/w", 2), variable("net/b", 1)];
    const tensors = { w: array(1, 2), b: array(3) };
    const rename = (name: string): string => name.replace("net/", "");
    const report = await loadPretrained([w, b], tensors, { rename });
    expect(report).toEqual({ matched: ["net/w", "net/b"], missing: [], unlike: [], leftOver: [] });
    expect([await values(w), await values(b)]).toEqual([[1, 2], [3]]);
    expect(await exportPretrained([w, b], { rename })).toEqual(tensors);
  });

  test("what does not match is told, and changes nothing unless that is wanted", async () => {
    const all = [variable("a", 2), variable("b", 2), variable("c", 2)] as const;
    const tensors = { a: array(1, 2), b: array(1, 2, 3), d: array(4) };
    const report: PretrainedReport = {
      ...{ matched: ["a"], missing: ["c"], leftOver: ["d"] },
      unlike: [{ name: "b", tensor: "b", wanted: "f32 [2]", got: "f32 [3]" }],
    };
    const error = await loadPretrained(all, tensors).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toMatch(
      /nothing for c; unlike b f32 \[3\] for f32 \[2\]; left over d\. .*strict: false/,
    );
    expect((error as DataError).details.report).toEqual(report);
    expect(await values(all[0])).toEqual([0, 0]);
    expect(await loadPretrained(all, tensors, { strict: false })).toEqual(report);
    expect(await values(all[0])).toEqual([1, 2]);
    const rest = { except: [all[1], all[2]], ignore: (name: string) => name !== "a" };
    expect((await loadPretrained(all, tensors, rest)).matched).toEqual(["a"]);
  });

  test("dtypes: f16 for f32, but whole numbers for none", async () => {
    const [x, n] = [variable("x", 2), new Variable(zeros([1], "i32"), { name: "n" })];
    const half: HostArray = { ...array(0.5, 1), dtype: "f16" };
    const count: HostArray = { dtype: "i32", shape: [1], data: Int32Array.of(5) };
    await loadPretrained([x, n], { x: half, n: count });
    expect([await values(x), await values(n)]).toEqual([[0.5, 1], [5]]);
    await expect(loadPretrained([n], { n: array(5) })).rejects.toThrow(/n f32 \[1\] for i32 \[1\]/);
  });

  test("an array in memory must have as many elements as its shape", async () => {
    const broken: HostArray = { ...array(1, 2), shape: [3] };
    await expect(loadPretrained([variable("x", 3)], { x: broken })).rejects.toThrow(DataError);
  });

  test("of a file only what is needed is read, after everything was compared", async () => {
    const [w, v] = [variable("w", 4), variable("v", 2)];
    const tensors = { w: noise(4), v: noise(2), other: noise(100_000) };
    const file = encodeSafetensors({ tensors, metadata: {} });
    const memory = bytesSource({ "model.safetensors": file });
    let read = 0;
    const source: typeof memory = {
      ...memory,
      readRange: async (name, start, end) => {
        const part = await (memory.readRange as NonNullable<typeof memory.readRange>)(
          name,
          start,
          end,
        );
        read += part?.bytes.length ?? 0;
        return part;
      },
    };
    const reader = await openSafetensors(source);
    await expect(loadPretrained([w], reader)).rejects.toThrow(/left over other, v/);
    expect(read).toBeLessThan(70_000);
    await loadPretrained([w, v], reader, { ignore: (name) => name === "other" });
    expect(await values(w)).toEqual([...tensors.w.data]);
    expect(await values(v)).toEqual([...tensors.v.data]);
    expect(read).toBeLessThan(70_000);
  });
});

describe("mappings", () => {
  test("axes, shapes, gates, sums and constants", async () => {
    const matrix = variable("matrix", 3, 2, 4);
    const gates = variable("gates", 2, 3);
    const [bias, count] = [variable("bias", 2), new Variable(zeros([], "i32"), { name: "count" })];
    const mappings = [
      mapTensor(matrix, "m", { axes: [1, 2, 0], shape: [4, 6] }),
      mapGates(gates, "g", { order: [2, 0, 1], signs: [1, -1, 1] }),
      mapSum(bias, ["b1", "b2"]),
      mapConstant(count, 9),
    ];
    const m: HostArray = { dtype: "f32", shape: [4, 6], data: Float32Array.from(range(24)) };
    const g: HostArray = { dtype: "f32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const tensors = { m, g, b1: array(1, 2), b2: array(10, 20) };
    const target = [matrix, gates, bias, count];
    await loadPretrained(target, tensors, { mappings });
    // Element [i, j, k] is [k, i, j] of [4, 3, 2].
    const wanted = range(24).map((n) => {
      const [i, j, k] = [Math.floor(n / 8), Math.floor(n / 4) % 2, n % 4];
      return k * 6 + i * 2 + j;
    });
    expect(await values(matrix)).toEqual(wanted);
    expect(await values(gates)).toEqual([3, -1, 2, 6, -4, 5]);
    expect(await values(bias)).toEqual([11, 22]);
    expect(await values(count)).toEqual([9]);
    const back = await exportPretrained(target, { mappings });
    expect(back).toEqual({ ...tensors, b1: array(11, 22), b2: array(0, 0) });
  });

  test("mappings that cannot be are told", async () => {
    const [x, y] = [variable("x", 2, 3), variable("y", 2)];
    expect(() => mapTensor(x, "x", { axes: [0, 0] })).toThrow(/each once/);
    expect(() => mapTensor(x, "x", { shape: [7] })).toThrow(/as many elements/);
    const twice = { mappings: [mapTensor(y, "a"), mapTensor(y, "b")] };
    await expect(loadPretrained([y], {}, twice)).rejects.toThrow(/two of y/);
    const stranger = { mappings: [mapTensor(x, "x")] };
    await expect(loadPretrained([y], {}, stranger)).rejects.toThrow(UsageError);
    await expect(loadPretrained([], {})).rejects.toThrow(/there must be variables/);
    const broken = { ...mapTensor(y, "y"), decode: () => [array(1)] };
    const loading = loadPretrained([y], { y: array(1, 2) }, { mappings: [broken] });
    await expect(loading).rejects.toThrow(/give its variables' shapes/);
    const same = { rename: () => "same" };
    await expect(exportPretrained([x, y], same)).rejects.toThrow(/two of same/);
  });
});
