import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
// @ts-expect-error a build script without types
import { reflectAll } from "../../tools/shaders.mjs";

interface Reflected {
  readonly file: string;
  readonly text: string;
  readonly source: {
    readonly bindings: readonly { name: string; access: string }[];
    readonly paramsSize: number;
    readonly entryPoints: readonly string[];
  };
}

const shaders = (await (reflectAll as () => Promise<Reflected[]>)()) as Reflected[];

const folder = join(import.meta.dirname, "../../src");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("shaders/"))
  .map((file) => readFileSync(join(folder, file), "utf8"));

describe.each(shaders.map((shader) => [shader.file, shader] as const))("%s", (file, shader) => {
  test("runs within the default limits of WebGPU", () => {
    const { bindings, paramsSize, entryPoints } = shader.source;
    expect(bindings.length).toBeLessThanOrEqual(8);
    expect(paramsSize).toBeLessThanOrEqual(256);
    expect(entryPoints.length).toBeGreaterThan(0);
    const groups = [...shader.text.matchAll(/@workgroup_size\(([^)]*)\)/g)];
    for (const [, sizes] of groups) {
      const threads = (sizes ?? "").split(",").reduce((product, n) => product * Number(n), 1);
      expect(threads).toBeLessThanOrEqual(256);
    }
    const shared = [...shader.text.matchAll(/var<workgroup> \w+: array<(vec4<f32>|\w+), (\d+)>/g)];
    const bytes = shared.reduce(
      (sum, [, type, n]) => sum + (type === "vec4<f32>" ? 16 : 4) * Number(n),
      0,
    );
    expect(bytes).toBeLessThanOrEqual(16384);
  });

  test("has a header, short lines, and a TypeScript user", () => {
    expect(shader.text.startsWith("// ")).toBe(true);
    const lines = shader.text.split("\n");
    expect(lines.length).toBeLessThanOrEqual(200);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const module = `shaders/${file.replace(".wgsl", ".ts")}"`;
    expect(sources.some((text) => text.includes(module))).toBe(true);
  });
});

interface RaceDetector {
  detectRaces(
    code: string,
    entryPoint: string,
    groups: readonly number[],
    bindings: unknown,
  ): { readonly races: readonly { message: string }[]; readonly errors: readonly string[] };
}

const ones = (count: number): Float32Array => new Float32Array(count).fill(1);
const params = (...words: number[]): { uniform: Uint32Array } => {
  return { uniform: Uint32Array.from([...words, ...Array<number>(24 - words.length).fill(0)]) };
};

/** Every entry point with barriers: its prelude, and bindings for one small launch. */
const BARRIERS: readonly [string, string, string, readonly unknown[], ReturnType<typeof params>][] =
  [
    [
      "reduce",
      "rows",
      `alias In = f32; alias Out = f32; alias Acc = f32;
const INITIAL: Acc = 0.0;
fn combine(a: Acc, b: Acc) -> Acc { return a + b; }
fn finish(a: Acc) -> Acc { return a; }`,
      [ones(200), ones(2)],
      params(2, 100, 1, 0, 1, 100),
    ],
    [
      "softmax",
      "groups",
      "alias Scalar = f32; const LOGARITHM = false;",
      [ones(200), ones(200)],
      params(2, 100, 0),
    ],
    [
      "matmulTiled",
      "main",
      `alias Scalar = f32; alias Result = f32;
const A_TRANSPOSED = false; const A_VECTOR = false; const B_TRANSPOSED = false;
const B_VECTOR = false; const BIAS = false;
fn activate(v: vec4<f32>) -> vec4<f32> { return v; }`,
      [ones(4096), ones(4096), ones(4096), ones(4096), ones(64), ones(4096)],
      params(64, 64, 64, 64, 64, 0, 0, 1, 0, 0, 0, 0, 1, 64, 1, 0),
    ],
  ];

describe("barriers", () => {
  const withBarriers = shaders.filter(({ text }) => text.includes("workgroupBarrier"));

  test("the table has every shader with barriers", () => {
    const names = withBarriers.map(({ file }) => file.replace(".wgsl", ""));
    expect(BARRIERS.map(([name]) => name).sort()).toEqual(names.sort());
  });

  test.each(BARRIERS)(
    "%s/%s: no race, and one without its first barrier",
    async (...row) => {
      const [name, entryPoint, prelude, buffers, uniform] = row;
      const path = "../../node_modules/wgsl_reflect/wgsl_reflect.module.js";
      const { detectRaces } = (await import(path)) as RaceDetector;
      const text = shaders.find(({ file }) => file === `${name}.wgsl`)?.text ?? "";
      const run = (code: string): ReturnType<typeof detectRaces> => {
        const storage = Object.fromEntries(buffers.map((buffer, i) => [i, buffer]));
        return detectRaces(`${prelude}\n${code}`, entryPoint, [1, 1, 1], {
          0: storage,
          1: { 0: uniform },
        });
      };
      expect(run(text)).toEqual({ races: [], errors: [] });
      expect(run(text.replace("workgroupBarrier();", "")).races.length).toBeGreaterThan(0);
    },
    120_000,
  );
});
