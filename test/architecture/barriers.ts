// Small launches of every entry point with barriers, for the race detector.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const ones = (count: number): Float32Array => new Float32Array(count).fill(1);

const falling = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, i) => count - i);

function params(...words: number[]): { uniform: Uint32Array } {
  const padding = Array<number>(Math.max(0, 64 - words.length)).fill(0);
  return { uniform: Uint32Array.from([...words, ...padding]) };
}

/** Shader, entry point, prelude, storage buffers, uniform. */
export type BarrierRow = [string, string, string, readonly unknown[], ReturnType<typeof params>];

const part = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../../shaders/parts/${name}.wgsl`), "utf8");

const overGroup = part("overGroup");

/** How products store, number by number, with sums behind. */
const STORE = `alias Stored = f32;
fn epilogue(at: u32, v: f32) -> f32 { return v; }
${part("storeEach")}`;
const STORE_SUMS = `const SUMS = true;
fn storeSums(behind: u32, col: u32, v: vec4<f32>, count: u32) {
  storeFour(behind + col, v, count);
}`;

/** How convolutions read a binding number by number. */
const reads = (x: string): string => `alias Stored${x[0]?.toUpperCase()}${x.slice(1)} = f32;
fn ${x}One(at: u32) -> f32 { return ${x}[at]; }
fn ${x}Four(at: u32) -> vec4<f32> {
  return vec4<f32>(${x}[at], ${x}[at + 1u], ${x}[at + 2u], ${x}[at + 3u]);
}`;

const softmaxTypes = `alias Stored = f32; alias Value = f32; const LOGARITHM = false;
const KEEPS = true;
fn total(v: Value) -> f32 { return v; }
fn largest(v: Value) -> f32 { return v; }`;

/** The attention kernels on one item of 20 queries and 40 keys in rows of 4. */
function attentionRows(): BarrierRow[] {
  const sizes = "const ROWS = 16u; const LANES = 4u; const KEYS = 16u; const VECTORS = 1u;";
  const prelude = `const MASK = 0u; ${sizes}\n${part("attentionItem")}\n${part("attentionScore")}`;
  const strides = [0, 0, 0, 1];
  const words = [1, 20, 40, 1, 1, 1, 40, 0, 1065353216, 0, 0, 0, 0, 0, 0, 0];
  const none = [0, 0, 0, 0];
  const inputs = [...strides, ...strides, ...strides, ...strides];
  const uniform = params(...words, ...inputs, ...strides, ...none, ...strides, ...strides);
  const bind = (count: number): Float32Array[] => Array.from({ length: count }, () => ones(800));
  return [
    ["attentionTiled", "main", prelude, bind(6), uniform],
    ["attentionTiledQueryGradient", "main", prelude, bind(7), uniform],
    ["attentionTiledKeyGradient", "main", prelude, bind(7), uniform],
    ["attentionSoftmax", "groups", `${prelude}\n${overGroup}`, bind(3), uniform],
  ];
}

/**
 * The emulator keeps one value per call in the source, not per thread, so that threads would store
 * pixels at each other's places: the result of this launch has no items, and nothing is stored.
 */
function convRow(): BarrierRow {
  const flags = ["INPUT_GRADIENT", "DEPTH_VECTOR", "COLUMN_VECTOR", "BIAS"];
  const prelude = flags.map((name) => `const ${name} = false;`).join("\n");
  const places = [0, 1, 4, 8, 1, 1, 4, 8, ...ONE, ...ONE, ...ONE, 0, 0, 0, 0, ...ONE];
  return [
    "convTiled",
    "small",
    [prelude, ...["source", "w"].map(reads), part("convPlace"), part("convStore"), STORE].join(
      "\n",
    ),
    [ones(512), ones(512), ones(64), ones(1024)],
    params(...places, 1, 16, 32, 0, 0, 0, 1, 1),
  ];
}

const ONE = [1, 1, 1, 1];

export const BARRIERS: readonly BarrierRow[] = [
  [
    "reduce",
    "rows",
    `alias In = f32; alias Out = f32; alias Acc = f32;
const INITIAL: Acc = 0.0;
fn combine(a: Acc, b: Acc) -> Acc { return a + b; }
fn finish(a: Acc) -> Acc { return a; }
fn folded(a: Acc) -> Out { return a; }`,
    [ones(200), ones(2)],
    params(2, 100, 1, 0, 1, 100),
  ],
  [
    "softmax",
    "groups",
    `${softmaxTypes}
${overGroup}`,
    [ones(200), ones(200)],
    params(2, 100, 0),
  ],
  ...["lossGroups", "gradientGroups"].map((entryPoint): BarrierRow => [
    "crossEntropy",
    entryPoint,
    `alias Scalar = f32; alias Label = f32; const PROBABILITIES = true;
${overGroup}`,
    [ones(200), ones(200), ones(2), ones(200)],
    params(2, 100, 0, 0, 0, 0),
  ]),
  [
    "softmaxGradient",
    "groups",
    `${softmaxTypes}
${overGroup}`,
    [ones(200), ones(200), ones(200)],
    params(2, 100, 0, 0),
  ],
  [
    "matmulTiled",
    "small",
    `alias Scalar = f32; alias StoredA = f32; alias StoredB = f32;
const A_TRANSPOSED = false; const A_UNIT = 1u; const B_TRANSPOSED = false; const B_UNIT = 1u;
const BIAS = false;
fn loadA(at: u32, lines: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(a[at], a[at + 1u], a[at + 2u], a[at + 3u]);
}
fn loadB(at: u32, lines: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(b[at], b[at + 1u], b[at + 2u], b[at + 3u]);
}
fn activate(v: vec4<f32>) -> vec4<f32> { return v; }
${STORE}
${STORE_SUMS}`,
    [ones(4096), ones(4096), ones(64), ones(4160)],
    params(32, 32, 64, 64, 32, 0, 0, 1, 0, 0, 0, 0, 1, 64, 1, 0, 1, 1, 1),
  ],
  [
    "scan",
    "groups",
    `alias Scalar = f32; alias Acc = f32;
const INITIAL: Acc = 0.0;
struct Affine { a: Acc, b: Acc }
fn mapAt(at: u32) -> Affine { return Affine(a[at], 1.0); }`,
    [ones(100), ones(100), ones(100)],
    params(1, 100, 1, 0, 0, 0, 0),
  ],
  ...(["localSort", "localMerge"] as const).map((entryPoint): BarrierRow => {
    const prelude = "alias Scalar = f32;\nfn keyOf(at: u32) -> u32 { return u32(x[at]); }";
    const buffers = [ones(8), falling(512), falling(512), falling(8)];
    return ["sort", entryPoint, prelude, buffers, params(64, 8, 1, 0, 8, 8, 0, 0)];
  }),
  [
    "rowNorm",
    "groups",
    `const CENTERED = true;
alias Value = f32;
fn total(v: Value) -> f32 { return v; }
${overGroup}`,
    [ones(200), ones(100), ones(100), ones(200), ones(4)],
    params(2, 100, 0, 1, 1),
  ],
  ["rowNormJoin", "groups", "alias Value = f32;", [ones(220), ones(11), ones(11)], params(10, 11)],
  [
    "rowNormGradient",
    "groups",
    `const CENTERED = true;
const DX = true;
const SUMS = true;
alias Value = f32;
fn total(v: Value) -> f32 { return v; }
${overGroup}`,
    [ones(200), ones(200), ones(100), ones(4), ones(200), ones(200)],
    params(2, 100, 0, 0, 1, 0, 1, 2),
  ],
  [
    "momentsJoin",
    "groups",
    `const POOLED = true;
fn countOf(split: u32) -> u32 { return 2u; }
${overGroup}`,
    [ones(280), ones(2), ones(2)],
    params(1, 140, 2, 70, 2, 1),
  ],
  ...attentionRows(),
  convRow(),
  // No columns, for the same reason as there.
  [
    "convFilterTiled",
    "small",
    ["const ROW_VECTOR = false;", ...["x", "dy"].map(reads), STORE, STORE_SUMS].join("\n"),
    [ones(512), ones(512), ones(1056)],
    params(1, 1, 4, 4, 1, 1, 4, 4, ...ONE, ...ONE, ...ONE, 0, 0, 0, 0, 1, 32, 0, 0, 0, 1, 16, 1, 1),
  ],
  [
    "cholesky",
    "main",
    "",
    [Float32Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? 4 : 1)), ones(9)],
    params(1, 3, 0),
  ],
];
