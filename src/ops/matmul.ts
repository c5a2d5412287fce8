// Matrix products: batched, with transposed operands, bias and activation in the epilogue.

import { ShapeError, shapeText } from "../errors.ts";
import { FLOATS, requireDtype } from "../tensor/dtype.ts";
import * as shapes from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { reluGrad, sigmoidGrad, tanhGrad } from "./activations.ts";
import type { BinaryOp } from "./binary.ts";
import { type Product, launch } from "./matmulKernels.ts";
import type { MatmulActivation } from "./productPreludes.ts";
import { sum, sumTo } from "./sum.ts";
import { isWatched, recordJoint } from "./tape.ts";
import { reshape } from "./views.ts";

export type { MatmulActivation } from "./productPreludes.ts";

/** Options of `matmul`. */
export interface MatmulOptions {
  /** `a` is stored with its last two axes exchanged. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** `[n]`, added to every row. */
  readonly bias?: Tensor;
  readonly activation?: MatmulActivation;
}

const ACTIVATION_GRADIENTS: Readonly<Record<MatmulActivation, BinaryOp>> = {
  relu: (dy, y) => reluGrad(dy, y),
  tanh: (dy, y) => tanhGrad(dy, y),
  sigmoid: (dy, y) => sigmoidGrad(dy, y),
};

/**
 * Matrix product over the last two axes; the axes before them broadcast.
 *
 *   y = activation(a · b + bias)
 *
 * @param a  `[…, m, k]` f32 or f16, or `[…, k, m]` with `transposeA`. A vector `[k]` counts as one row.
 * @param b  `[…, k, n]` of the dtype of `a`, or `[…, n, k]` with `transposeB`. A vector `[k]` counts as one column.
 * @returns  `[…, m, n]`, without the axis of a vector operand.
 * @throws {ShapeError} if the inner sizes differ or the batch axes do not broadcast.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  requireDtype("matmul", a.dtype, FLOATS);
  requireDtype("matmul", b.dtype, [a.dtype]);
  const { transposeA = false, transposeB = false } = options;
  if (a.rank === 0 || b.rank === 0) {
    const got = `a ${shapeText(a.shape)} and b ${shapeText(b.shape)}`;
    throw new ShapeError("matmul", "operands must have at least one axis", {
      got,
      remedy: "Use mul() for scalars.",
    });
  }
  if (a.rank === 1) {
    const row = reshape(a, transposeA ? [a.size, 1] : [1, a.size]);
    const y = matmul(row, b, options);
    return reshape(y, y.shape.toSpliced(-2, 1));
  }
  if (b.rank === 1) {
    const y = matmul(a, reshape(b, transposeB ? [1, b.size] : [b.size, 1]), options);
    return reshape(y, y.shape.slice(0, -1));
  }
  return product({ ...options, a, b, transposeA, transposeB });
}

function product(factors: Product): Tensor {
  const { a, b, bias } = factors;
  const y = run(factors);
  const inputs = bias === undefined ? [a, b] : [a, b, bias];
  recordJoint(
    "matmul",
    inputs,
    [y],
    ([dy], wanted) => gradients(factors, y, dy as Tensor, wanted),
    factors,
  );
  return y;
}

/** Gradients for a, b and bias. */
function gradients(
  factors: Product,
  y: Tensor,
  dy: Tensor,
  [wantsA, wantsB, wantsBias = false]: readonly (boolean | undefined)[],
): (Tensor | null)[] {
  const { a, b, activation, transposeA, transposeB } = factors;
  const dz = activation === undefined ? dy : ACTIVATION_GRADIENTS[activation](dy, y);
  const gradientB = productForB(factors, dz);
  // The threads of the first rows of b's gradient sum what they read of dz anyway.
  const isJoint = wantsB && wantsBias && !transposeB && b.rank === 2 && gradientB.a.rank === 2;
  const joint =
    isJoint && b.size > 0 && !isWatched(a, dz)
      ? runWithSums(gradientB)
      : { db: undefined, sums: undefined };
  const da = (): Tensor => {
    const forA = transposeA
      ? { a: b, b: dz, transposeA: transposeB, transposeB: true }
      : { a: dz, b, transposeA: false, transposeB: !transposeB };
    return sumTo(product(forA), a.shape);
  };
  const axes = Array.from({ length: y.rank - 1 }, (_, i) => i);
  return [
    wantsA ? da() : null,
    wantsB ? (joint.db ?? sumTo(product(gradientB), b.shape)) : null,
    wantsBias ? (joint.sums ?? sum(dz, axes)) : null,
  ];
}

/** The product that is b's gradient. */
function productForB({ a, b, transposeA, transposeB }: Product, dz: Tensor): Product {
  // One weight matrix for a whole batch: its gradient is one product over all rows.
  const isShared = b.rank === 2 && a.rank > 2 && !transposeA;
  const x = isShared ? reshape(a, [-1, a.shape.at(-1) as number]) : a;
  const dy = isShared ? reshape(dz, [-1, dz.shape.at(-1) as number]) : dz;
  if (transposeB) return { a: dy, b: x, transposeA: true, transposeB: transposeA };
  return { a: x, b: dy, transposeA: !transposeA, transposeB: false };
}

function run(factors: Product): Tensor {
  const { a, b, transposeA, bias } = factors;
  const size = sizeOf(factors);
  const { m, n, k } = size;
  if (bias !== undefined && (bias.rank !== 1 || bias.size !== n || bias.dtype !== a.dtype)) {
    const got = `${bias} for ${n} columns`;
    throw new ShapeError("matmul", `bias must be ${a.dtype} with one element per column`, { got });
  }
  const batchShape = shapes.broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const y = Tensor.empty([...batchShape, m, n], a.dtype);
  if (y.size === 0) return y;
  // A batch of rows times one matrix is one tall product.
  if (b.rank === 2 && a.rank > 2 && !transposeA && a.isContiguous) {
    const flat = Tensor.view(a, [a.size / Math.max(1, k), k]);
    const tall = { ...factors, a: flat };
    launch(tall, { y, batchShape: [], size: { m: y.size / n, n, k } });
    flat.dispose();
  } else {
    launch(factors, { y, batchShape, size });
  }
  return y;
}

/** A product of matrices and the sums of b's columns, from one kernel; records nothing. */
function runWithSums(factors: Product): { db: Tensor; sums: Tensor } {
  const size = sizeOf(factors);
  const db = Tensor.empty([size.m, size.n], factors.a.dtype);
  const sums = Tensor.empty([size.n], factors.a.dtype);
  launch(factors, { y: db, batchShape: [], size, sums });
  return { db, sums };
}

function sizeOf({ a, b, transposeA, transposeB }: Product): { m: number; n: number; k: number } {
  const k = a.shape.at(transposeA ? -2 : -1) as number;
  if ((b.shape.at(transposeB ? -1 : -2) as number) !== k)
    throw innerSizes(a, b, transposeA, transposeB);
  const m = a.shape.at(transposeA ? -1 : -2) as number;
  return { m, n: b.shape.at(transposeB ? -2 : -1) as number, k };
}

function innerSizes(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): ShapeError {
  const k = a.shape.at(transposeA ? -2 : -1);
  const other = transposeB ? "transposeB: false" : "transposeB: true";
  const fits = k === b.shape.at(transposeB ? -2 : -1);
  return new ShapeError("matmul", "inner sizes must agree", {
    got: `a ${shapeText(a.shape)} and b ${shapeText(b.shape)}`,
    remedy: fits ? `Pass { ${other} }?` : "The last axis of a must be as long as the rows of b.",
    a: a.shape,
    b: b.shape,
  });
}
