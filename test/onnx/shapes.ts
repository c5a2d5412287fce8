// ONNX ops that make tensors, or other shapes of the same elements.

import * as renga from "../../src/index.ts";
import { type Shape, type Tensor, cast, tensor } from "../../src/index.ts";
import type { Call, Run } from "./call.ts";
import { dtypeOf, notMapped } from "./value.ts";

const whole = (values: readonly number[]): Tensor => tensor([...values], { dtype: "i32" });

function constant(call: Call): Tensor {
  const { attrs } = call.node;
  const { value_float: float, value_int: int, value_floats: floats, value_ints: ints } = attrs;
  if (float !== undefined) return tensor(float as number);
  if (int !== undefined) return tensor(int as number, { dtype: "i32" });
  if (floats !== undefined) return tensor(floats as number[]);
  if (ints !== undefined) return whole(ints as number[]);
  return call.value("value")?.tensor ?? notMapped("strings");
}

async function constantOfShape(call: Call): Promise<Tensor> {
  const value = call.value("value");
  const [fill] = (await value?.numbers()) ?? [0];
  return renga.full((await call.numbers(0)) ?? [], fill ?? 0, dtypeOf(value?.type ?? "f32"));
}

async function range(call: Call): Promise<Tensor> {
  const [start, end, step] = (await Promise.all([0, 1, 2].map((i) => call.number(i)))) as [
    number,
    number,
    number,
  ];
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

/** 0 keeps a length of the input, unless zeros are allowed. */
async function reshape(call: Call): Promise<Tensor> {
  const wanted = (await call.numbers(1, "shape")) ?? [];
  const { shape } = call.x();
  const full = wanted.map((n, i) => (n === 0 && !call.flag("allowzero") ? (shape[i] ?? 0) : n));
  return renga.reshape(call.x(), full);
}

function flatten(call: Call): Tensor {
  const { shape, rank } = call.x();
  const given = call.attr("axis", 1);
  const axis = given < 0 ? given + rank : given;
  const count = (lengths: Shape): number => lengths.reduce((product, n) => product * n, 1);
  return renga.reshape(call.x(), [count(shape.slice(0, axis)), count(shape.slice(axis))]);
}

async function squeeze(call: Call): Promise<Tensor> {
  return renga.squeeze(call.x(), await call.numbers(1, "axes"));
}

async function unsqueeze(call: Call): Promise<Tensor> {
  const axes = (await call.numbers(1, "axes")) ?? [];
  const rank = call.x().rank + axes.length;
  const sorted = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  return sorted.reduce((x, axis) => renga.expandDims(x, axis), call.x());
}

async function expand(call: Call): Promise<Tensor> {
  const given = (await call.numbers(1)) ?? [];
  const { shape } = call.x();
  const rank = Math.max(given.length, shape.length);
  const full = Array.from({ length: rank }, (_, i) => {
    const [mine, other] = [
      shape[i - rank + shape.length] ?? 1,
      given[i - rank + given.length] ?? 1,
    ];
    return other === 1 ? mine : other;
  });
  return renga.broadcastTo(call.x(), full);
}

async function split(call: Call): Promise<Tensor[]> {
  const axis = call.attr("axis", 0);
  const length = call.x().shape.at(axis) as number;
  const parts = call.attr("num_outputs", call.node.outputs.length);
  const each = Math.ceil(length / parts);
  const even = Array.from({ length: parts }, (_, i) => Math.min(each, length - i * each));
  return renga.split(call.x(), (await call.numbers(1, "split")) ?? even, axis);
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

async function trilu(call: Call): Promise<Tensor> {
  const k = (await call.number(1)) ?? 0;
  return call.flag("upper", true) ? renga.triu(call.x(), k) : renga.tril(call.x(), k);
}

/** Training mode is random; without it there is nothing to do. */
async function dropout(call: Call): Promise<(Tensor | undefined)[]> {
  const isTraining = (await call.number(2)) === 1 && (await call.number(1)) !== 0;
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
  Tile: async (call) => renga.tile(call.x(), (await call.numbers(1)) ?? []),
  Transpose: (call) => renga.transpose(call.x(), call.list("perm")),
  Trilu: trilu,
  Unsqueeze: unsqueeze,
};
