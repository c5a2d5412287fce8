// ONNX ops that make tensors, or other shapes of the same elements.

import * as renga from "./library.ts";
import { type Shape, type Tensor, cast, tensor } from "./library.ts";
import { expandedShape } from "./broadcastShape.ts";
import type { Call, Run } from "./call.ts";
import { type HostValue, dtypeOf, notMapped, tensorOf } from "./value.ts";

const whole = (values: readonly number[]): Tensor => tensor([...values], { dtype: "i32" });

/** The value of a Constant, whichever attribute has it. */
export function constantOf(call: Call): HostValue {
  const value = call.value("value");
  if (value !== undefined) return value;
  for (const [attribute, type] of [
    ["value_float", "f32"],
    ["value_int", "i64"],
  ] as const) {
    const one = call.list(attribute);
    if (one !== undefined) return { type, shape: [], values: one };
    const several = call.list(`${attribute}s`);
    if (several !== undefined) return { type, shape: [several.length], values: several };
  }
  return notMapped("strings");
}

function constant(call: Call): Tensor {
  return tensorOf(constantOf(call));
}

function constantOfShape(call: Call): Tensor {
  const value = call.value("value");
  const fill = value?.values[0] ?? 0;
  return renga.full(call.numbers(0) ?? [], fill, dtypeOf(value?.type ?? "f32"));
}

function range(call: Call): Tensor {
  const [start, end, step] = [0, 1, 2].map((i) => call.number(i)) as [number, number, number];
  return renga.arange(start, end, step, call.x().dtype);
}

/** Ones on diagonal k. */
function eyeLike(call: Call): Tensor {
  const [rows, columns] = call.x().shape as [number, number];
  const k = call.attr("k", 0);
  const ones = renga.ones([rows, columns]);
  const type = call.list("dtype")?.[0];
  if (![undefined, 1, 6, 7, 10, 11].includes(type)) return notMapped("dtype: casts");
  const dtype = type === undefined ? call.x().dtype : type === 6 || type === 7 ? "i32" : "f32";
  return cast(renga.tril(renga.triu(ones, k), k), dtype);
}

/** Lengths of a reshape: 0 keeps one of the input's, unless zeros are allowed, and -1 takes the rest. */
export function reshapedTo(
  shape: readonly number[],
  wanted: readonly number[],
  allowsZero: boolean,
): number[] {
  const full = wanted.map((n, i) => (n === 0 && !allowsZero ? (shape[i] ?? 0) : n));
  const known = full.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const count = shape.reduce((product, n) => product * n, 1);
  return full.map((n) => (n === -1 ? (known === 0 ? 0 : count / known) : n));
}

function reshape(call: Call): Tensor {
  const wanted = call.numbers(1, "shape") ?? [];
  return renga.reshape(call.x(), reshapedTo(call.x().shape, wanted, call.flag("allowzero")));
}

function flatten(call: Call): Tensor {
  const { shape, rank } = call.x();
  const given = call.attr("axis", 1);
  const axis = given < 0 ? given + rank : given;
  const count = (lengths: Shape): number => lengths.reduce((product, n) => product * n, 1);
  return renga.reshape(call.x(), [count(shape.slice(0, axis)), count(shape.slice(axis))]);
}

function squeeze(call: Call): Tensor {
  return renga.squeeze(call.x(), call.numbers(1, "axes"));
}

function unsqueeze(call: Call): Tensor {
  const axes = call.numbers(1, "axes") ?? [];
  const rank = call.x().rank + axes.length;
  const sorted = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  return sorted.reduce((x, axis) => renga.expandDims(x, axis), call.x());
}

function expand(call: Call): Tensor {
  return renga.broadcastTo(call.x(), expandedShape(call.x().shape, call.numbers(1) ?? []));
}

function split(call: Call): Tensor[] {
  const axis = call.attr("axis", 0);
  const length = call.x().shape.at(axis) as number;
  const parts = call.node.outputs.length;
  const each = Math.ceil(length / parts);
  const even = Array.from({ length: parts }, (_, i) => Math.min(each, length - i * each));
  return renga.split(call.x(), call.numbers(1, "split") ?? even, axis);
}

function shapeOf(call: Call): Tensor {
  const { shape } = call.x();
  return whole(shape.slice(call.attr("start", 0), call.list("end")?.[0]));
}

/** Channels come first in ONNX. */
function blocks(op: typeof renga.depthToSpace): Run {
  return (call) => {
    const order = call.text("mode", "DCR") === "CRD" ? "CRD" : "DCR";
    const last = renga.transpose(call.x(), [0, 2, 3, 1]);
    return renga.transpose(op(last, call.attr("blocksize", 1), order), [0, 3, 1, 2]);
  };
}

function trilu(call: Call): Tensor {
  const k = call.number(1) ?? 0;
  return call.flag("upper", true) ? renga.triu(call.x(), k) : renga.tril(call.x(), k);
}

/** Training mode is random; without it there is nothing to do. */
function dropout(call: Call): (Tensor | undefined)[] {
  const isTraining = call.number(2) === 1 && call.number(1) !== 0;
  if (isTraining) return notMapped("random numbers: any result is right");
  return [call.x(), renga.ones(call.x().shape, "bool")];
}

export const SHAPES: Readonly<Record<string, Run>> = {
  Concat: (call) => renga.concat(call.all, call.attr("axis", 1)),
  Constant: constant,
  ConstantOfShape: constantOfShape,
  DepthToSpace: blocks(renga.depthToSpace),
  Dropout: dropout,
  Expand: expand,
  EyeLike: eyeLike,
  Flatten: flatten,
  Range: range,
  Reshape: reshape,
  Shape: shapeOf,
  Size: (call) => tensor(call.x().size, { dtype: "i32" }),
  SpaceToDepth: blocks(renga.spaceToDepth),
  Split: split,
  Squeeze: squeeze,
  Tile: (call) => renga.tile(call.x(), call.numbers(1) ?? []),
  Transpose: (call) => renga.transpose(call.x(), call.list("perm")),
  Trilu: trilu,
  Unsqueeze: unsqueeze,
};
