// Choosing between two tensors, element by element.

import { DtypeError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Elementwise, Scalar } from "../gpu/joints.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { where as whereShader } from "../shaders/where.ts";
import { type DType, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { broadcastShapes, broadcastStrides, collapseAxes } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { full } from "./creation.ts";
import { KernelFamily, gridOf, words8 } from "./dispatch.ts";
import { stridedPlaces } from "./places.ts";
import { sumTo } from "./sum.ts";
import { record } from "./tape.ts";

const kernels = /* @__PURE__ */ new KernelFamily<"f32" | "f16" | "i32" | "u32">((scalar) => {
  const options = { shader: whereShader, prelude: `alias Scalar = ${scalar};` };
  return scalar === "f16" ? options : { ...options, elementwise: facts(scalar) };
});

function facts(scalar: Scalar): Elementwise {
  const operands = [
    { name: "mask", scalar: "u32" },
    { name: "a", scalar },
    { name: "b", scalar },
  ] as const;
  const places = stridedPlaces({ operands: 3 });
  return {
    name: "where",
    expression: "select(b, a, mask != Word(0u))",
    operands,
    result: scalar,
    places,
  };
}

/** Every kernel of this file. */
export function whereKernels(): Kernel[] {
  return kernels.all(["f32", "f16", "i32", "u32"]);
}

/**
 * `a` where `mask` is true, else `b`; all three broadcast. The gradient goes to the chosen one.
 *
 * @param mask  bool.
 * @param a     tensor or number, of the dtype of `b`.
 */
export function where(mask: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  requireDtype("where", mask.dtype, ["bool"]);
  const dtype: DType = typeof a !== "number" ? a.dtype : typeof b !== "number" ? b.dtype : "f32";
  const chosen = typeof a === "number" ? full([], a, dtype) : a;
  const other = typeof b === "number" ? full([], b, dtype) : b;
  if (chosen.dtype !== other.dtype) {
    const got = `${chosen.dtype} and ${other.dtype}`;
    throw new DtypeError("where", "both choices must have the same dtype", { got });
  }
  const inner = broadcastShapes("where", chosen.shape, other.shape);
  const y = Tensor.empty(broadcastShapes("where", mask.shape, inner), dtype);
  if (y.size > 0) launch(mask, chosen, other, y);
  record("where", [mask, chosen, other], y, [
    undefined,
    (dy) => sumTo(where(mask, dy, 0), chosen.shape),
    (dy) => sumTo(where(mask, 0, dy), other.shape),
  ]);
  return y;
}

function launch(mask: Tensor, a: Tensor, b: Tensor, y: Tensor): void {
  const operands = [mask, a, b];
  const { shape, strides } = collapseAxes(
    "where",
    y.shape,
    operands.map((operand) => broadcastStrides(operand.shape, operand.strides, y.shape)),
  );
  const offsets = operands.map((operand) => operand.offset);
  const params = [y.size, shape.length, ...offsets, words8(shape), ...strides.map(words8)];
  const blocks = [...operands, y].map((operand) => operand.block);
  device().dispatch(kernels.get(WGSL_TYPE[y.dtype]), blocks, params, ...gridOf(y.size));
}
