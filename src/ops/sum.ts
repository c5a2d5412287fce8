// Sums and their adjoint, broadcasting.

import { ShapeError, shapeText } from "../errors.ts";
import type { Kernel } from "../gpu/kernel.ts";
import {
  type Axes,
  type Shape,
  broadcastShapes,
  broadcastStrides,
  normalizeAxes,
  sameShape,
} from "../tensor/shape.ts";
import { FLOATS } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Unary, kernelsOfUnary } from "./elementwise.ts";
import { type ReduceOptions, Reduction, kernelsOfReduction, reducedShape } from "./reduction.ts";
import { record } from "./tape.ts";
import { reshape } from "./views.ts";

const summation: Reduction = /* @__PURE__ */ new Reduction({
  name: "sum",
  combine: "a + b",
  initial: "Acc(0)",
  dtypes: ["f32", "f16", "i32", "u32"],
});

const averaging: Reduction = /* @__PURE__ */ new Reduction({
  name: "mean",
  combine: "a + b",
  initial: "Acc(0)",
  finish: "a * params.scale",
  dtypes: FLOATS,
});

/** Every kernel of this file. */
export function sumKernels(): Kernel[] {
  return [...[summation, averaging].flatMap(kernelsOfReduction), ...kernelsOfUnary(scaling)];
}

/** Sum over axes, all of them by default. */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const y = summation.run(x, axes, options.keepDims ?? false);
  record("sum", [x], y, [(dy) => unreduce(dy, x, axes)], axes);
  return y;
}

/** Mean over axes, all of them by default. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const { keepDims = false } = options;
  const y = averaging.run(x, axes, keepDims, reciprocalCount(x, axes));
  record("mean", [x], y, [(dy) => unreduce(scaled(dy, reciprocalCount(x, axes)), x, axes)], axes);
  return y;
}

/** 1 over the number of elements that are averaged. */
function reciprocalCount(x: Tensor, axes: Axes | undefined): number {
  const reduced = normalizeAxes("mean", axes, x.rank);
  return 1 / reduced.reduce((count, axis) => count * (x.shape[axis] as number), 1);
}

const scaling: Unary = /* @__PURE__ */ new Unary({ name: "scale", expression: "a * params.p" });

function scaled(x: Tensor, factor: number): Tensor {
  const y = scaling.run(x, factor);
  record("scale", [x], y, [(dy) => scaled(dy, factor)], factor);
  return y;
}

/** A reduction's gradient spread over what was reduced. */
export function unreduce(dy: Tensor, x: Tensor, axes: Axes | undefined): Tensor {
  const kept = reducedShape(x, normalizeAxes("sum", axes, x.rank), true);
  return broadcastTo(sameShape(kept, dy.shape) ? dy : reshape(dy, kept), x.shape);
}

/**
 * `x` repeated along new axes and axes of length 1, as a view.
 *
 * @throws {ShapeError} if `x` does not broadcast to `shape`.
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw new ShapeError("broadcastTo", "the shape must be what x broadcasts to", {
      got: `${shapeText(x.shape)} to ${shapeText(shape)}`,
    });
  }
  const y = Tensor.view(x, shape, broadcastStrides(x.shape, x.strides, shape));
  record("broadcastTo", [x], y, [(dy) => sumTo(dy, x.shape)]);
  return y;
}

/** The sum over what broadcasting from `shape` repeated: a gradient brought back to its operand. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const shift = x.rank - shape.length;
  const axes = x.shape.map((_, i) => i).filter((i) => i < shift || shape[i - shift] !== x.shape[i]);
  const total = axes.length === 0 ? x : sum(x, axes, { keepDims: true });
  return shift === 0 ? total : reshape(total, shape);
}
