// How the norms of rows run: on threads or workgroups, in vectors of four or not.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { overGroup } from "../shaders/overGroup.ts";
import { rowNorm } from "../shaders/rowNorm.ts";
import { rowNormGradient } from "../shaders/rowNormGradient.ts";
import { Tensor } from "../tensor/tensor.ts";
import { parameter, runRowSums } from "./channelKernels.ts";
import { zeros } from "./creation.ts";
import { KernelFamily } from "./dispatch.ts";
import { planRows } from "./rowPlan.ts";
import { slice } from "./slice.ts";
import { reshape } from "./views.ts";

/** Layer norm, or RMS norm, which takes no mean away. */
export type RowKind = "layer" | "rms";

/** What follows the norm of a row; scale and offset are `[length]`. */
export interface RowAffine {
  readonly scale: Tensor | undefined;
  readonly offset: Tensor | undefined;
  readonly epsilon: number;
}

type Key = `${RowKind} ${"vector" | "scalar"} ${"threads" | "groups"}`;

function optionsOf(key: Key): { prelude: string; entryPoint: string } {
  const [kind, width, entryPoint] = key.split(" ") as [RowKind, string, string];
  const isVector = width === "vector";
  const prelude = `const CENTERED = ${kind === "layer"};
alias Value = ${isVector ? "vec4<f32>" : "f32"};
fn total(v: Value) -> f32 { return ${isVector ? "v.x + v.y + v.z + v.w" : "v"}; }
${overGroup}`;
  return { prelude, entryPoint };
}

const norms = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: rowNorm, ...optionsOf(key) };
});

const gradients = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: rowNormGradient, ...optionsOf(key) };
});

/** Every kernel of this file. */
export function rowKernels(): Kernel[] {
  const kinds = ["layer vector", "layer scalar", "rms vector", "rms scalar"] as const;
  const keys = kinds.flatMap((kind) => [`${kind} threads`, `${kind} groups`] as const);
  return [...norms.all(keys), ...gradients.all(keys)];
}

interface Plan {
  readonly key: Key;
  /** Elements that a thread reads at once. */
  readonly lanes: number;
  readonly grid: [number, number];
}

function planVectors(kind: RowKind, tensors: readonly Tensor[]): Plan {
  const [rows, length] = (tensors[0] as Tensor).shape as readonly [number, number];
  const isVector = length % 4 === 0 && tensors.every(({ offset }) => offset % 4 === 0);
  const lanes = isVector ? 4 : 1;
  const { entry, grid } = planRows(rows, length / lanes, 16);
  return { key: `${kind} ${isVector ? "vector" : "scalar"} ${entry}`, lanes, grid };
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

/** Gradients for x, scale and offset; null for the latter two where there is neither. */
export function runRowGradients(
  kind: RowKind,
  x: Tensor,
  dy: Tensor,
  statistics: Tensor,
  affine: RowAffine,
): readonly [Tensor, Tensor | null, Tensor | null] {
  const [rows, length] = x.shape as readonly [number, number];
  if (x.size === 0) return [zeros(x.shape), zeros([length]), zeros([length])];
  const dx = Tensor.empty(x.shape, "f32");
  const { key, lanes, grid } = planVectors(kind, [x, dy]);
  const scale = parameter(affine.scale, 1);
  device().dispatch(
    gradients.get(key),
    [x, dy, scale.x, statistics, dx].map(({ block }) => block),
    [rows, length / lanes, x.offset / lanes, dy.offset / lanes, scale.step, 1 / length],
    ...grid,
  );
  if (affine.scale === undefined && affine.offset === undefined) return [dx, null, null];
  const sums = reshape(runRowSums(x, dy, statistics, kind), [2, length]);
  return [dx, slice(sums, [1]), slice(sums, [0])];
}
