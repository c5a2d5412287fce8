// Factorization and triangular systems, for batches of small matrices.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { cholesky as choleskyShader } from "../shaders/cholesky.ts";
import { triangularSolve as solveShader } from "../shaders/triangularSolve.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { broadcastShapes, sameShape, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { diag, diagonal, swapAxes, tril, triu } from "./arrange.ts";
import { mul, sub } from "./binary.ts";
import { KernelFamily, fold, gridOf } from "./dispatch.ts";
import { matmul } from "./matmul.ts";
import { broadcastTo, sumTo } from "./sum.ts";
import { record } from "./tape.ts";
import { contiguous } from "./views.ts";

const factors = /* @__PURE__ */ new KernelFamily<"main">(() => ({ shader: choleskyShader }));
const solutions = /* @__PURE__ */ new KernelFamily<"main">(() => ({ shader: solveShader }));

/** Every kernel of this file. */
export function linearAlgebraKernels(): Kernel[] {
  return [...factors.all(["main"]), ...solutions.all(["main"])];
}

function requireSquare(op: string, name: string, x: Tensor): void {
  requireDtype(op, x.dtype, ["f32"]);
  if (x.rank >= 2 && x.shape.at(-1) === x.shape.at(-2)) return;
  throw new ShapeError(op, `${name} must be square matrices [..., n, n]`, {
    got: shapeText(x.shape),
  });
}

/**
 * Lower triangular L with L·Lᵀ = a. Made for small matrices: a workgroup works on each.
 *
 * @param a  `[..., n, n]` f32, symmetric and positive definite; only the lower triangle is read. NaN
 *           where it is not positive definite. The gradient is symmetric.
 * @see Murray 2016, Differentiation of the Cholesky decomposition.
 */
export function cholesky(a: Tensor): Tensor {
  requireSquare("cholesky", "a", a);
  const l = Tensor.empty(a.shape, "f32");
  if (l.size > 0) {
    const x = contiguous(a);
    const n = a.shape.at(-1) as number;
    const batch = l.size / (n * n);
    device().dispatch(
      factors.get("main"),
      [x.block, l.block],
      [batch, n, x.offset],
      ...fold(batch),
    );
  }
  record("cholesky", [a], l, [
    (dl) => {
      // da = L⁻ᵀ·Φ(Lᵀ·dL)·L⁻¹ made symmetric; Φ keeps the lower triangle and halves the diagonal.
      const product = tril(matmul(l, dl, { transposeA: true }));
      const phi = sub(product, diag(mul(diagonal(product), 0.5)));
      const left = triangularSolve(l, phi, { transposed: true });
      const both = triangularSolve(l, swapAxes(left, -1, -2), { transposed: true });
      return mul(both.add(swapAxes(both, -1, -2)), 0.5);
    },
  ]);
  return l;
}

/** Options of `triangularSolve`. */
export interface TriangularSolveOptions {
  /** Whether t is upper triangular. Default false. */
  readonly upper?: boolean;
  /** Solve tᵀ·x = b. Default false. */
  readonly transposed?: boolean;
  /** Take the diagonal of t to be 1. Default false. */
  readonly unitDiagonal?: boolean;
}

/**
 * The x with t·x = b, for triangular t. Made for small matrices: each column has one thread.
 *
 * @param t  `[..., n, n]` f32; only its triangle is read.
 * @param b  `[..., n, columns]` f32; leading axes broadcast.
 * @throws {ShapeError} if t is not square or b has other rows.
 */
export function triangularSolve(
  t: Tensor,
  b: Tensor,
  options: TriangularSolveOptions = {},
): Tensor {
  requireSquare("triangularSolve", "t", t);
  requireDtype("triangularSolve", b.dtype, ["f32"]);
  const n = t.shape.at(-1) as number;
  if (b.rank < 2 || b.shape.at(-2) !== n) {
    throw new ShapeError("triangularSolve", "b must be [..., n, columns]", {
      got: `t ${shapeText(t.shape)} and b ${shapeText(b.shape)}`,
      remedy: "A vector b becomes a column with expandDims(-1).",
    });
  }
  const lead = broadcastShapes("triangularSolve", t.shape.slice(0, -2), b.shape.slice(0, -2));
  const columns = b.shape.at(-1) as number;
  const x = run(spread(t, [...lead, n, n]), spread(b, [...lead, n, columns]), options);
  const { upper = false, transposed = false, unitDiagonal = false } = options;
  const adjoint = (dx: Tensor): Tensor =>
    triangularSolve(t, dx, { ...options, transposed: !transposed });
  record("triangularSolve", [t, b], x, [
    (dx) => {
      const db = adjoint(dx);
      const full = transposed
        ? matmul(x, db, { transposeB: true })
        : matmul(db, x, { transposeB: true });
      const k = unitDiagonal ? 1 : 0;
      return sumTo(mul(upper ? triu(full, k) : tril(full, -k), -1), t.shape);
    },
    (dx) => sumTo(adjoint(dx), b.shape),
  ]);
  return x;
}

function spread(x: Tensor, shape: readonly number[]): Tensor {
  return sameShape(x.shape, shape) ? x : broadcastTo(x, shape);
}

function run(givenT: Tensor, givenB: Tensor, options: TriangularSolveOptions): Tensor {
  const { upper = false, transposed = false, unitDiagonal = false } = options;
  const x = Tensor.empty(givenB.shape, "f32");
  if (x.size === 0) return x;
  const [t, b] = [contiguous(givenT), contiguous(givenB)];
  const [n, columns] = b.shape.slice(-2) as [number, number];
  const batch = sizeOf(b.shape.slice(0, -2));
  const flags = [upper !== transposed, transposed, unitDiagonal].map(Number);
  const params = [batch, n, columns, t.offset, b.offset, ...flags];
  const blocks = [t.block, b.block, x.block];
  device().dispatch(solutions.get("main"), blocks, params, ...gridOf(batch * columns));
  return x;
}
