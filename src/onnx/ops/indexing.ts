// ONNX ops that pick, place and order elements.

import * as renga from "./library.ts";
import { type PadMode, type SliceIndex, type Tensor, cast } from "./library.ts";
import type { Call, Run } from "./call.ts";

/** Negative indices count from the end. */
function positive(ids: Tensor, length: number): Tensor {
  if (ids.dtype === "u32") return cast(ids, "i32");
  return renga.where(renga.less(ids, 0), renga.add(ids, length), ids);
}

/** Where a slice begins and ends on an axis; the end of one backwards may be -1. */
interface Bounds {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Bounds of all axes. Those beyond an axis, as far as ±2⁶³, are cut off as NumPy does. */
export function boundsOf(call: Call, shape: readonly number[]): Bounds[] {
  const [starts, ends] = [call.numbers(1, "starts"), call.numbers(2, "ends")];
  const axes = call.numbers(3, "axes") ?? starts?.map((_, i) => i) ?? [];
  const steps = call.numbers(4);
  const bounds = shape.map((end): Bounds => ({ start: 0, end, step: 1 }));
  axes.forEach((axis, i) => {
    const length = shape.at(axis) as number;
    const step = steps?.[i] ?? 1;
    const within = (place: number): number =>
      Math.min(Math.max(place < 0 ? place + length : place, step < 0 ? -1 : 0), length);
    const [start, end] = [within(starts?.[i] ?? 0), within(ends?.[i] ?? 0)];
    const first = step < 0 ? Math.min(start, length - 1) : start;
    bounds[axis < 0 ? axis + shape.length : axis] = { start: first, end, step };
  });
  return bounds;
}

function slice(call: Call): Tensor {
  const x = call.x();
  const indices = boundsOf(call, x.shape).map(({ start, end, step }, axis): SliceIndex => {
    if (step === 1 && start === 0 && end === x.shape[axis]) return null;
    return end < 0 ? { start, step } : { start, end, step };
  });
  return renga.slice(x, indices);
}

/** Borders come as all lengths before, then all lengths after. */
function pad(call: Call): Tensor {
  const x = call.x();
  const pads = call.numbers(1, "pads") ?? [];
  const axes = call.numbers(3) ?? x.shape.map((_, i) => i);
  const borders = x.shape.map(() => [0, 0] as [number, number]);
  axes.forEach((axis, i) => {
    borders[axis < 0 ? axis + x.rank : axis] = [pads[i] ?? 0, pads[i + axes.length] ?? 0];
  });
  const mode = call.text("mode", "constant");
  const value = call.number(2, "value") ?? 0;
  return renga.pad(x, borders, mode === "constant" ? value : (mode as PadMode));
}

/** Lengths of some axes changed by as much at both ends. */
function centerCropPad(call: Call): Tensor {
  const x = call.x();
  const lengths = call.numbers(1) ?? [];
  const axes = call.list("axes") ?? x.shape.map((_, i) => i);
  const borders = x.shape.map(() => [0, 0] as [number, number]);
  axes.forEach((axis, i) => {
    const more = (lengths[i] as number) - (x.shape.at(axis) as number);
    const before = Math.sign(more) * Math.floor(Math.abs(more) / 2);
    borders[axis < 0 ? axis + x.rank : axis] = [before, more - before];
  });
  return renga.pad(x, borders);
}

/** The first elements of each sequence in reverse order, as many as its length says. */
function reverseSequence(call: Call): Tensor {
  const x = call.x();
  const [batch, time] = [call.attr("batch_axis", 1), call.attr("time_axis", 0)];
  const lengths = call.numbers(1) ?? [];
  const steps = Array.from({ length: x.shape[time] as number }, (_, i) => i);
  const places = lengths.flatMap((n) => steps.map((t) => (t < n ? n - 1 - t : t)));
  const table = renga.tensor(places, { shape: [lengths.length, steps.length], dtype: "i32" });
  const ids = renga.reshape(
    batch < time ? table : renga.transpose(table),
    x.shape.map((n, axis) => (axis === batch || axis === time ? n : 1)),
  );
  return renga.takeAlongAxis(x, renga.broadcastTo(ids, x.shape), time);
}

/** Places where a mask holds: as many as there are must be known. */
function placesOf(call: Call, i: number): number[] {
  const mask = call.numbers(i) ?? [];
  return mask.flatMap((value, place) => (value === 0 ? [] : [place]));
}

const wholes = (values: readonly number[]): Tensor =>
  renga.tensor([...values], { shape: [values.length], dtype: "i32" });

/** A row of positions for each axis. */
function nonZero(call: Call): Tensor {
  const { shape } = call.input();
  const places = placesOf(call, 0);
  const rows = shape.map((length, axis) => {
    const step = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
    return wholes(places.map((place) => Math.floor(place / step) % length));
  });
  return renga.stack(rows);
}

/** Elements or slices where a condition holds. */
function compress(call: Call): Tensor {
  const axis = call.list("axis")?.[0];
  const x = axis === undefined ? renga.reshape(call.x(), [-1]) : call.x();
  return renga.gather(x, wholes(placesOf(call, 1)), axis ?? 0);
}

const MODES = { none: "set", add: "add", max: "max", min: "min", mul: "mul" } as const;

function modeOf(call: Call): renga.ScatterMode {
  return MODES[call.text("reduction", "none") as keyof typeof MODES];
}

const scatterElements: Run = (call) => {
  const [x, axis] = [call.x(), call.attr("axis", 0)];
  const ids = positive(call.x(1), x.shape.at(axis) as number);
  return renga.scatter(x, ids, call.x(2), { axis, mode: modeOf(call) });
};

/** Rows of updates at the places that the last axis of ids names. */
function scatterND(call: Call): Tensor {
  const [x, ids, updates] = [call.x(0), call.x(1), call.x(2)];
  const depth = ids.shape.at(-1) as number;
  const inner = x.shape.slice(depth).reduce((product, n) => product * n, 1);
  const places = renga.reshape(flatIndices(x, ids), [-1, 1]);
  const count = places.shape[0] as number;
  const wide = renga.contiguous(renga.broadcastTo(places, [count, inner]));
  const rows = renga.reshape(updates, [count, inner]);
  const y = renga.scatter(renga.reshape(x, [-1, inner]), wide, rows, {
    axis: 0,
    mode: modeOf(call),
  });
  return renga.reshape(y, x.shape);
}

/** With batch axes, those become part of the index. */
function gatherRows(call: Call): Tensor {
  const [x, ids, batch] = [call.x(0), call.x(1), call.attr("batch_dims", 0)];
  const lead = x.shape.slice(0, batch);
  const columns = lead.map((n, axis) => {
    const shape = ids.shape.map((_, i) => (i === axis ? n : 1));
    const line = renga.reshape(renga.arange(0, n, 1, "i32"), shape);
    return renga.broadcastTo(line, [...ids.shape.slice(0, -1), 1]);
  });
  return renga.gatherND(x, renga.concat([...columns, ids], -1));
}

function oneHot(call: Call): Tensor {
  const depth = call.number(1) as number;
  const given = call.x();
  const axis = call.attr("axis", -1);
  const hot = renga.oneHot(positive(cast(given, "i32"), depth), depth);
  const at = axis < 0 ? axis + hot.rank : axis;
  const order = given.shape.map((_, i) => i).toSpliced(at, 0, given.rank);
  const [off, on] = call.numbers(2) as [number, number];
  const placed = cast(renga.transpose(hot, order), "bool");
  const { dtype } = call.x(2);
  return renga.where(placed, renga.full([], on, dtype), renga.full([], off, dtype));
}

function largest(call: Call): Tensor[] {
  const k = call.numbers(1, "k")?.[0] as number;
  const axis = call.attr("axis", -1);
  const found = renga.topK(call.x(), k, { axis, largest: call.flag("largest", true) });
  return [found.values, found.indices];
}

export const INDEXING: Readonly<Record<string, Run>> = {
  CenterCropPad: centerCropPad,
  Compress: compress,
  Gather: (call) => renga.gather(call.x(0), call.x(1), call.attr("axis", 0)),
  GatherElements: (call) => {
    const axis = call.attr("axis", 0);
    const ids = positive(call.x(1), call.x().shape.at(axis) as number);
    return renga.takeAlongAxis(call.x(0), ids, axis);
  },
  GatherND: gatherRows,
  NonZero: nonZero,
  OneHot: oneHot,
  Pad: pad,
  ReverseSequence: reverseSequence,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Slice: slice,
  TopK: largest,
};

/** The places in the flattened first axes of `x` that the rows of `[…, k]` ids name. */
function flatIndices(x: renga.Tensor, ids: renga.Tensor): renga.Tensor {
  const depth = ids.shape.at(-1) as number;
  const columns = renga.split(ids, depth, -1).map((column, axis) => {
    const length = x.shape[axis] as number;
    return renga.where(renga.less(column, 0), renga.add(column, length), column);
  });
  const place = columns.reduce((flat, column, axis) => {
    return renga.add(renga.mul(flat, x.shape[axis] as number), column);
  });
  return renga.reshape(place, ids.shape.slice(0, -1));
}
