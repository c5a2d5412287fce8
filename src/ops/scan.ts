// Running sums and products, and the linear recurrence that both are cases of.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { scan as scanShader } from "../shaders/scan.ts";
import { COMPUTE_TYPE, type DType, FLOATS, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { normalizeAxis, sameShape, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { mul } from "./binary.ts";
import { KernelFamily, fold, gridOf } from "./dispatch.ts";
import { full } from "./creation.ts";
import { concat, slice } from "./slice.ts";
import { record } from "./tape.ts";
import { contiguous } from "./views.ts";

/** Each kind of scan as an affine map of the value before. */
const MAPS = {
  sum: { initial: "Acc(0)", map: "Affine(Acc(a[params.aOffset + at]), Acc(1))" },
  prod: { initial: "Acc(1)", map: "Affine(Acc(0), Acc(a[params.aOffset + at]))" },
  affine: {
    initial: "Acc(0)",
    map: "Affine(Acc(a[params.aOffset + at]), Acc(b[params.bOffset + at]))",
  },
} as const;

type Kind = keyof typeof MAPS;

const kernels = /* @__PURE__ */ new KernelFamily<`${Kind} ${DType} ${"threads" | "groups"}`>(
  (key) => {
    const [kind, dtype, entryPoint] = key.split(" ") as [Kind, DType, string];
    const prelude = `alias Scalar = ${WGSL_TYPE[dtype]};
alias Acc = ${COMPUTE_TYPE[dtype]};
const INITIAL: Acc = ${MAPS[kind].initial};
struct Affine { a: Acc, b: Acc }
fn mapAt(at: u32) -> Affine { return ${MAPS[kind].map}; }`;
    return { shader: scanShader, prelude, entryPoint };
  },
);

const NUMERIC: readonly DType[] = ["f32", "f16", "i32", "u32"];

/** Every kernel of this file. */
export function scanKernels(): Kernel[] {
  const entries = ["threads", "groups"] as const;
  const keys = entries.flatMap((entry) => [
    ...NUMERIC.flatMap((dtype) => [`sum ${dtype} ${entry}`, `prod ${dtype} ${entry}`] as const),
    `affine f32 ${entry}` as const,
    `affine f16 ${entry}` as const,
  ]);
  return kernels.all(keys);
}

/** Options of running sums and products. */
export interface ScanOptions {
  /** Leave each element itself out: the first result is the neutral element. Default false. */
  readonly exclusive?: boolean;
  /** From the end to the start. Default false. */
  readonly reverse?: boolean;
}

function run(kind: Kind, a: Tensor, b: Tensor, axis: number, options: ScanOptions): Tensor {
  const y = Tensor.empty(a.shape, a.dtype);
  if (y.size === 0) return y;
  const [left, right] = [contiguous(a), contiguous(b)];
  const outer = sizeOf(a.shape.slice(0, axis));
  const inner = sizeOf(a.shape.slice(axis + 1));
  const length = a.shape[axis] as number;
  const lines = outer * inner;
  // Few long lines leave a GPU idle when each has one thread.
  const isShared = device().info.adapterClass === "gpu" && lines < 4096 && length >= 128;
  const { exclusive = false, reverse = false } = options;
  const flags = [reverse ? 1 : 0, exclusive ? 1 : 0];
  const params = [outer, length, inner, left.offset, right.offset, ...flags];
  const kernel = kernels.get(`${kind} ${a.dtype} ${isShared ? "groups" : "threads"}`);
  const grid = isShared ? fold(lines) : gridOf(lines);
  device().dispatch(kernel, [left.block, right.block, y.block], params, ...grid);
  return y;
}

/** Running sum along an axis. */
export function cumSum(x: Tensor, axis = -1, options: ScanOptions = {}): Tensor {
  requireDtype("cumSum", x.dtype, NUMERIC);
  const at = normalizeAxis("cumSum", axis, x.rank);
  const y = run("sum", x, x, at, options);
  const reverse = options.reverse !== true;
  record("cumSum", [x], y, [(dy) => cumSum(dy, at, { ...options, reverse })], [at, options]);
  return y;
}

/** Running product along an axis. The gradient divides by nothing, so zeros do no harm. */
export function cumProd(x: Tensor, axis = -1, options: ScanOptions = {}): Tensor {
  requireDtype("cumProd", x.dtype, NUMERIC);
  const at = normalizeAxis("cumProd", axis, x.rank);
  const y = run("prod", x, x, at, options);
  record("cumProd", [x], y, [
    (dy) => {
      // dx[n] = (product before n) · s[n], with s[n] = dy[n] + x[n + 1] · s[n + 1].
      const { reverse = false, exclusive = false } = options;
      const before = exclusive ? y : cumProd(x, at, { ...options, exclusive: true });
      const arriving = exclusive ? shifted(dy, at, reverse) : dy;
      const later = shifted(x, at, reverse);
      return mul(before, linearRecurrence(arriving, later, at, { reverse: !reverse }));
    },
  ]);
  return y;
}

/** Every element replaced by the next one in the direction of a scan; the last one by 0. */
function shifted(x: Tensor, axis: number, reverse: boolean): Tensor {
  const length = x.shape[axis] as number;
  if (length === 0) return x;
  const edge = full(x.shape.with(axis, 1), 0, x.dtype);
  const lead = Array<null>(axis).fill(null);
  return reverse
    ? concat([edge, slice(x, [...lead, [0, length - 1]])], axis)
    : concat([slice(x, [...lead, [1, length]]), edge], axis);
}

/**
 * y[n] = a[n] + b[n] · y[n − 1] along an axis, with 0 before the first: discounted returns, advantage
 * estimates, moving averages.
 *
 * @param a  f32 or f16.
 * @param b  of the shape and dtype of `a`.
 * @param options  `reverse` runs from the end: y[n] = a[n] + b[n] · y[n + 1].
 */
export function linearRecurrence(
  a: Tensor,
  b: Tensor,
  axis = -1,
  options: { readonly reverse?: boolean } = {},
): Tensor {
  requireDtype("linearRecurrence", a.dtype, FLOATS);
  requireDtype("linearRecurrence", b.dtype, [a.dtype]);
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError("linearRecurrence", "a and b must have the same shape", {
      got: `${shapeText(a.shape)} and ${shapeText(b.shape)}`,
    });
  }
  const at = normalizeAxis("linearRecurrence", axis, a.rank);
  const { reverse = false } = options;
  const y = run("affine", a, b, at, { reverse });
  const arriving = (dy: Tensor): Tensor =>
    linearRecurrence(dy, shifted(b, at, reverse), at, { reverse: !reverse });
  record("linearRecurrence", [a, b], y, [
    arriving,
    (dy) => mul(arriving(dy), shifted(y, at, !reverse)),
  ]);
  return y;
}
