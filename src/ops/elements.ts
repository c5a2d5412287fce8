// Elements by index along an axis, one index per element: reading, writing, combining.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { elements } from "../shaders/elements.ts";
import { COMPUTE_TYPE, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { normalizeAxis, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { add, div, equal, mul } from "./binary.ts";
import { cast } from "./cast.ts";
import { arange, full, ones } from "./creation.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { broadcastTo } from "./sum.ts";
import { isWatched, record } from "./tape.ts";
import { contiguous, reshape } from "./views.ts";
import { where } from "./where.ts";

/** How an update meets what is there. */
export type ScatterMode = "add" | "set" | "max" | "min" | "mul";

const COMBINE: Readonly<Record<ScatterMode, string>> = {
  add: "a + b",
  set: "b",
  max: "max(a, b)",
  min: "min(a, b)",
  mul: "a * b",
};

type Scalar = "f32" | "f16" | "i32" | "u32";
const SCALARS: readonly Scalar[] = ["f32", "f16", "i32", "u32"];

const kernels = /* @__PURE__ */ new KernelFamily<`${"take" | "put" | ScatterMode} ${Scalar}`>(
  (key) => {
    const [which, scalar] = key.split(" ") as ["take" | "put" | ScatterMode, Scalar];
    const isScatter = which !== "take" && which !== "put";
    const prelude = `alias Scalar = ${scalar};
alias Acc = ${COMPUTE_TYPE[scalar]};
fn combine(a: Acc, b: Acc) -> Acc { return ${isScatter ? COMBINE[which] : "a"}; }`;
    return { shader: elements, prelude, entryPoint: isScatter ? "scatter" : which };
  },
);

/** Every kernel of this file. */
export function elementKernels(): Kernel[] {
  const which = ["take", "put", ...(Object.keys(COMBINE) as ScatterMode[])] as const;
  return kernels.all(which.flatMap((one) => SCALARS.map((scalar) => `${one} ${scalar}` as const)));
}

/** Checks that ids and `like` differ along `axis` only. */
function requireAligned(op: string, like: Tensor, ids: Tensor, axis: number): void {
  requireDtype(op, ids.dtype, ["i32", "u32"]);
  const fits =
    ids.rank === like.rank && ids.shape.every((n, i) => i === axis || n === like.shape[i]);
  if (fits) return;
  throw new ShapeError(op, `ids must have the shape of x, up to axis ${axis}`, {
    got: `x ${shapeText(like.shape)} and ids ${shapeText(ids.shape)}`,
    remedy: "Broadcast ids, or use gather() for the same ids everywhere.",
  });
}

function launch(
  which: "take" | "put" | ScatterMode,
  givenX: Tensor,
  givenIds: Tensor,
  givenUpdates: Tensor,
  y: Tensor,
  axis: number,
): void {
  const x = contiguous(givenX);
  const ids = contiguous(givenIds);
  const updates = contiguous(givenUpdates);
  const outer = sizeOf(ids.shape.slice(0, axis));
  const inner = sizeOf(ids.shape.slice(axis + 1));
  const length = (which === "take" ? x : y).shape[axis] as number;
  const count = ids.shape[axis] as number;
  const offsets = [x.offset, ids.offset, updates.offset];
  const kernel = kernels.get(`${which} ${WGSL_TYPE[x.dtype]}`);
  const blocks = [x.block, ids.block, updates.block, y.block];
  const threads = which === "take" || which === "put" ? ids.size : y.size;
  device().dispatch(kernel, blocks, [outer, length, inner, count, ...offsets], ...gridOf(threads));
}

/**
 * Elements of `x` along an axis, each by its own index.
 *
 *   y[o, j, i] = x[o, ids[o, j, i], i]
 *
 * @param ids  i32 of the rank of `x` and, that axis aside, of its shape; negative ones count from the
 *             end, others outside give 0.
 */
export function takeAlongAxis(x: Tensor, ids: Tensor, axis = -1): Tensor {
  const at = normalizeAxis("takeAlongAxis", axis, x.rank);
  requireAligned("takeAlongAxis", x, ids, at);
  return take(x, ids, at, false);
}

/** @param distinct  no id comes twice along the axis: the gradient can then be written directly. */
export function take(x: Tensor, ids: Tensor, axis: number, distinct: boolean): Tensor {
  const y = Tensor.empty(ids.shape, x.dtype);
  if (y.size > 0) launch("take", x, ids, x, y, axis);
  const length = x.shape[axis] as number;
  record(
    "takeAlongAxis",
    [x],
    y,
    [
      (dy) => {
        if (distinct) return put(dy, ids, axis, length);
        return scatter(full(x.shape, 0, x.dtype), ids, dy, { axis, mode: "add" });
      },
    ],
    { operands: [x, ids], axis },
  );
  return y;
}

/** Zeros with `x` at the places that ids, distinct along the axis, name: the adjoint of take. */
function put(x: Tensor, ids: Tensor, axis: number, length: number): Tensor {
  const y = full(x.shape.with(axis, length), 0, x.dtype);
  if (x.size > 0) launch("put", x, ids, x, y, axis);
  record("putAlongAxis", [x], y, [(dy) => take(dy, ids, axis, true)]);
  return y;
}

/** Options of `scatter`. */
export interface ScatterOptions {
  /** Default -1. */
  readonly axis?: number;
  /** Default "set"; of several updates for one element the last one stays. */
  readonly mode?: ScatterMode;
}

/**
 * `x` with updates at the places that ids name along an axis, each combined in the order of the ids.
 *
 *   y[o, ids[o, j, i], i] ← combine(y[o, ids[o, j, i], i], updates[o, j, i])
 *
 * @param ids      i32 of the rank of `x` and, that axis aside, of its shape. Those outside are left
 *                 out.
 * @param updates  of the shape of ids and the dtype of `x`.
 */
export function scatter(
  x: Tensor,
  ids: Tensor,
  updates: Tensor,
  options: ScatterOptions = {},
): Tensor {
  const { axis = -1, mode = "set" } = options;
  const at = normalizeAxis("scatter", axis, x.rank);
  if (COMBINE[mode] === undefined) {
    throw new UsageError("scatter", "mode must be add, set, max, min or mul", { got: `${mode}` });
  }
  requireAligned("scatter", x, ids, at);
  requireDtype("scatter", updates.dtype, [x.dtype]);
  if (updates.shape.join() !== ids.shape.join()) {
    throw new ShapeError("scatter", "updates must have the shape of ids", {
      got: `updates ${shapeText(updates.shape)} and ids ${shapeText(ids.shape)}`,
    });
  }
  const y = Tensor.empty(x.shape, x.dtype);
  if (y.size > 0) launch(mode, x, ids, updates, y, at);
  const attributes = { operands: [x, ids, updates], axis: at, mode };
  if (mode === "mul") {
    record(
      "scatter",
      [x, updates],
      y,
      [
        (dy) => mul(dy, scatter(full(x.shape, 1, x.dtype), ids, updates, { axis, mode })),
        (dy) => mul(take(dy, ids, at, false), otherFactors(x, ids, updates, at)),
      ],
      attributes,
    );
  } else if (isWatched(x, updates)) {
    const share = mode === "add" ? undefined : shares(x, ids, updates, y, at, mode);
    record(
      "scatter",
      [x, updates],
      y,
      [
        (dy) => (share === undefined ? dy : mul(dy, share().x)),
        (dy) => {
          const arriving = take(dy, ids, at, false);
          return share === undefined ? arriving : mul(arriving, share().updates);
        },
      ],
      attributes,
    );
  }
  return y;
}

/** For every update, the product of all other factors of its result. */
function otherFactors(x: Tensor, ids: Tensor, updates: Tensor, axis: number): Tensor {
  // The product without zeros is divided by the factor itself; it counts where no other is zero.
  const isZero = equal(updates, 0);
  const zerosOf = cast(isZero, x.dtype);
  const counts = scatter(full(x.shape, 0, x.dtype), ids, zerosOf, { axis, mode: "add" });
  const factors = where(isZero, 1, updates);
  const product = take(scatter(x, ids, factors, { axis, mode: "mul" }), ids, axis, false);
  const isAlone = equal(take(counts, ids, axis, false), zerosOf);
  return where(isAlone, div(product, factors), 0);
}

/** Which part of each result comes from x and from each update, found when a gradient is wanted. */
function shares(
  x: Tensor,
  ids: Tensor,
  updates: Tensor,
  y: Tensor,
  axis: number,
  mode: "set" | "max" | "min",
): () => { x: Tensor; updates: Tensor } {
  let known: { x: Tensor; updates: Tensor } | undefined;
  const zeros = (): Tensor => full(x.shape, 0, x.dtype);
  const find = (): { x: Tensor; updates: Tensor } => {
    if (mode === "set") {
      const order = numbered(ids, axis);
      const last = scatter(full(x.shape, -1), ids, order, { axis, mode });
      const wins = cast(equal(take(last, ids, axis, false), order), x.dtype);
      const hit = scatter(zeros(), ids, ones(ids.shape, x.dtype), { axis, mode });
      return { x: cast(equal(hit, 0), x.dtype), updates: wins };
    }
    const own = cast(equal(x, y), x.dtype);
    const hits = cast(equal(updates, take(y, ids, axis, false)), x.dtype);
    const count = scatter(own, ids, hits, { axis, mode: "add" });
    const safe = where(equal(count, 0), 1, count);
    return { x: div(own, safe), updates: div(hits, take(safe, ids, axis, false)) };
  };
  return () => (known ??= find());
}

/** The position along the axis, for every id. */
function numbered(ids: Tensor, axis: number): Tensor {
  const count = ids.shape[axis] as number;
  const shape = ids.shape.map((_, i) => (i === axis ? count : 1));
  return contiguous(broadcastTo(reshape(arange(count), shape), ids.shape));
}

/** The places in the flattened first axes of `x` that the rows of `[…, k]` ids name. */
export function flatIndices(x: Tensor, ids: Tensor): Tensor {
  requireDtype("gatherND", ids.dtype, ["i32"]);
  const depth = ids.shape.at(-1) ?? 0;
  if (ids.rank === 0 || depth === 0 || depth > x.rank) {
    throw new ShapeError("gatherND", "the last axis of ids must name one to all axes of x", {
      got: `x ${shapeText(x.shape)} and ids ${shapeText(ids.shape)}`,
    });
  }
  const lead = ids.shape.slice(0, -1);
  let place: Tensor | undefined;
  for (let axis = 0; axis < depth; axis++) {
    const column = ids.slice([...lead.map(() => null), axis]);
    const length = x.shape[axis] as number;
    const positive = where(column.less(0), column.add(length), column);
    place = place === undefined ? positive : add(mul(place, length), positive);
  }
  return place as Tensor;
}
