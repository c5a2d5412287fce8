// What a row of the gradient table says: a function, its operands, and where they come from.

import { type Shape, type Tensor, broadcastTo, tensor } from "../../src/index.ts";
import { randomTensor } from "../support/check.ts";
import { HostRandom } from "../../src/tensor/philox.ts";

/**
 * Elements of an operand: within bounds; "signed", of sizes from 0.1 to 0.9, away from kinks at 0;
 * or "apart", a shuffled grid of which no two elements change places within a difference's step.
 */
export type Values = readonly [number, number] | "signed" | "apart";

/** A differentiable function and operands that hurt. */
export interface Row {
  readonly f: (...inputs: Tensor[]) => Tensor;
  /** The operands' shapes, one string per try: "5×3 3", "scalar 0". The first also through views. */
  readonly shapes: readonly string[];
  /** Per operand; the last holds for the rest. Default "signed". */
  readonly values?: readonly Values[];
  /** Whether elements of an operand may be equal. Default true. */
  readonly mayRepeat?: boolean;
}

/** Reads "5×3 3" as [[5, 3], [3]]. */
export function parseShapes(text: string): Shape[] {
  return text.split(" ").map((shape) => (shape === "scalar" ? [] : shape.split("×").map(Number)));
}

/** Operands of elementwise functions. */
const UNARY_SHAPES: Row["shapes"] = ["5×3", "scalar", "1", "13", "1×1×1", "0", "3×0"];

/** A function of one tensor of any shape. */
export function unary(f: (x: Tensor) => Tensor, values: Values = "signed"): Row {
  return { f: (x) => f(x as Tensor), shapes: UNARY_SHAPES, values: [values] };
}

/** Operands that broadcast, evenly and oddly. */
const BINARY_SHAPES: Row["shapes"] = [
  "5×3 5×3",
  "scalar scalar",
  "1 1",
  "13 13",
  "3×1×5 4×1",
  "1 2×3",
  "scalar 2×3",
  "7×1 1×9",
  "3×4 4",
  "3 4×3",
  "2×0 1",
  "3×1 1×0",
];

/** A function of two tensors that broadcast. */
export function binary(f: (a: Tensor, b: Tensor) => Tensor, ...values: Values[]): Row {
  return {
    f: (a, b) => f(a as Tensor, b as Tensor),
    shapes: BINARY_SHAPES,
    values: values.length > 0 ? values : ["signed"],
  };
}

/** An operand's elements. */
export function operand(shape: Shape, values: Values, index: number): Tensor {
  const seed = 11 + index;
  if (values === "apart") return apart(shape, seed, index);
  if (values !== "signed") return randomTensor(shape, seed, ...values);
  const x = randomTensor(shape, seed, -0.8, 0.8);
  return x.add(x.sign().mul(0.1));
}

/** Odd multiples of 0.035 in random order; those of the next operand lie between them. */
function apart(shape: Shape, seed: number, index: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const random = new HostRandom(seed);
  const places = Array.from({ length: size }, (_, i) => [random.uniform(0, 1), i] as const);
  const order = places.toSorted(([a], [b]) => a - b);
  const values = Float32Array.from(order, ([, i]) => {
    return 0.035 * (1 + index) + 0.07 * (i - Math.floor(size / 2));
  });
  return tensor(values, { shape });
}

/** A tensor seen through a view: the shape it then comes from, and the view. */
export interface Layout {
  readonly baseShape: (shape: Shape) => Shape;
  readonly view: (base: Tensor, shape: Shape) => Tensor;
}

export const LAYOUTS = {
  transposed: { baseShape: (shape) => shape.toReversed(), view: (base) => base.transpose() },
  flipped: { baseShape: (shape) => shape, view: (base) => base.flip() },
  strided: {
    baseShape: (shape) => shape.map((n) => 2 * n + 1),
    view: (base, shape) => base.slice(shape.map(() => ({ start: 1, step: 2 }))),
  },
  repeated: {
    baseShape: (shape) => shape.map((n, axis) => (axis === 0 ? 1 : n)),
    view: (base, shape) => broadcastTo(base, shape),
  },
} as const satisfies Record<string, Layout>;
