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
  const padding = Array<number>(Math.max(0, 24 - words.length)).fill(0);
  return { uniform: Uint32Array.from([...words, ...padding]) };
};
const part = (name: string): string => {
  return readFileSync(join(import.meta.dirname, `../../shaders/parts/${name}.wgsl`), "utf8");
};

/** Result and source of [1, 1, 4, 8], a kernel of one tap, strides and dilations 1, no border. */
const convSizes = [1, 1, 4, 8, 1, 1, 4, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0];

const places = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, i) => count - i);

type BarrierRow = [string, string, string, readonly unknown[], ReturnType<typeof params>];
/** The attention kernels on one item of 5 queries and 5 keys in rows of 4. */
function attentionRows(): [
  string,
  string,
  string,
  readonly unknown[],
  ReturnType<typeof params>,
][] {
  const score = readFileSync(join(import.meta.dirname, "../../shaders/parts/attentionScore.wgsl"));
  const sizes = "const ROWS = 16u; const LANES = 4u; const KEYS = 16u; const VECTORS = 1u;";
  const prelude = `const MASK = 0u; ${sizes}\n${score.toString()}`;
  const strides = [0, 0, 0, 1];
  const words = [1, 5, 5, 1, 1, 1, 5, 0, 1065353216, 0, 0, 0];
  const uniform = { uniform: new Uint32Array(64) };
  uniform.uniform.set([...words, 0, 0, 0, 0, ...strides, ...strides, ...strides, ...strides]);
  const bind = (count: number): Float32Array[] => Array.from({ length: count }, () => ones(64));
  return [
    ["attentionTiled", "main", prelude, bind(6), uniform],
    ["attentionTiledQueryGradient", "main", prelude, bind(7), uniform],
    ["attentionTiledKeyGradient", "main", prelude, bind(8), uniform],
    ["attentionSoftmax", "groupWeights", prelude, bind(4), uniform],
  ];
}

/** Every entry point with barriers: its prelude, and bindings for one small launch. */
const BARRIERS: readonly BarrierRow[] = [
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
    "rowNorm",
    "groups",
    `const CENTERED = true;
alias Value = f32;
fn total(v: Value) -> f32 { return v; }`,
    [ones(200), ones(100), ones(100), ones(200), ones(4)],
    params(2, 100, 0, 1, 1),
  ],
  [
    "rowNormGradient",
    "groups",
    `const CENTERED = true;
alias Value = f32;
fn total(v: Value) -> f32 { return v; }`,
    [ones(200), ones(200), ones(100), ones(4), ones(200)],
    params(2, 100, 0, 0, 1),
  ],
  [
    "momentsJoin",
    "groups",
    `const POOLED = true;
fn countOf(split: u32) -> u32 { return 2u; }`,
    [ones(280), ones(2), ones(2)],
    params(1, 140, 2, 70, 2, 1),
  ],
  ...attentionRows(),
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
  [
    "scan",
    "groups",
    `alias Scalar = f32;
alias Acc = f32;
const INITIAL: Acc = 0.0;
struct Affine { a: Acc, b: Acc }
fn mapAt(at: u32) -> Affine { return Affine(a[at], 1.0); }`,
    [ones(100), ones(100), ones(100)],
    params(1, 100, 1, 0, 0, 0, 0),
  ],
  ...(["localSort", "localMerge"] as const).map((entryPoint): BarrierRow => {
    const prelude = "alias Scalar = f32;\nfn keyOf(at: u32) -> u32 { return u32(x[at]); }";
    const buffers = [ones(8), places(512), places(512), places(8)];
    return ["sort", entryPoint, prelude, buffers, params(64, 8, 1, 0, 8, 8, 0, 0)];
  }),
  [
    "convTiled",
    "small",
    `const INPUT_GRADIENT = false; const DEPTH_VECTOR = true; const COLUMN_VECTOR = true;
const BIAS = false;
${part("convPlace")}
${part("convStore")}`,
    [ones(1024), ones(1024), ones(1024), ones(1024), ones(4), ones(1024)],
    // A 4 × 8 image, one tap, 16 channels to 32.
    params(...convSizes, ...[1, 1, 1, 1], 1, 16, 32, 0, 0, 0, 1, 1),
  ],
  [
    "convFilterTiled",
    "small",
    "const ROW_VECTOR = true; const COLUMN_VECTOR = true;",
    [ones(1024), ones(1024), ones(1024), ones(1024), ones(1024)],
    params(...convSizes, 1, 16, 32, 0, 0, 1, 32, 1, 1),
  ],
];

describe("barriers", () => {
  const withBarriers = shaders.filter(({ text }) => text.includes("workgroupBarrier"));

  test("the table has every shader with barriers", () => {
    const names = withBarriers.map(({ file }) => file.replace(".wgsl", ""));
    expect([...new Set(BARRIERS.map(([name]) => name))].sort()).toEqual(names.sort());
  });

  test.each(BARRIERS)(
    "%s/%s: no race, and one without its barriers",
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
      const from = text.indexOf(`fn ${entryPoint}`);
      const bare = text.slice(0, from) + text.slice(from).replaceAll("workgroupBarrier();", "");
      expect(run(bare).races.length).toBeGreaterThan(0);
    },
    120_000,
  );
});
