// Reductions beyond sums: extremes, products, truth, and log-sum-exp.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { argReduce } from "../shaders/argReduce.ts";
import { type DType, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { type Axes, normalizeAxes, normalizeAxis } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { add, div, equal, mul, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { inF32 } from "./inF32.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import {
  type ReduceOptions,
  Reduction,
  foldAxes,
  kernelsOfReduction,
  reducedShape,
} from "./reduction.ts";
import { sum, unreduce } from "./sum.ts";
import { record, recordConstant, untaped } from "./tape.ts";
import { MAX_FLOAT, exp, log } from "./unary.ts";
import { reshape } from "./views.ts";
import { where } from "./where.ts";

const NUMERIC: readonly DType[] = ["f32", "f16", "i32", "u32"];

const maxima: Reduction = /* @__PURE__ */ new Reduction({
  name: "max",
  combine: "max(a, b)",
  initial: "Acc(0)",
  dtypes: NUMERIC,
});

const minima: Reduction = /* @__PURE__ */ new Reduction({
  name: "min",
  combine: "min(a, b)",
  initial: "Acc(0)",
  dtypes: NUMERIC,
});

const products: Reduction = /* @__PURE__ */ new Reduction({
  name: "prod",
  combine: "a * b",
  initial: "Acc(1)",
  dtypes: NUMERIC,
});

const disjunction: Reduction = /* @__PURE__ */ new Reduction({
  name: "any",
  combine: "a | b",
  initial: "Acc(0)",
  dtypes: ["bool"],
});

const conjunction: Reduction = /* @__PURE__ */ new Reduction({
  name: "all",
  combine: "a & b",
  initial: "Acc(1)",
  dtypes: ["bool"],
});

const args = /* @__PURE__ */ new KernelFamily<`${"max" | "min"} ${DType}`>((key) => {
  const [which, dtype] = key.split(" ") as ["max" | "min", DType];
  const sign = which === "max" ? ">" : "<";
  const prelude = `alias In = ${WGSL_TYPE[dtype]};
fn better(a: In, b: In) -> bool { return a ${sign} b; }`;
  return { shader: argReduce, prelude };
});

/** Every kernel of this file. */
export function reduceKernels(): Kernel[] {
  const reductions = [maxima, minima, products, disjunction, conjunction];
  const keys = NUMERIC.flatMap((dtype) => [`max ${dtype}`, `min ${dtype}`] as const);
  return [...reductions.flatMap(kernelsOfReduction), ...args.all(keys)];
}

function requireElements(op: string, x: Tensor, axes: Axes | undefined): void {
  const empty = normalizeAxes(op, axes, x.rank).find((axis) => x.shape[axis] === 0);
  if (empty === undefined) return;
  const got = `axis ${empty} of ${shapeText(x.shape)}`;
  throw new ShapeError(op, "an empty axis has no extreme", { got });
}

function extreme(
  reduction: Reduction,
  x: Tensor,
  axes: Axes | undefined,
  keepDims: boolean,
): Tensor {
  const { name } = reduction.row;
  requireElements(name, x, axes);
  const y = reduction.run(x, axes, keepDims);
  record(
    name,
    [x],
    y,
    [
      (dy) => {
        // Elements that tie share the gradient evenly.
        const hits = cast(equal(x, unreduce(y, x, axes)), x.dtype);
        const share = div(hits, sum(hits, axes, { keepDims: true }));
        return mul(unreduce(dy, x, axes), share);
      },
    ],
    axes,
  );
  return y;
}

/** Largest element over axes, all of them by default. Ties share the gradient. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme(maxima, x, axes, options.keepDims ?? false);
}

/** Smallest element over axes, all of them by default. Ties share the gradient. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme(minima, x, axes, options.keepDims ?? false);
}

/** Product over axes, all of them by default. */
export function prod(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const y = products.run(x, axes, options.keepDims ?? false);
  record("prod", [x], y, [(dy) => mul(unreduce(dy, x, axes), productOfOthers(x, axes))], axes);
  return y;
}

/** For each element the product of the others; zeros are counted, not divided by. */
function productOfOthers(x: Tensor, axes: Axes | undefined): Tensor {
  const isZero = equal(x, 0);
  const filled = where(isZero, 1, x);
  const rest = prod(filled, axes, { keepDims: true });
  const zeros = sum(cast(isZero, x.dtype), axes, { keepDims: true });
  const atZero = where(equal(zeros, 1), rest, 0);
  const elsewhere = where(equal(zeros, 0), div(rest, filled), 0);
  return where(isZero, atZero, elsewhere);
}

function truth(
  reduction: Reduction,
  x: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions,
): Tensor {
  const y = reduction.run(x, axes, options.keepDims ?? false);
  recordConstant(reduction.row.name, [x], y, axes);
  return y;
}

/** Whether any element is true, over axes of a bool tensor. */
export function any(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return truth(disjunction, x, axes, options);
}

/** Whether all elements are true, over axes of a bool tensor. */
export function all(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return truth(conjunction, x, axes, options);
}

function argExtreme(which: "max" | "min", x: Tensor, axis: number, keepDims: boolean): Tensor {
  const name = which === "max" ? "argMax" : "argMin";
  requireDtype(name, x.dtype, NUMERIC);
  requireElements(name, x, axis);
  const at = normalizeAxis(name, axis, x.rank);
  const folded = foldAxes(x, [at]);
  const { outer, length, inner } = folded;
  const y = Tensor.empty(reducedShape(x, [at], keepDims), "i32");
  if (y.size > 0) {
    const params = [outer, length, inner, folded.x.offset];
    const blocks = [folded.x.block, y.block];
    device().dispatch(args.get(`${which} ${x.dtype}`), blocks, params, ...gridOf(y.size));
  }
  if (folded.x !== x) folded.x.dispose();
  recordConstant(name, [x], y, at);
  return y;
}

/** i32 index of the largest element along an axis; the first one at a tie. */
export function argMax(x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor {
  return argExtreme("max", x, axis, options.keepDims ?? false);
}

/** i32 index of the smallest element along an axis; the first one at a tie. */
export function argMin(x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor {
  return argExtreme("min", x, axis, options.keepDims ?? false);
}

/** log Σ exp(x) over axes, all of them by default, without overflow. */
export function logSumExp(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  requireElements("logSumExp", x, axes);
  if (x.dtype === "f16") return inF32(logSumExp, x, axes, options);
  const reduced = normalizeAxes("logSumExp", axes, x.rank);
  const shape = reducedShape(x, reduced, options.keepDims ?? false);
  const y = untaped(() => {
    const largest = finite(max(x, axes, { keepDims: true }));
    const total = sum(exp(sub(x, largest)), axes, { keepDims: true });
    return reshape(add(log(total), largest), shape);
  });
  record(
    "logSumExp",
    [x],
    y,
    [(dy) => mul(unreduce(dy, x, axes), exp(sub(x, unreduce(y, x, axes))))],
    axes,
  );
  return y;
}

/** Infinite maxima replaced by 0: ∞ − ∞ must not arise. */
function finite(x: Tensor): Tensor {
  return where(equal(x, Infinity), MAX_FLOAT, where(equal(x, -Infinity), 0, x));
}
