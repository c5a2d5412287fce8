// Parts of a tensor and their adjoint; joining and splitting.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Scalar } from "../gpu/joints.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { copyInto } from "../shaders/copyInto.ts";
import { WGSL_TYPE } from "../tensor/dtype.ts";
import { collapseAxes, inFours, normalizeAxis, sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { full } from "./creation.ts";
import { KernelFamily, gridOf, words8 } from "./dispatch.ts";
import { stridedPlaces } from "./places.ts";
import { isWatched, record, recordJoint, untaped } from "./tape.ts";
import { expandDims } from "./views.ts";

type Stored = "f32" | "f16" | "i32" | "u32";
const STORED: readonly Stored[] = ["f32", "f16", "i32", "u32"];

const copies = /* @__PURE__ */ new KernelFamily<Stored | `vec4<${Stored}>`>((stored) => {
  const options = { shader: copyInto, prelude: `alias Scalar = ${stored};` };
  if (stored.includes("f16")) return options;
  const scalar = stored.replace(/vec4<(.*)>/, "$1") as Scalar;
  const places = stridedPlaces({ operands: 1, result: true, inFours: stored !== scalar });
  const operands = [{ name: "a", scalar }];
  const elementwise = { name: "copy", expression: "a", operands, result: scalar, places };
  return { ...options, elementwise };
});

/** Every kernel of this file. */
export function copyKernels(): Kernel[] {
  return copies.all(STORED.flatMap((stored) => [stored, `vec4<${stored}>`] as const));
}

/** Writes `x` into the region of `y` that `region`, a view of it, describes. */
export function writeInto(x: Tensor, region: Tensor): void {
  if (x.size === 0) return;
  const single = collapseAxes("copy", x.shape, [x.strides, region.strides]);
  const places = [x.offset, region.offset];
  const fours = inFours(single.shape, single.strides, places);
  const { shape, strides, offsets } = fours ?? { ...single, offsets: places };
  const size = fours === undefined ? x.size : x.size / 4;
  const params = [size, shape.length, ...offsets, words8(shape), ...strides.map(words8)];
  const stored = WGSL_TYPE[x.dtype];
  const kernel = copies.get(fours === undefined ? stored : `vec4<${stored}>`);
  device().dispatch(kernel, [x.block, region.block], params, ...gridOf(size));
}

/** Start, end and step along one axis, as in NumPy: negative places count from the end. */
export interface SliceRange {
  readonly start?: number;
  readonly end?: number;
  /** Not 0. A negative step walks backwards. Default 1. */
  readonly step?: number;
}

/** One entry per axis: a range, a place (which drops the axis), or null for all of it. */
export type SliceIndex = SliceRange | readonly [number, number] | number | null;

interface Region {
  readonly shape: number[];
  readonly strides: number[];
  readonly offset: number;
  readonly dropped: readonly number[];
}

function resolve(x: Tensor, indices: readonly SliceIndex[]): Region {
  if (indices.length > x.rank) {
    const got = `${indices.length} indices for ${shapeText(x.shape)}`;
    throw new ShapeError("slice", "there may be one index per axis at most", { got });
  }
  const shape = [...x.shape];
  const strides = [...x.strides];
  const dropped: number[] = [];
  let { offset } = x;
  indices.forEach((index, axis) => {
    const length = x.shape[axis] as number;
    const stride = x.strides[axis] as number;
    if (index === null) return;
    if (typeof index === "number") {
      const place = normalizePlace(index, length, axis);
      offset += place * stride;
      shape[axis] = 1;
      dropped.push(axis);
      return;
    }
    const range = "length" in index ? { start: index[0], end: index[1] } : index;
    const { start, count, step } = bounds(range, length);
    if (count > 0) offset += start * stride;
    shape[axis] = count;
    strides[axis] = stride * step;
  });
  return { shape, strides, offset, dropped };
}

function normalizePlace(index: number, length: number, axis: number): number {
  const place = index < 0 ? index + length : index;
  if (Number.isInteger(index) && place >= 0 && place < length) return place;
  const got = `${index} on axis ${axis} of length ${length}`;
  throw new ShapeError("slice", "a place must lie within its axis", { got });
}

function bounds(range: SliceRange, length: number): { start: number; count: number; step: number } {
  const { step = 1 } = range;
  if (!Number.isInteger(step) || step === 0) {
    throw new UsageError("slice", "step must be an integer other than 0", { got: `${step}` });
  }
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const clamp = (place: number): number => {
    return Math.min(high, Math.max(low, place < 0 ? place + length : place));
  };
  const start = range.start === undefined ? (step > 0 ? 0 : length - 1) : clamp(range.start);
  const end = range.end === undefined ? (step > 0 ? length : -1) : clamp(range.end);
  return { start, count: Math.max(0, Math.ceil((end - start) / step)), step };
}

/**
 * A part of `x`, as a view: `slice(x, [[0, 2], null, 3])` is `x[0:2, :, 3]`.
 *
 * @param indices  one per axis from the first; axes left out are taken whole.
 */
export function slice(x: Tensor, indices: readonly SliceIndex[]): Tensor {
  const region = resolve(x, indices);
  const keep = region.shape.map((_, axis) => axis).filter((axis) => !region.dropped.includes(axis));
  const pick = (values: readonly number[]): number[] => keep.map((axis) => values[axis] as number);
  const y = Tensor.view(x, pick(region.shape), pick(region.strides), region.offset);
  record("slice", [x], y, [(dy) => embed(dy, x, indices)], indices);
  return y;
}

/** Zeros shaped like `like`, with `x` in the part that the indices name: the adjoint of slice. */
function embed(x: Tensor, like: Tensor, indices: readonly SliceIndex[]): Tensor {
  const y = full(like.shape, 0, x.dtype);
  const region = resolve(y, indices);
  const target = Tensor.view(y, region.shape, region.strides, region.offset);
  const source = Tensor.view(x, region.shape, alignStrides(x, region));
  writeInto(source, target);
  target.dispose();
  source.dispose();
  record("embed", [x], y, [(dy) => slice(dy, indices)]);
  return y;
}

/** Strides of x with the dropped axes put back. */
function alignStrides(x: Tensor, region: Region): number[] {
  let at = 0;
  return region.shape.map((_, axis) =>
    region.dropped.includes(axis) ? 0 : (x.strides[at++] as number),
  );
}

/** Elements before and after, per axis. Negative amounts cut off. */
export type Padding = readonly (readonly [number, number])[];

/** `x` within a border of `value` of the given non-negative amounts. */
export function border(x: Tensor, padding: Padding, value: number): Tensor {
  const shape = x.shape.map((n, i) => n + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0));
  const indices = x.shape.map((n, i): SliceIndex => {
    const before = padding[i]?.[0] ?? 0;
    return [before, before + n];
  });
  const y = full(shape, value, x.dtype);
  const region = resolve(y, indices);
  const target = Tensor.view(y, region.shape, region.strides, region.offset);
  writeInto(x, target);
  target.dispose();
  record("pad", [x], y, [(dy) => slice(dy, indices)], [padding, value]);
  return y;
}

/** Tensors one after the other along an axis. All other axes must agree. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (first === undefined) {
    throw new UsageError("concat", "there must be at least one tensor");
  }
  const at = normalizeAxis("concat", axis, first.rank);
  for (const tensor of tensors) {
    const fits =
      tensor.rank === first.rank &&
      tensor.dtype === first.dtype &&
      tensor.shape.every((n, i) => i === at || n === first.shape[i]);
    if (!fits) {
      throw new ShapeError("concat", `all axes but ${at} and the dtype must agree`, {
        got: `${first} and ${tensor}`,
      });
    }
  }
  return joined(tensors, first, at);
}

/** `tensors` along an axis in the order given, whose other lengths and dtype are those of `like`. */
function joined(tensors: readonly Tensor[], like: Tensor, axis: number): Tensor {
  const total = tensors.reduce((sum, tensor) => sum + (tensor.shape[axis] as number), 0);
  const y = Tensor.empty(like.shape.with(axis, total), like.dtype);
  let start = 0;
  const ranges = tensors.map((tensor) => {
    const range: SliceIndex[] = like.shape.map(() => null);
    range[axis] = [start, (start += tensor.shape[axis] as number)];
    const region = resolve(y, range);
    const target = Tensor.view(y, region.shape, region.strides, region.offset);
    writeInto(tensor, target);
    target.dispose();
    return range;
  });
  record(
    "concat",
    tensors,
    y,
    ranges.map((range) => (dy) => slice(dy, range)),
    axis,
  );
  return y;
}

/** Tensors of one shape side by side along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const rank = (tensors[0]?.rank ?? 0) + 1;
  const at = normalizeAxis("stack", axis, rank);
  return concat(
    tensors.map((tensor) => expandDims(tensor, at)),
    at,
  );
}

/**
 * `x` cut along an axis, as views.
 *
 * @param sizes  lengths that add up to the axis, or a number of equal parts.
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  const at = normalizeAxis("split", axis, x.rank);
  const length = x.shape[at] as number;
  const lengths =
    typeof sizes === "number" ? Array<number>(sizes).fill(length / sizes) : [...sizes];
  const total = lengths.reduce((sum, part) => sum + part, 0);
  if (total !== length || !lengths.every(Number.isInteger)) {
    const got = `${JSON.stringify(sizes)} for an axis of length ${length}`;
    throw new ShapeError("split", "the parts must add up to the axis", { got });
  }
  let start = 0;
  const parts = lengths.map((part) => {
    const range: SliceIndex[] = x.shape.map(() => null);
    range[at] = [start, (start += part)];
    return untaped(() => slice(x, range));
  });
  recordJoint(
    "split",
    [x],
    parts,
    (dys) => {
      const whole = dys.map((dy, i) => dy ?? full((parts[i] as Tensor).shape, 0, x.dtype));
      const inPlace = isWatched(...whole) ? undefined : rejoined(whole, at);
      return [inPlace ?? joined(whole, x, at)];
    },
    at,
  );
  return parts;
}

/** A view of what parts are views of, where they lie there one after the other. */
function rejoined(parts: readonly Tensor[], axis: number): Tensor | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const step = first.strides[axis] as number;
  let [length, place] = [0, first.offset];
  for (const part of parts) {
    const isNext = part.storage === first.storage && part.offset === place;
    if (!isNext || !sameShape(part.strides, first.strides)) return undefined;
    length += part.shape[axis] as number;
    place += (part.shape[axis] as number) * step;
  }
  return Tensor.view(first, first.shape.with(axis, length), first.strides);
}
