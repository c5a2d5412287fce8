// Ops that move, join, take apart and gather, in TFLite.

import { UsageError } from "../errors.ts";
import type { SliceIndex } from "../ops/slice.ts";
import type { Emitter, Slot } from "./emitter.ts";
import type { Writer } from "./exportElements.ts";

/** The axes that TFLite's slices and borders are known for. */
const MOST_AXES = 5;

const reshape: Writer = (to, node) => to.toShape(to.inputs(node)[0] as Slot, node);

const transpose: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  to.transpose(x, node.attributes as number[], to.result(node));
};

const broadcastTo: Writer = (to, node) => {
  const y = to.result(node);
  to.emit("BROADCAST_TO", [...to.inputs(node), to.integers(y.shape)], y, {}, 2);
};

const flip: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const axes = (node.attributes as number[]).map(
    (axis) => (axis + x.shape.length) % x.shape.length,
  );
  const [last, ...others] = axes;
  if (last === undefined) return to.same(x, node);
  // One axis at a time: the operator takes only such as stand side by side.
  const before = others.reduce((part, axis) => {
    return to.emit("REVERSE_V2", [part, to.integers([axis])], { dtype: x.dtype, shape: x.shape });
  }, x);
  to.emit("REVERSE_V2", [before, to.integers([last])], to.result(node));
};

/** Where a slice of an axis begins and how it goes on. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly toEnd: boolean;
}

function partOf(index: SliceIndex, length: number): Part {
  if (index === null) return { start: 0, end: length, step: 1, toEnd: false };
  const at = (n: number): number => (n < 0 ? n + length : n);
  if (typeof index === "number") {
    return { start: at(index), end: at(index) + 1, step: 1, toEnd: false };
  }
  const range = "length" in index ? { start: index[0], end: index[1] } : index;
  const { step = 1, start = step > 0 ? 0 : length - 1, end } = range;
  const most = step > 0 ? length : length - 1;
  const first = Math.min(Math.max(at(start), 0), most);
  // Backwards to the first element: no number is behind it.
  const toEnd = step < 0 && (end === undefined || at(end) < 0);
  const usual = step > 0 ? length : 0;
  const last = end === undefined || toEnd ? usual : Math.min(Math.max(at(end), 0), length);
  return { start: first, end: last, step, toEnd };
}

/** A part of x. */
function sliced(to: Emitter, x: Slot, parts: readonly Part[], shape: readonly number[]): Slot {
  if (parts.length > MOST_AXES) {
    throw new UsageError("exportTflite", `slices must be of at most ${MOST_AXES} axes`, {
      got: `${x.name} with ${parts.length}`,
      remedy: "Reshape so that axes that stay whole are one.",
    });
  }
  const list = (key: "start" | "end" | "step"): Slot => to.integers(parts.map((part) => part[key]));
  const endMask = parts.reduce((mask, { toEnd }, axis) => mask | (Number(toEnd) << axis), 0);
  const operands = [x, list("start"), list("end"), list("step")];
  return to.emit("STRIDED_SLICE", operands, { dtype: x.dtype, shape }, { beginMask: 0, endMask });
}

/** The part of each axis from `starts`, as long as `shape`. */
export function windowOf(
  to: Emitter,
  x: Slot,
  starts: readonly number[],
  shape: readonly number[],
): Slot {
  if (shape.every((length, axis) => length === x.shape[axis])) return x;
  const parts = shape.map((length, axis) => {
    const start = starts[axis] as number;
    return { start, end: start + length, step: 1, toEnd: false };
  });
  return sliced(to, x, parts, shape);
}

const slice: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const y = to.result(node);
  const indices = node.attributes as readonly SliceIndex[];
  const parts = x.shape.map((length, axis) => partOf(indices[axis] ?? null, length));
  const isWhole = parts.every(({ start, end, step }, axis) => {
    return start === 0 && step === 1 && end === x.shape[axis];
  });
  if (isWhole) return to.toShape(x, node);
  const kept = y.shape.values();
  const shape = x.shape.map((_, axis) => {
    return typeof indices[axis] === "number" ? 1 : (kept.next().value as number);
  });
  to.toShape(sliced(to, x, parts, shape), node);
};

/** x with a border. */
export function padded(
  to: Emitter,
  x: Slot,
  borders: readonly (readonly [number, number])[],
  value: number,
  target?: Slot,
): Slot {
  if (borders.length > MOST_AXES) {
    throw new UsageError("exportTflite", `borders must be of at most ${MOST_AXES} axes`, {
      got: `${x.name} with ${borders.length}`,
    });
  }
  const shape = x.shape.map((n, axis) => n + (borders[axis]?.[0] ?? 0) + (borders[axis]?.[1] ?? 0));
  const facts = { dtype: "i32", shape: [borders.length, 2] } as const;
  const wanted = to.constant("borders", facts, Int32Array.from(borders.flat()));
  const y = target ?? { dtype: x.dtype, shape };
  if (value === 0) return to.emit("PAD", [x, wanted], y);
  return to.emit("PADV2", [x, wanted, to.number(value, x.dtype)], y);
}

const pad: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const [padding, value] = node.attributes as [readonly (readonly [number, number])[], number];
  const borders = x.shape.map((_, axis) => padding[axis] ?? ([0, 0] as const));
  padded(to, x, borders, value, to.result(node));
};

const concat: Writer = (to, node) => {
  const axis = node.attributes as number;
  to.emit("CONCATENATION", to.inputs(node), to.result(node), { axis });
};

const split: Writer = (to, node) => {
  const axis = node.attributes as number;
  const outputs = node.outputs.map((output) => to.slot(output));
  const lengths = to.integers(outputs.map(({ shape }) => shape.at(axis) as number));
  const inputs = [...to.inputs(node), lengths, to.number(axis, "i32")];
  to.emitAll({ op: "SPLIT_V", inputs, outputs, options: { count: outputs.length }, version: 1 });
};

const gather: Writer = (to, node) => {
  const options = { axis: node.attributes as number, batchDims: 0 };
  to.emit("GATHER", to.inputs(node), to.result(node), options);
};

/** By places in x as one row: index · step of the axis + what the other axes add. */
const takeAlongAxis: Writer = (to, node) => {
  const [x, indices] = to.inputs(node) as [Slot, Slot];
  const { axis: given } = node.attributes as { readonly axis: number };
  const axis = (given + x.shape.length) % x.shape.length;
  const steps = x.shape.map((_, i) => x.shape.slice(i + 1).reduce((n, m) => n * m, 1));
  const count = indices.shape.reduce((n, m) => n * m, 1);
  const starts = Int32Array.from({ length: count }, (_, at) => {
    let [rest, place] = [at, 0];
    for (let i = indices.shape.length - 1; i >= 0; i--) {
      const length = indices.shape[i] as number;
      if (i !== axis) place += (rest % length) * (steps[i] as number);
      rest = Math.floor(rest / length);
    }
    return place;
  });
  const facts = { dtype: "i32", shape: indices.shape } as const;
  const moved = to.emit("MUL", [indices, to.number(steps[axis] as number, "i32")], facts);
  const places = to.emit("ADD", [moved, to.constant("starts", facts, starts)], facts);
  const row = to.reshape(x, [x.shape.reduce((n, m) => n * m, 1)]);
  to.emit("GATHER", [row, places], to.result(node), { axis: 0, batchDims: 0 });
};

const oneHot: Writer = (to, node) => {
  const y = to.result(node);
  const [ids] = to.inputs(node) as [Slot];
  const operands = [ids, to.number(y.shape.at(-1) as number, "i32"), to.number(1), to.number(0)];
  to.emit("ONE_HOT", operands, y, { axis: -1 });
};

const cumSum: Writer = (to, node) => {
  const [axis, flags] = node.attributes as [number, { exclusive?: boolean; reverse?: boolean }];
  const options = { exclusive: flags.exclusive === true, reverse: flags.reverse === true };
  to.emit("CUMSUM", [...to.inputs(node), to.number(axis, "i32")], to.result(node), options);
};

/** Writers of ops on shapes and indices. */
export const shapeWriters: Readonly<Record<string, Writer>> = {
  ...{ reshape, transpose, broadcastTo, flip, slice, pad, concat, split },
  ...{ gather, takeAlongAxis, oneHot, cumSum },
};
