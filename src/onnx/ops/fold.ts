// Nodes whose result follows from the file and from shapes alone are computed on the host: the chains of
// integers by which exporters write shapes.

import { expandedShape } from "./broadcastShape.ts";
import type { Call } from "./call.ts";
import { TYPES } from "./elementwise.ts";
import { boundsOf } from "./indexing.ts";
import { constantOf, reshapedTo } from "./shapes.ts";
import { type HostValue, Value, dtypeOf } from "./value.ts";

/** What an entry computes; undefined leaves the node to the GPU. */
type Fold = (call: Call, inputs: readonly HostValue[]) => HostValue | undefined;

/** Elements of inputs and results up to which nodes are computed on the host. */
const LARGEST = 4096;

const countOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

const onAxis = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Elements of a new shape, each from the place that its indices say. */
function remapped(
  from: HostValue,
  shape: readonly number[],
  place: (indices: readonly number[]) => number,
): HostValue | undefined {
  const count = countOf(shape);
  if (count > LARGEST) return undefined;
  const indices = shape.map(() => 0);
  const values: number[] = [];
  for (let i = 0; i < count; i++) {
    values.push(from.values[place(indices)] as number);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      indices[axis] = (indices[axis] as number) + 1;
      if ((indices[axis] as number) < (shape[axis] as number)) break;
      indices[axis] = 0;
    }
  }
  return { type: from.type, shape, values };
}

/** The place of an element, from the indices of its last axes; a length of 1 is repeated. */
function placeIn(shape: readonly number[], indices: readonly number[]): number {
  const skipped = indices.length - shape.length;
  return shape.reduce(
    (place, n, axis) => place * n + (n === 1 ? 0 : (indices[axis + skipped] ?? 0)),
    0,
  );
}

const isWhole = (type: string): boolean => dtypeOf(type) !== "f32";

/** Floats have 32 bits, as they would on the GPU. */
const rounded = (type: string, value: number): number =>
  isWhole(type) ? value : Math.fround(value);

function binary(
  compute: (a: number, b: number, isWhole: boolean) => number | boolean,
  type?: string,
): Fold {
  return (_, inputs) => {
    const [a, b] = inputs as [HostValue, HostValue];
    const shape = expandedShape(a.shape, b.shape);
    const [left, right] = [a, b].map((side) =>
      remapped(side, shape, (indices) => placeIn(side.shape, indices)),
    );
    if (left === undefined || right === undefined) return undefined;
    const result = type ?? a.type;
    const values = Array.from(left.values, (x, i) =>
      rounded(result, Number(compute(x, right.values[i] as number, isWhole(a.type)))),
    );
    return { type: result, shape, values };
  };
}

function unary(compute: (x: number) => number | boolean): Fold {
  return (_, [x]) => {
    const { type, shape, values } = x as HostValue;
    return { type, shape, values: Array.from(values, (v) => rounded(type, Number(compute(v)))) };
  };
}

const reshaped =
  (shapeOf: (call: Call, shape: readonly number[]) => readonly number[]): Fold =>
  (call, [x]) => ({ ...(x as HostValue), shape: shapeOf(call, (x as HostValue).shape) });

function cast(call: Call, [x]: readonly HostValue[]): HostValue | undefined {
  const { shape, values, type: from } = x as HostValue;
  const type = TYPES[call.attr("to", 1)] ?? "";
  if (!["f32", "i32", "i64", "bool"].includes(type)) return undefined;
  const toWhole = type !== "f32" && !isWhole(from);
  const convert = (v: number): number => (toWhole ? Math.trunc(v) : v);
  const one = type === "bool" ? (v: number) => Number(v !== 0) : convert;
  return { type, shape, values: Array.from(values, (v) => rounded(type, one(v))) };
}

function gather(call: Call, [x, ids]: readonly HostValue[]): HostValue | undefined {
  const [from, picked] = [x as HostValue, ids as HostValue];
  const axis = onAxis(call.attr("axis", 0), from.shape.length);
  const [before, after] = [from.shape.slice(0, axis), from.shape.slice(axis + 1)];
  const length = from.shape[axis] as number;
  return remapped(from, [...before, ...picked.shape, ...after], (indices) => {
    const within = indices.slice(axis, axis + picked.shape.length);
    const flat = within.reduce((place, i, at) => place * (picked.shape[at] as number) + i, 0);
    const at = onAxis(picked.values[flat] as number, length);
    const full = [...indices.slice(0, axis), at, ...indices.slice(axis + picked.shape.length)];
    return full.reduce((place, i, n) => place * (from.shape[n] as number) + i, 0);
  });
}

function concat(call: Call, inputs: readonly HostValue[]): HostValue | undefined {
  const { type, shape } = inputs[0] as HostValue;
  const axis = onAxis(call.attr("axis", 1), shape.length);
  const outer = countOf(shape.slice(0, axis));
  const values: number[] = [];
  for (let i = 0; i < outer; i++) {
    for (const input of inputs) {
      const run = countOf(input.shape.slice(axis));
      for (let j = 0; j < run; j++) values.push(input.values[i * run + j] as number);
    }
  }
  const length = inputs.reduce((sum, input) => sum + (input.shape[axis] as number), 0);
  return { type, shape: shape.toSpliced(axis, 1, length), values };
}

function slice(call: Call, [x]: readonly HostValue[]): HostValue | undefined {
  const from = x as HostValue;
  const bounds = boundsOf(call, from.shape);
  const shape = bounds.map(({ start, end, step }) => Math.max(0, Math.ceil((end - start) / step)));
  return remapped(from, shape, (indices) =>
    indices.reduce((place, i, axis) => {
      const { start, step } = bounds[axis] as { start: number; step: number };
      return place * (from.shape[axis] as number) + start + i * step;
    }, 0),
  );
}

function constantOfShape(call: Call, [lengths]: readonly HostValue[]): HostValue | undefined {
  const shape = Array.from((lengths as HostValue).values);
  if (countOf(shape) > LARGEST || shape.some((length) => length < 0)) return undefined;
  const { type, values } = call.value("value") ?? { type: "f32", values: [0] };
  return { type, shape, values: new Array<number>(countOf(shape)).fill(values[0] ?? 0) };
}

function range(_: Call, inputs: readonly HostValue[]): HostValue | undefined {
  const [start = 0, end = 0, step = 1] = inputs.map(({ values }) => values[0]);
  const length = Math.max(0, Math.ceil((end - start) / step));
  if (!(length <= LARGEST)) return undefined;
  const { type } = inputs[0] as HostValue;
  return { type, shape: [length], values: Array.from({ length }, (_, i) => start + i * step) };
}

function expand(_: Call, [x, lengths]: readonly HostValue[]): HostValue | undefined {
  const from = x as HostValue;
  const shape = expandedShape(from.shape, Array.from((lengths as HostValue).values));
  return remapped(from, shape, (indices) => placeIn(from.shape, indices));
}

function where(_: Call, inputs: readonly HostValue[]): HostValue | undefined {
  const [mask, a, b] = inputs as [HostValue, HostValue, HostValue];
  const shape = expandedShape(expandedShape(mask.shape, a.shape), b.shape);
  const all = [mask, a, b].map((x) => remapped(x, shape, (at) => placeIn(x.shape, at))?.values);
  const [ifs, thens, elses] = all;
  if (ifs === undefined || thens === undefined || elses === undefined) return undefined;
  const values = Array.from(ifs, (hold, i) => (hold ? thens[i] : elses[i]) as number);
  return { type: a.type, shape, values };
}

function transpose(call: Call, [x]: readonly HostValue[]): HostValue | undefined {
  const from = x as HostValue;
  const order = call.list("perm") ?? from.shape.map((_, i) => from.shape.length - 1 - i);
  const shape = order.map((axis) => from.shape[axis] as number);
  return remapped(from, shape, (indices) =>
    from.shape.reduce((place, n, axis) => place * n + (indices[order.indexOf(axis)] as number), 0),
  );
}

/** Over all elements, the only axis in chains of shapes. */
function reduction(compute: (a: number, b: number) => number): Fold {
  return (call, [x]) => {
    const { type, shape, values } = x as HostValue;
    const axes = call.numbers(1, "axes");
    if (shape.length > 1 || values.length === 0 || (axes?.length === 0 && shape.length > 0)) {
      return undefined;
    }
    const value = rounded(type, Array.from(values).reduce(compute));
    return { type, shape: call.flag("keepdims", true) ? shape.map(() => 1) : [], values: [value] };
  };
}

const FOLDS: Readonly<Record<string, Fold>> = {
  Abs: unary(Math.abs),
  Add: binary((a, b) => a + b),
  And: binary((a, b) => a !== 0 && b !== 0, "bool"),
  Cast: cast,
  Ceil: unary(Math.ceil),
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Div: binary((a, b, whole) => (whole ? Math.trunc(a / b) : a / b)),
  Equal: binary((a, b) => a === b, "bool"),
  Expand: expand,
  Floor: unary(Math.floor),
  Gather: gather,
  Greater: binary((a, b) => a > b, "bool"),
  GreaterOrEqual: binary((a, b) => a >= b, "bool"),
  Identity: (_, [x]) => x,
  Less: binary((a, b) => a < b, "bool"),
  LessOrEqual: binary((a, b) => a <= b, "bool"),
  Max: binary((a, b) => Math.max(a, b)),
  Min: binary((a, b) => Math.min(a, b)),
  Mod: binary((a, b, whole) => (whole ? a - Math.floor(a / b) * b : a % b)),
  Mul: binary((a, b) => a * b),
  Neg: unary((x) => -x),
  Not: unary((x) => x === 0),
  Or: binary((a, b) => a !== 0 || b !== 0, "bool"),
  Pow: binary((a, b) => a ** b),
  Range: range,
  ReduceMax: reduction(Math.max),
  ReduceMin: reduction(Math.min),
  ReduceProd: reduction((a, b) => a * b),
  ReduceSum: reduction((a, b) => a + b),
  Reshape: reshaped((call, shape) =>
    reshapedTo(shape, call.numbers(1, "shape") ?? [], call.flag("allowzero")),
  ),
  Slice: slice,
  Sqrt: unary(Math.sqrt),
  Squeeze: reshaped((call, shape) => {
    const axes = call.numbers(1, "axes")?.map((axis) => onAxis(axis, shape.length));
    return shape.filter((n, axis) => (axes === undefined ? n !== 1 : !axes.includes(axis)));
  }),
  Sub: binary((a, b) => a - b),
  Transpose: transpose,
  Unsqueeze: reshaped((call, shape) => {
    const given = call.numbers(1, "axes") ?? [];
    const axes = given.map((axis) => onAxis(axis, shape.length + given.length));
    return axes.sort((a, b) => a - b).reduce((all, axis) => all.toSpliced(axis, 0, 1), [...shape]);
  }),
  Where: where,
};

/** Ops of two inputs, some of which may take more. */
const PAIRS = new Set(["Max", "Min"]);

/** Lengths of a tensor are known whatever its elements are. */
function shapeValue(call: Call): HostValue {
  const { shape } = call.input();
  if (call.node.op === "Size") return { type: "i64", shape: [], values: [countOf(shape)] };
  const values = shape.slice(call.attr("start", 0), call.list("end")?.[0]);
  return { type: "i64", shape: [values.length], values };
}

/** The only output of a node, if it can be known without the GPU. */
export function folded(call: Call, inputs: readonly (Value | undefined)[]): Value | undefined {
  const { op } = call.node;
  if (op === "Shape" || op === "Size") return new Value(shapeValue(call), true);
  if (op === "Constant") return new Value(constantOf(call), true);
  const fold = Object.hasOwn(FOLDS, op) ? FOLDS[op] : undefined;
  if (fold === undefined || (PAIRS.has(op) && inputs.length !== 2)) return undefined;
  const known: HostValue[] = [];
  for (const input of inputs) {
    if (input === undefined || !input.isStatic || input.host === undefined) return undefined;
    if (input.size > LARGEST) return undefined;
    known.push(input.host);
  }
  const result = fold(call, known);
  return result === undefined ? undefined : new Value(result, true);
}
