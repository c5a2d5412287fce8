// Where elementwise kernels read and write, told from the params of a dispatch.

import type { Access, Elementwise, Places } from "../gpu/joints.ts";
import type { ParamValue } from "../gpu/params.ts";

/** How an operand of a flat binary kernel is read. */
export type Mode = "whole" | "element" | "row" | "number";

const FLAT: Access = { kind: "flat", offset: 0 };

/** Of unaryFlat.wgsl: size, offset, p, q. */
export function unaryFlatPlaces(params: readonly ParamValue[]): Places {
  const [size, offset, ...numbers] = params as [number, number, ...ParamValue[]];
  return {
    size: 4 * size,
    isInVectors: true,
    operands: [{ binding: 0, access: { kind: "flat", offset: 4 * offset } }],
    result: { binding: 1, access: FLAT },
    numbers,
  };
}

/** Of binaryFlat.wgsl: size, the offsets of a and b, the period of a row, a number, p, q. */
export function binaryFlatPlaces(...modes: readonly [Mode, Mode]): Elementwise["places"] {
  return (params) => {
    const [size, , , period, word] = params as [number, number, number, number, ParamValue];
    const operands = modes.map((mode, i) => {
      const offset = params[i + 1] as number;
      const access: Access =
        mode === "number"
          ? { kind: "number", word }
          : mode === "element"
            ? { kind: "one", offset }
            : mode === "row"
              ? { kind: "row", offset: 4 * offset, period: 4 * period }
              : { kind: "flat", offset: 4 * offset };
      return { binding: i, access };
    });
    const result = { binding: 2, access: FLAT };
    return { size: 4 * size, isInVectors: true, operands, result, numbers: params.slice(5) };
  };
}

/** What the params of a strided kernel hold between its rank and its shape. */
interface StridedParams {
  readonly operands: number;
  /** Whether the result lies in a region with an offset and strides of its own. */
  readonly result?: boolean;
  /** Numbers of the expression, p and q. */
  readonly numbers?: number;
  /** Whether everything is counted in vectors of four. */
  readonly inFours?: boolean;
}

/** Of the strided kernels: size, rank, offsets, numbers, shape, and strides. */
export function stridedPlaces(how: StridedParams): Elementwise["places"] {
  const { operands, result = false, numbers = 0, inFours = false } = how;
  const views = operands + (result ? 1 : 0);
  return (params) => {
    const [size, rank] = params as [number, number];
    const walk = params.slice(2 + views + numbers) as (readonly number[])[];
    const [shape, ...strides] = walk.map((words) => words.slice(0, rank));
    const at = (k: number): Access => {
      const view = { shape: shape as number[], strides: strides[k] as number[] };
      return accessOf(params[2 + k] as number, view, inFours);
    };
    return {
      size: inFours ? 4 * size : size,
      isInVectors: false,
      operands: Array.from({ length: operands }, (_, k) => ({ binding: k, access: at(k) })),
      result: { binding: operands, access: result ? at(operands) : FLAT },
      numbers: params.slice(2 + views, 2 + views + numbers),
    };
  };
}

interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The simplest access that walks a view; vectors of four become elements. */
function accessOf(offset: number, view: View, inFours: boolean): Access {
  const last = view.shape.length - 1;
  const wide = (n: number): number => (inFours ? 4 * n : n);
  const shape = view.shape.map((n, i) => (i === last ? wide(n) : n));
  const strides = view.strides.map((n, i) => (i === last ? n : wide(n)));
  const start = wide(offset);
  if (last < 0) return { kind: "flat", offset: start };
  if (strides.every((stride) => stride === 0)) return { kind: "one", offset: start };
  let covered = 1;
  let axis = last;
  for (; axis >= 0 && strides[axis] === covered; axis--) covered *= shape[axis] as number;
  if (axis < 0) return { kind: "flat", offset: start };
  if (strides.slice(0, axis + 1).every((stride) => stride === 0) && axis < last) {
    return { kind: "row", offset: start, period: covered };
  }
  return { kind: "strided", offset: start, shape, strides };
}
