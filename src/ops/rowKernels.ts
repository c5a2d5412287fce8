// How the norms of rows run: on threads or workgroups, in vectors of four or not.

import { device } from "../gpu/device.ts";
import type { Kernel, KernelOptions } from "../gpu/kernel.ts";
import { rowNorm } from "../shaders/rowNorm.ts";
import { rowNormGradient } from "../shaders/rowNormGradient.ts";
import { rowNormJoin } from "../shaders/rowNormJoin.ts";
import { Tensor } from "../tensor/tensor.ts";
import { parameter } from "./channelKernels.ts";
import { zeros } from "./creation.ts";
import { KernelFamily, fold } from "./dispatch.ts";
import { overGroup } from "./overGroup.ts";
import { planRows } from "./rowPlan.ts";

/** Layer norm, or RMS norm, which takes no mean away. */
export type RowKind = "layer" | "rms";

/** What follows the norm of a row; scale and offset are `[length]`. */
export interface RowAffine {
  readonly scale: Tensor | undefined;
  readonly offset: Tensor | undefined;
  readonly epsilon: number;
}

type Key = `${RowKind} ${"vector" | "scalar"} ${"threads" | "groups"}`;

/** What a gradient kernel computes: dx, the sums for scale and offset, or both. */
type Wanted = "dx" | "sums" | "both";

const valueOf = (isVector: boolean): string => `alias Value = ${isVector ? "vec4<f32>" : "f32"};`;

function optionsOf(key: string): Omit<KernelOptions, "shader"> {
  const [kind, width, entryPoint] = key.split(" ") as [RowKind, string, string];
  const isVector = width === "vector";
  const prelude = `const CENTERED = ${kind === "layer"};
${valueOf(isVector)}
fn total(v: Value) -> f32 { return ${isVector ? "v.x + v.y + v.z + v.w" : "v"}; }`;
  return { prelude, part: overGroup, entryPoint };
}

const norms = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: rowNorm, ...optionsOf(key) };
});

const gradients = /* @__PURE__ */ new KernelFamily<`${Key} ${Wanted}`>((key) => {
  const wanted = key.split(" ")[3] as Wanted;
  const { prelude, ...options } = optionsOf(key);
  const flags = `const DX = ${wanted !== "sums"};\nconst SUMS = ${wanted !== "dx"};`;
  return { shader: rowNormGradient, prelude: `${flags}\n${prelude}`, ...options };
});

const joins = /* @__PURE__ */ new KernelFamily<`${"vector" | "scalar"} ${"threads" | "groups"}`>(
  (key) => {
    const [width, entryPoint] = key.split(" ") as [string, string];
    return { shader: rowNormJoin, prelude: valueOf(width === "vector"), entryPoint };
  },
);

/** Every kernel of this file. */
export function rowKernels(): Kernel[] {
  const kinds = ["layer vector", "layer scalar", "rms vector", "rms scalar"] as const;
  const keys = kinds.flatMap((kind) => [`${kind} threads`, `${kind} groups`] as const);
  const wanted = ["dx", "sums", "both"] as const;
  return [
    ...norms.all(keys),
    ...gradients.all(keys.flatMap((key) => wanted.map((what) => `${key} ${what}` as const))),
    ...joins.all(["vector threads", "vector groups", "scalar threads", "scalar groups"]),
  ];
}

interface Plan {
  readonly key: Key;
  readonly width: "vector" | "scalar";
  readonly entry: "threads" | "groups";
  /** Elements that a thread reads at once. */
  readonly lanes: number;
  readonly grid: [number, number];
}

function planVectors(kind: RowKind, tensors: readonly Tensor[]): Plan {
  const [rows, length] = (tensors[0] as Tensor).shape as readonly [number, number];
  const isVector = length % 4 === 0 && tensors.every(({ offset }) => offset % 4 === 0);
  const lanes = isVector ? 4 : 1;
  const { entry, grid } = planRows(rows, length / lanes, 16);
  const width = isVector ? "vector" : "scalar";
  return { key: `${kind} ${width} ${entry}`, width, entry, lanes, grid };
}

/**
 * The norm of each row of x `[rows, length]`.
 *
 * @returns  y, and `[2, rows]`: means, then reciprocal standard deviations.
 */
export function runRowNorm(
  kind: RowKind,
  x: Tensor,
  affine: RowAffine,
): { y: Tensor; statistics: Tensor } {
  const [rows, length] = x.shape as readonly [number, number];
  const y = Tensor.empty(x.shape, "f32");
  const statistics = Tensor.empty([2, rows], "f32");
  if (x.size === 0) return { y, statistics };
  const { key, lanes, grid } = planVectors(kind, [x]);
  const scale = parameter(affine.scale, 1);
  const offset = parameter(affine.offset, 0);
  device().dispatch(
    norms.get(key),
    [x, scale.x, offset.x, y, statistics].map(({ block }) => block),
    [rows, length / lanes, x.offset / lanes, scale.step, offset.step, 1 / length, affine.epsilon],
    ...grid,
  );
  return { y, statistics };
}

/** Threads of a workgroup of gradient kernels that take a split each. */
const SPLIT_THREADS = 16;

/**
 * Rows that one thread or workgroup takes: one where each goes its own way, else so many that enough
 * of them work, and a few at least, as every split leaves sums to be added.
 */
function chunkOf(rows: number, entry: Plan["entry"], hasSums: boolean): number {
  if (!hasSums) return 1;
  const isSoftware = device().info.adapterClass === "software";
  const wanted = isSoftware ? 64 : entry === "groups" ? 256 : 4096;
  return Math.max(4, Math.ceil(rows / wanted));
}

/**
 * Gradients for x, scale and offset in one dispatch, with a second one that adds the sums of splits.
 * Null for what is not wanted.
 */
export function runRowGradients(
  kind: RowKind,
  [x, dy, statistics]: readonly [Tensor, Tensor, Tensor],
  affine: RowAffine,
  [wantsDx, wantsSums]: readonly [boolean, boolean],
): readonly [Tensor | null, Tensor | null, Tensor | null] {
  const [rows, length] = x.shape as readonly [number, number];
  if (x.size === 0) return [zeros(x.shape), zeros([length]), zeros([length])];
  const { key, width, entry, lanes } = planVectors(kind, [x, dy]);
  const chunk = chunkOf(rows, entry, wantsSums);
  const splits = Math.ceil(rows / chunk);
  const unused = Tensor.empty([4], "f32");
  const dx = wantsDx ? Tensor.empty(x.shape, "f32") : unused;
  const sums = wantsSums ? Tensor.empty([2, splits, length], "f32") : Tensor.empty([4], "f32");
  const scale = parameter(affine.scale, 1);
  const offsets = [x.offset / lanes, dy.offset / lanes];
  device().dispatch(
    gradients.get(`${key} ${wantsDx ? (wantsSums ? "both" : "dx") : "sums"}`),
    [x, dy, scale.x, statistics, dx, sums].map(({ block }) => block),
    [rows, length / lanes, ...offsets, scale.step, 1 / length, splits, chunk],
    ...fold(entry === "groups" ? splits : Math.ceil(splits / SPLIT_THREADS)),
  );
  if (!wantsSums) return [dx, null, null];
  return [wantsDx ? dx : null, ...joinSums(sums, width, lanes)];
}

/** The gradients for scale and offset from shares `[2, splits, length]`. */
function joinSums(shares: Tensor, width: Plan["width"], lanes: number): [Tensor, Tensor] {
  const [, splits, length] = shares.shape as readonly [number, number, number];
  const [dScale, dOffset] = [Tensor.empty([length], "f32"), Tensor.empty([length], "f32")];
  const columns = length / lanes;
  const isPerThread = device().info.adapterClass === "software";
  device().dispatch(
    joins.get(`${width} ${isPerThread ? "threads" : "groups"}`),
    [shares, dScale, dOffset].map(({ block }) => block),
    [splits, columns],
    ...fold(Math.ceil(columns / (isPerThread ? SPLIT_THREADS : 8))),
  );
  return [dScale, dOffset];
}
