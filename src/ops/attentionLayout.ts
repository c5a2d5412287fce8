// Where the operands and results of attention kernels lie: batch axes, strides, and a product's parts.

import { type Shape, broadcastStrides, collapseAxes, sameShape, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { copy } from "./elementwise.ts";

/** One attention: `[…, queries, depth]` against `[…, keys, depth]`, over `batchShape`. */
export interface Attention {
  readonly batchShape: Shape;
  readonly queries: number;
  readonly keys: number;
  readonly mask: Tensor | undefined;
  readonly isCausal: boolean;
  readonly scale: number;
}

/** Operands that kernels can walk through, and where the results go. */
export interface AttentionLayout {
  /** q, k, v, and the mask if there is one. */
  readonly operands: readonly Tensor[];
  /** Lengths of the batch axes that kernels walk through: outer, middle, inner. */
  readonly shape: readonly number[];
  /** Steps along these axes and the rows, in elements: operands first, then y, dq and dk. */
  readonly strides: readonly (readonly number[])[];
  /** Strides of tensors of rows as long as a key: of y, dq and dk. dv has those of dk. */
  readonly y: readonly number[];
  readonly dq: readonly number[];
  readonly dk: readonly number[];
  /** Elements from dq to dk and from there to dv where all are in one block; otherwise undefined. */
  readonly step: number | undefined;
}

/** Whether a kernel can read vectors of four along the last axis. */
export function hasVectors(x: Tensor): boolean {
  const outer = x.strides.slice(0, -1).filter((_, i) => x.shape[i] !== 1);
  return (
    x.strides.at(-1) === 1 && [x.offset, ...outer].every((step) => step >= 0 && step % 4 === 0)
  );
}

/** Axes from the one with the longest strides to the one with the shortest. */
function axesByStride(shape: Shape, strides: readonly number[]): number[] {
  const axes = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
  return axes.sort((a, b) => (strides[b] as number) - (strides[a] as number) || a - b);
}

/** Strides of a dense tensor whose rows lie in the order of those of `like`, if that has the shape. */
function denseStrides(shape: Shape, like: Tensor): number[] {
  const rows = shape.slice(0, -1);
  const isAlike = sameShape(like.shape, shape);
  const order = isAlike ? axesByStride(rows, like.strides) : rows.map((_, axis) => axis);
  const strides = shape.map(() => 1);
  let step = shape.at(-1) as number;
  for (const axis of order.toReversed()) {
    strides[axis] = step;
    step *= rows[axis] as number;
  }
  return strides;
}

/** Whether elements fill a stretch of memory, each once. */
function isDense(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  return axesByStride(shape, strides)
    .toReversed()
    .every((axis) => {
      const isNext = strides[axis] === step;
      step *= shape[axis] as number;
      return isNext;
    });
}

/** Elements between q, k and v where these are the parts of one product and fill it. */
function stepOfParts(q: Tensor, k: Tensor, v: Tensor): number | undefined {
  const isAlike = [k, v].every((x) => {
    return (
      x.storage === q.storage && sameShape(x.shape, q.shape) && sameShape(x.strides, q.strides)
    );
  });
  const step = k.offset - q.offset;
  if (!isAlike || step <= 0 || v.offset - k.offset !== step) return undefined;
  return isDense([3, ...q.shape], [step, ...q.strides]) ? step : undefined;
}

/** How kernels read q, k, v and the mask, and write what comes of them. */
export function layoutOf(job: Attention, [q, k, v, mask]: readonly Tensor[]): AttentionLayout {
  const { batchShape, queries, keys } = job;
  const parts = [q, k, v] as [Tensor, Tensor, Tensor];
  const depth = parts[0].shape.at(-1) as number;
  const step = parts.every(hasVectors) ? stepOfParts(...parts) : undefined;
  const y = denseStrides([...batchShape, queries, depth], parts[0]);
  const dq = step === undefined ? y : parts[0].strides;
  const dkShape = [...batchShape, keys, depth];
  const dk = step === undefined ? denseStrides(dkShape, parts[1]) : parts[1].strides;
  const readable = parts.map((x) => (hasVectors(x) ? x : copy.run(x)));
  const operands = mask === undefined ? readable : [...readable, mask];
  const walk = walkOf(batchShape, operands, [y, dq, dk]);
  if (walk !== undefined) return { ...walk, operands, y, dq, dk, step };
  // More axes than kernels walk through: everything in full.
  return layoutOf(
    job,
    operands.map((x) => inFull(x, batchShape)),
  );
}

/** Three batch axes that all walk through, and the rows; undefined where three are too few. */
export function walkOf(
  batchShape: Shape,
  operands: readonly Tensor[],
  results: readonly (readonly number[])[],
): Pick<AttentionLayout, "shape" | "strides"> | undefined {
  const batch = [
    ...operands.map((x) => {
      return broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), batchShape);
    }),
    ...results.map((strides) => strides.slice(0, -2)),
  ];
  const merged = collapseAxes("scaledDotProductAttention", batchShape, batch);
  if (merged.shape.length > 3) return undefined;
  const front = <T>(values: readonly T[], filler: T): T[] => {
    return [filler, filler, filler, ...values].slice(-3);
  };
  const rows = [
    ...operands.map((x) => (x.shape.at(-2) === 1 ? 0 : (x.strides.at(-2) as number))),
    ...results.map((strides) => strides.at(-2) as number),
  ];
  const strides = merged.strides.map((steps, i) => [...front(steps, 0), rows[i] as number]);
  return { shape: front(merged.shape, 1), strides };
}

/** A mask, in full where kernels cannot walk through its batch axes, and how they do. */
export function walkMask(
  batchShape: Shape,
  mask: Tensor | undefined,
): { view: Tensor | undefined; shape: readonly number[]; strides: readonly number[] } {
  const walk = walkOf(batchShape, mask === undefined ? [] : [mask], []);
  if (walk !== undefined) {
    return { view: mask, shape: walk.shape, strides: walk.strides[0] ?? [0, 0, 0, 0] };
  }
  return walkMask(batchShape, inFull(mask as Tensor, batchShape));
}

/** A copy over all batch axes. */
function inFull(x: Tensor, batchShape: Shape): Tensor {
  const shape = [...batchShape, ...x.shape.slice(-2)];
  return copy.run(Tensor.view(x, shape, broadcastStrides(x.shape, x.strides, shape)));
}

/** The mask as `[…, queries, keys]` with strides that only go forward. */
export function maskView(mask: Tensor | undefined): Tensor | undefined {
  if (mask === undefined) return undefined;
  const shape = [1, 1, ...mask.shape].slice(-Math.max(2, mask.rank));
  const strides = [0, 0, ...mask.strides].slice(-shape.length);
  const isForward = strides.every((stride) => stride >= 0);
  return isForward ? Tensor.view(mask, shape, strides) : Tensor.view(copy.run(mask), shape);
}

type Params = (number | readonly number[])[];

/** The first of the kernels' Params: sizes, and what scores need. Strides of the mask in elements. */
export function scoreParams(
  job: Attention,
  vectors: number,
  shape: readonly number[],
  mask: Tensor | undefined,
): Params {
  const column = mask?.shape.at(-1) === 1 ? 0 : (mask?.strides.at(-1) ?? 0);
  return [
    ...[sizeOf(job.batchShape), job.queries, job.keys, vectors],
    ...[shape[1] as number, shape[2] as number, job.isCausal ? 0 : job.keys, column, job.scale],
  ];
}

/** Values of the fused kernels' Params; in vectors, but the mask in elements and y in rows. */
export function fusedParams(job: Attention, vectors: number, layout: AttentionLayout): Params {
  const { operands, shape, strides, step } = layout;
  const mask = operands[3];
  const count = operands.length;
  const inUnits = (steps: readonly number[] | undefined, unit: number): number[] => {
    return (steps ?? [0, 0, 0, 0]).map((value) => Math.floor(value / unit));
  };
  const offsets = operands.slice(0, 3).map((x) => x.offset / 4);
  const [dkFirst, dvFirst] = firstsOf(job, vectors, step);
  return [
    ...scoreParams(job, vectors, shape, mask),
    [...offsets, mask?.offset ?? 0],
    ...strides.slice(0, 3).map((steps) => inUnits(steps, 4)),
    inUnits(mask && strides[3], 1),
    inUnits(strides[count], 4 * vectors),
    [0, dkFirst, dvFirst, 0],
    inUnits(strides[count + 1], 4),
    inUnits(strides[count + 2], 4),
  ];
}

/** Where dk and dv begin in their block, in vectors. */
function firstsOf(job: Attention, vectors: number, step: number | undefined): [number, number] {
  if (step !== undefined) return [step / 4, step / 2];
  return [0, sizeOf(job.batchShape) * job.keys * vectors];
}
