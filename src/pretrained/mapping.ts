// How arrays of a file become values of variables, and back.

import type { HostArray } from "../data/hostArray.ts";
import { UsageError, shapeText } from "../errors.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Variable } from "../tensor/variable.ts";
import { inverseOrder, permuteAxes, permuteBlocks } from "./arrange.ts";

/** An array that a file has. */
export interface MappedTensor {
  readonly name: string;
  readonly shape: Shape;
}

/** Variables whose values some arrays of a file hold, in that file's layout. */
export interface Mapping {
  readonly variables: readonly Variable[];
  /** There may be none: the values are known without a file then. */
  readonly tensors: readonly MappedTensor[];
  /** Values for the variables, in their order and shapes, from the arrays in theirs. */
  decode(arrays: readonly HostArray[]): readonly HostArray[];
  /** The arrays again, from the variables' values. */
  encode(values: readonly HostArray[]): readonly HostArray[];
  /** Arrays that files of this layout may have and nothing needs. */
  readonly unneeded?: readonly string[];
}

/** How the array lies that `mapTensor` maps. */
export interface MapTensorOptions {
  /** The axis of the array that axis i of the variable is, as for NumPy's `transpose`. Default: the same. */
  readonly axes?: readonly number[];
  /** The array's shape, where axes of it are joined or split too, in row-major order. */
  readonly shape?: Shape;
}

const asOneArray = (
  variable: Variable,
  tensor: MappedTensor,
  decode: (array: HostArray) => HostArray,
  encode: (value: HostArray) => HostArray,
): Mapping => ({
  variables: [variable],
  tensors: [tensor],
  decode: ([array]) => [decode(array as HostArray)],
  encode: ([value]) => [encode(value as HostArray)],
});

/**
 * A variable that one array of a file holds.
 *
 *     mapTensor(linear.w, "classifier.weight", { axes: [1, 0] }); // from [out, in]
 *
 * @throws {UsageError} unless the axes are each of the variable's once, and the shape has as many elements.
 */
export function mapTensor(
  variable: Variable,
  name: string,
  options: MapTensorOptions = {},
): Mapping {
  const axes = options.axes ?? variable.shape.map((_, axis) => axis);
  if (axes.toSorted((a, b) => a - b).join() !== variable.shape.map((_, i) => i).join()) {
    throw new UsageError("mapTensor", "axes must be those of the variable, each once", {
      got: `[${axes.join(", ")}] for ${variable}`,
    });
  }
  const back = inverseOrder(axes);
  const unjoined = back.map((axis) => variable.shape[axis] as number);
  const shape = options.shape ?? unjoined;
  if (sizeOf(shape) !== sizeOf(unjoined)) {
    throw new UsageError("mapTensor", "the array must have as many elements as the variable", {
      got: `${shapeText(shape)} for ${variable}`,
    });
  }
  return asOneArray(
    variable,
    { name, shape },
    (array) => permuteAxes({ ...array, shape: unjoined }, axes),
    (value) => ({ ...permuteAxes(value, back), shape }),
  );
}

/** Gates that lie side by side along the last axis, in another order or with another sign. */
export interface GateOrder {
  /** The gate in the file that gate i of the variable is. */
  readonly order: readonly number[];
  /** What gate i is multiplied by: −1 where one library has 1 − σ(x) for the other's σ(x). Default 1. */
  readonly signs?: readonly number[];
}

/**
 * A variable `[…, gates · size]` that one array of the same shape holds, with its gates in another order.
 *
 *     mapGates(gru.b, "gru/bias", { order: [1, 0, 2] }); // z, r, h in the file, r, z, n in the variable
 */
export function mapGates(variable: Variable, name: string, gates: GateOrder): Mapping {
  const { order, signs = order.map(() => 1) } = gates;
  const back = inverseOrder(order);
  const backSigns = back.map((gate) => signs[gate] as number);
  return asOneArray(
    variable,
    { name, shape: variable.shape },
    (array) => permuteBlocks(array, order, signs),
    (value) => permuteBlocks(value, back, backSigns),
  );
}

/** A variable that is the sum of arrays of its shape. Back, it is the first, and the others are zero. */
export function mapSum(variable: Variable, names: readonly string[]): Mapping {
  const { shape } = variable;
  return {
    variables: [variable],
    tensors: names.map((name) => ({ name, shape })),
    decode(arrays) {
      const data = new Float32Array(sizeOf(shape));
      for (const array of arrays) array.data.forEach((x, i) => (data[i] = (data[i] as number) + x));
      return [{ dtype: "f32", shape, data }];
    },
    encode([value]) {
      const zeros: HostArray = { dtype: "f32", shape, data: new Float32Array(sizeOf(shape)) };
      return names.map((_, i) => (i === 0 ? (value as HostArray) : zeros));
    },
  };
}

/** A variable whose value no file holds. */
export function mapConstant(variable: Variable, value: number): Mapping {
  const { shape } = variable;
  const Data = variable.dtype === "i32" ? Int32Array : Float32Array;
  const data = new Data(sizeOf(shape)).fill(value);
  const array: HostArray = { dtype: variable.dtype === "i32" ? "i32" : "f32", shape, data };
  return { variables: [variable], tensors: [], decode: () => [array], encode: () => [] };
}
