// Rows by index and their adjoint; tiling.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { gather as gatherShader } from "../shaders/gather.ts";
import { scatterColumns } from "../shaders/scatterColumns.ts";
import { COMPUTE_TYPE, FLOATS, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { normalizeAxis, sizeOf } from "../tensor/shape.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { flatIndices } from "./elements.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { broadcastTo } from "./sum.ts";
import { sumSegments } from "./segments.ts";
import { record, untaped } from "./tape.ts";
import { contiguous, reshape } from "./views.ts";

type Direction = "gather" | "scatter";
type Scalar = "f32" | "f16" | "i32" | "u32";

const kernels = /* @__PURE__ */ new KernelFamily<`${Direction} ${Scalar | `vec4<${Scalar}>`}`>(
  (key) => {
    const [entryPoint, type] = key.split(" ") as [Direction, string];
    const scalar = COMPUTE_TYPE[type.replace(/^vec4<|>$/g, "") as Scalar];
    const computed = type.startsWith("vec4") ? `vec4<${scalar}>` : scalar;
    const prelude = `alias Scalar = ${type};\nalias Acc = ${computed};`;
    return { shader: gatherShader, entryPoint, prelude };
  },
);

const columns = /* @__PURE__ */ new KernelFamily<"f32" | "vec4<f32>">((value) => {
  return { shader: scatterColumns, prelude: `alias Value = ${value};` };
});

/** Every kernel of this file. */
export function gatherKernels(): Kernel[] {
  const scalars = ["f32", "f16", "i32", "u32"] as const;
  return [
    ...kernels.all(scalars.flatMap((s) => [`gather ${s}`, `gather vec4<${s}>`] as const)),
    ...kernels.all(["scatter f32", "scatter f16"]),
    ...columns.all(["f32", "vec4<f32>"]),
  ];
}

/**
 * Elements of `x` along an axis, by index.
 *
 * @param ids  i32 of any shape; negative ones count from the end, others outside give 0.
 * @returns    the shape of `x` with the axis replaced by the shape of `ids`.
 */
export function gather(x: Tensor, ids: Tensor, axis = 0): Tensor {
  requireDtype("gather", ids.dtype, ["i32", "u32"]);
  const at = normalizeAxis("gather", axis, x.rank);
  const y = launch("gather", x, ids, at, [
    ...x.shape.slice(0, at),
    ...ids.shape,
    ...x.shape.slice(at + 1),
  ]);
  record("gather", [x, ids], y, [
    (dy) => scatterAdd(dy, ids, at, x.shape[at] as number),
    undefined,
  ]);
  return y;
}

/** Sums of `x` by index along an axis of `length`: the adjoint of gather, in a fixed order. */
export function scatterAdd(x: Tensor, ids: Tensor, axis: number, length: number): Tensor {
  requireDtype("scatterAdd", x.dtype, FLOATS);
  if (x.shape.slice(axis, axis + ids.rank).join() !== ids.shape.join()) {
    const got = `x ${shapeText(x.shape)} and ids ${shapeText(ids.shape)} on axis ${axis}`;
    throw new ShapeError("scatterAdd", "x must have the shape of ids from its axis on", { got });
  }
  const shape = [...x.shape.slice(0, axis), length, ...x.shape.slice(axis + ids.rank)];
  const y = launch("scatter", x, ids, axis, shape);
  record("scatterAdd", [x, ids], y, [(dy) => gather(dy, ids, axis), undefined]);
  return y;
}

/** With more ids than this, they are sorted first; otherwise every element walks through all. */
const LONGEST_WALK = 64;

function launch(
  direction: Direction,
  given: Tensor,
  ids: Tensor,
  axis: number,
  shape: number[],
): Tensor {
  const y = Tensor.empty(shape, given.dtype);
  if (y.size === 0) return y;
  const x = contiguous(given);
  const places = contiguous(ids);
  const whole = direction === "gather" ? x.shape : y.shape;
  const outer = sizeOf(whole.slice(0, axis));
  const length = whole[axis] as number;
  const inner = sizeOf(whole.slice(axis + 1));
  const isSoftware = device().info.adapterClass === "software" && x.dtype === "f32";
  if (direction === "scatter" && ids.size > LONGEST_WALK && !isSoftware) {
    untaped(() => scope(() => sumSegments(x, ids, y, { outer, length, inner })));
    return y;
  }
  const isColumns = direction === "scatter" && isSoftware;
  const isVector = inner % 4 === 0 && x.offset % 4 === 0 && (direction === "gather" || isColumns);
  const lanes = isVector ? 4 : 1;
  const params = [outer, length, inner / lanes, ids.size, x.offset / lanes, places.offset];
  const scalar = WGSL_TYPE[x.dtype];
  const kernel = isColumns
    ? columns.get(isVector ? "vec4<f32>" : "f32")
    : kernels.get(`${direction} ${isVector ? (`vec4<${scalar}>` as const) : scalar}`);
  const threads = isColumns ? (outer * inner) / lanes : y.size / lanes;
  device().dispatch(kernel, [x.block, places.block, y.block], params, ...gridOf(threads));
  return y;
}

/**
 * Slices of `x` by index over its first axes: y[…] = x[ids[…, 0], …, ids[…, k − 1]].
 *
 * @param ids  `[…, k]` i32, each row a place in the first k axes of `x`.
 * @returns    the shape of ids without its last axis, then the rest of the shape of `x`.
 */
export function gatherND(x: Tensor, ids: Tensor): Tensor {
  const depth = ids.shape.at(-1) ?? 0;
  const places = flatIndices(x, ids);
  return gather(reshape(x, [-1, ...x.shape.slice(depth)]), places);
}

/**
 * `x` repeated along each axis.
 *
 * @param repeats  one count per axis of the result; x gets leading axes where it has fewer.
 */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  if (repeats.length < x.rank || !repeats.every((count) => Number.isInteger(count) && count >= 0)) {
    const got = `[${repeats}] for ${shapeText(x.shape)}`;
    throw new ShapeError("tile", "there must be a count for every axis", { got });
  }
  const shape = [...Array<number>(repeats.length - x.rank).fill(1), ...x.shape];
  const spread = shape.flatMap((n) => [1, n]);
  const wide = shape.flatMap((n, i) => [repeats[i] as number, n]);
  const long = shape.map((n, i) => n * (repeats[i] as number));
  return reshape(broadcastTo(reshape(x, spread), wide), long);
}
