// Rows by index and their adjoint; tiling.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { gather as gatherShader } from "../shaders/gather.ts";
import { scatterAdd as scatterShader } from "../shaders/scatterAdd.ts";
import { FLOATS, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { type Shape, normalizeAxis, sizeOf } from "../tensor/shape.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { flatIndices } from "./elements.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { planScatter } from "./scatterPlan.ts";
import { broadcastTo, sum } from "./sum.ts";
import { record, untaped } from "./tape.ts";
import { contiguous, reshape } from "./views.ts";

type Scalar = "f32" | "f16" | "i32" | "u32";

const gathers = /* @__PURE__ */ new KernelFamily<Scalar | `vec4<${Scalar}>`>((type) => {
  return { shader: gatherShader, prelude: `alias Scalar = ${type};` };
});

type Float = "f32" | "f16";

const scatters = /* @__PURE__ */ new KernelFamily<Float | `vec4<${Float}>`>((type) => {
  const prelude = `alias Value = ${type};\nalias Sum = ${type.replace("f16", "f32")};`;
  return { shader: scatterShader, prelude };
});

/** Every kernel of this file. */
export function gatherKernels(): Kernel[] {
  const scalars = ["f32", "f16", "i32", "u32"] as const;
  return [
    ...gathers.all(scalars.flatMap((scalar) => [scalar, `vec4<${scalar}>`] as const)),
    ...scatters.all((["f32", "f16"] as const).flatMap((type) => [type, `vec4<${type}>`] as const)),
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
  const shape = [...x.shape.slice(0, at), ...ids.shape, ...x.shape.slice(at + 1)];
  const y = Tensor.empty(shape, x.dtype);
  if (y.size > 0) read(contiguous(x), contiguous(ids), y, at);
  record(
    "gather",
    [x, ids],
    y,
    [(dy) => scatterAdd(dy, ids, at, x.shape[at] as number), undefined],
    at,
  );
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
  const y = untaped(() => scope(() => sums(contiguous(x), contiguous(ids), shape, axis)));
  record("scatterAdd", [x, ids], y, [(dy) => gather(dy, ids, axis), undefined]);
  return y;
}

function read(x: Tensor, ids: Tensor, y: Tensor, axis: number): void {
  const outer = sizeOf(x.shape.slice(0, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const lanes = inner % 4 === 0 && x.offset % 4 === 0 ? 4 : 1;
  const scalar = WGSL_TYPE[x.dtype];
  const kernel = gathers.get(lanes === 4 ? `vec4<${scalar}>` : scalar);
  const sizes = [outer, x.shape[axis] as number, inner / lanes, ids.size];
  const params = [...sizes, x.offset / lanes, ids.offset];
  device().dispatch(kernel, [x.block, ids.block, y.block], params, ...gridOf(y.size / lanes));
}

/** Sums in f32 of each part of the ids, then over the parts. */
function sums(x: Tensor, ids: Tensor, shape: Shape, axis: number): Tensor {
  if (sizeOf(shape) === 0) return Tensor.empty(shape, x.dtype);
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const lanes = inner % 4 === 0 && x.offset % 4 === 0 ? 4 : 1;
  const problem = { outer, length: shape[axis] as number, inner: inner / lanes, count: ids.size };
  const plan = planScatter(problem, device().info.adapterClass);
  const parts = Tensor.empty([plan.chunks, ...shape], "f32");
  const sizes = [outer, problem.length, problem.inner, ids.size, x.offset / lanes, ids.offset];
  const params = [...sizes, plan.ranges, plan.span, plan.chunks, plan.chunk];
  const type = x.dtype === "f16" ? "f16" : "f32";
  const kernel = scatters.get(lanes === 4 ? `vec4<${type}>` : type);
  device().dispatch(kernel, [x.block, ids.block, parts.block], params, ...gridOf(plan.threads));
  return cast(plan.chunks === 1 ? reshape(parts, shape) : sum(parts, 0), x.dtype);
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
