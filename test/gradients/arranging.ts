// Rows of functions that move elements, pick them, or combine them along axes.

import * as renga from "../../src/index.ts";
import { type Tensor, concat, stack, tensor } from "../../src/index.ts";
import type { Row, Values } from "./case.ts";

/** A function of one tensor at these shapes. */
function at(f: (x: Tensor) => Tensor, shapes: readonly string[], values?: Values): Row {
  const row: Row = { f: (x) => f(x as Tensor), shapes };
  return values === undefined ? row : { ...row, values: [values], mayRepeat: values !== "apart" };
}

const ids = (values: number[] | number[][]): Tensor => tensor(values, { dtype: "i32" });

const MATRICES = ["5×3", "1×1", "0×3", "3×0"] as const;
const BATCHES = ["2×5×3", "1×1", "3×7", "0×3×2", "2×0×3"] as const;
/** Along the last axis: one element, primes, more than a thread's share, none. */
const ROWS = ["3×5", "1", "13", "2×1", "2×3×131", "0×3"] as const;

const places = (): Tensor => ids([2, -1, 0, 2]);
const pairs = (): Tensor =>
  ids([
    [0, 1],
    [2, -1],
    [0, 1],
  ]);
const picks = (): Tensor => ids([0, 2, 1, 1, 2, 0, -1, 0, 0, 0]).reshape([5, 2]);

const AFTER = [1, 2] as const;
const BEFORE = [2, 1] as const;

export const ARRANGING: Readonly<Record<string, Row | readonly Row[]>> = {
  broadcastTo: [
    at((x) => renga.broadcastTo(x, [4, 3, 5]), ["3×1", "1", "5", "scalar", "3×5", "1×1×1"]),
    at((x) => renga.broadcastTo(x, [0, 3]), ["3", "1×1", "0×1"]),
  ],
  concat: {
    f: (a, b, c) => concat([a, b, c] as Tensor[], -1),
    shapes: ["3×2 3×5 3×1", "1 1 1", "2×0 2×3 2×0", "0×2 0×1 0×3"],
  },
  contiguous: at((x) => renga.contiguous(x.transpose()), BATCHES),
  cumProd: [
    at((x) => renga.cumProd(x), ["3×5", "1", "13", "2×1", "0×3"]),
    at((x) => renga.cumProd(x, 0, { reverse: true, exclusive: true }), MATRICES),
  ],
  cumSum: [
    at((x) => renga.cumSum(x), ROWS),
    at((x) => renga.cumSum(x, 0, { reverse: true, exclusive: true }), MATRICES),
  ],
  depthToSpace: [
    at((x) => renga.depthToSpace(x, 2), ["1×3×2×8", "1×1×1×4", "0×1×2×4"]),
    at((x) => renga.depthToSpace(x, 1, "CRD"), ["2×1×3×5"]),
  ],
  diag: at(renga.diag, ["5", "1", "0", "2×3"]),
  diagonal: at(renga.diagonal, ["3×3", "1×1", "2×5×5", "0×0"]),
  einsum: [
    {
      f: (a, b) => renga.einsum("bij,jk->bik", a as Tensor, b as Tensor),
      shapes: ["2×3×5 5×7", "1×1×1 1×1", "2×3×0 0×2"],
    },
    {
      f: (a, b, c) => renga.einsum("i,j,ij->", a as Tensor, b as Tensor, c as Tensor),
      shapes: ["3 5 3×5", "0 2 0×2"],
    },
    at((x) => renga.einsum("ijj->ji", x), ["2×3×3", "1×1×1"]),
  ],
  expandDims: at((x) => renga.expandDims(x, 1), BATCHES),
  flip: [at((x) => renga.flip(x), BATCHES), at((x) => renga.flip(x, -1), MATRICES)],
  gather: [
    at((x) => renga.gather(x, places()), ["3×5", "3", "3×1", "3×0"]),
    at((x) => renga.gather(x, pairs(), 1), ["2×3×2", "0×3"]),
    at((x) => renga.gather(x, ids([])), ["3×5"]),
  ],
  gatherND: at((x) => renga.gatherND(x, pairs()), ["3×2×5", "3×4", "3×2×0"]),
  l2Normalize: at((x) => renga.l2Normalize(x), ROWS),
  linearRecurrence: {
    f: (a, b) => renga.linearRecurrence(a as Tensor, b as Tensor),
    shapes: ["3×5 3×5", "1 1", "2×131 2×131", "0×2 0×2"],
  },
  logSoftmax: [at((x) => renga.logSoftmax(x), ROWS), at((x) => renga.logSoftmax(x, 0), MATRICES)],
  logSumExp: [
    at((x) => renga.logSumExp(x, -1), ROWS),
    at((x) => renga.logSumExp(x, 0, { keepDims: true }), ["5×3", "1×1", "3×0"]),
  ],
  max: [
    at((x) => renga.max(x, -1), ROWS, "apart"),
    at((x) => renga.max(x, 0, { keepDims: true }), ["5×3", "1×1"], "apart"),
  ],
  mean: [
    at((x) => renga.mean(x), ["5×3", "scalar", "1", "13"]),
    at((x) => renga.mean(x, -1), ROWS),
    at((x) => renga.mean(x, [0, 2], { keepDims: true }), ["3×5×2", "1×1×1", "2×0×3"]),
  ],
  meshgrid: {
    f: (a, b) => concat(renga.meshgrid([a as Tensor, b as Tensor], "xy"), 0),
    shapes: ["3 5", "1 1", "0 2"],
  },
  min: at((x) => renga.min(x, -1), ROWS, "apart"),
  moments: at((x) => {
    const { mean, variance } = renga.moments(x, -1);
    return stack([mean, variance]);
  }, ROWS),
  norm: [
    at((x) => renga.norm(x, -1), ROWS),
    at((x) => renga.norm(x, 0, { ord: 1, keepDims: true }), MATRICES),
    at((x) => renga.norm(x, 0, { ord: 3 }), ["5×3", "1×1"]),
    at((x) => renga.norm(x.exp(), 1, { ord: Infinity }), ["5×3", "1×1"], "apart"),
  ],
  outer: {
    f: (a, b) => renga.outer(a as Tensor, b as Tensor),
    shapes: ["3 5", "1 1", "0 2"],
  },
  pad: [
    at((x) => renga.pad(x, [AFTER, BEFORE]), MATRICES),
    at((x) => renga.pad(x, [[-1, 2], BEFORE], 0.5), ["5×3", "3×7"]),
    ...(["edge", "reflect", "symmetric", "wrap"] as const).map((mode) =>
      at((x) => renga.pad(x, [AFTER, BEFORE], mode), ["5×3", "4×7"]),
    ),
  ],
  prod: [at((x) => renga.prod(x, -1), ["3×5", "1", "0×3"]), at((x) => renga.prod(x, 0), MATRICES)],
  repeat: at((x) => renga.repeat(x, 3, -1), BATCHES),
  reshape: [
    at((x) => renga.reshape(x, [5, 3]), ["3×5", "15", "1×3×5"]),
    at((x) => renga.reshape(x, [0, 7]), ["0", "3×0"]),
    at((x) => renga.reshape(x, []), ["1", "1×1"]),
  ],
  roll: at((x) => renga.roll(x, [2, -1], [0, 1]), MATRICES),
  rotaryEmbedding: at((x) => renga.rotaryEmbedding(x), ["3×6", "1×2", "2×5×4", "0×4"]),
  scatter: (["add", "set", "max", "min"] as const).map((mode) => ({
    f: (x, updates) => renga.scatter(x as Tensor, picks(), updates as Tensor, { mode }),
    shapes: ["5×3 5×2"],
    values: ["apart"],
    mayRepeat: false,
  })),
  scatterAdd: [
    at((x) => renga.scatterAdd(x, places(), 0, 3), ["4×5", "4", "4×0"]),
    at((x) => renga.scatterAdd(x, places(), 1, 5), ["2×4×3", "0×4"]),
  ],
  slice: [
    at((x) => renga.slice(x, [[1, 4], { step: -2 }]), ["5×3", "2×1", "7×11", "5×0"]),
    at((x) => renga.slice(x, [-1, null]), ["5×3", "1×1", "2×0"]),
    at((x) => renga.slice(x, [[2, 2]]), ["5×3"]),
  ],
  softmax: [at((x) => renga.softmax(x), ROWS), at((x) => renga.softmax(x, 0), MATRICES)],
  softmaxCrossEntropy: [
    at((x) => renga.softmaxCrossEntropy(x, ids([4, 0, 1])), ["3×5", "3×131"]),
    at((x) => renga.softmaxCrossEntropy(x, ids([0])), ["1×1"]),
    at((x) => renga.softmaxCrossEntropy(x, ids([])), ["0×3"]),
    {
      f: (x, q) => renga.softmaxCrossEntropy(x as Tensor, q as Tensor),
      shapes: ["3×5 3×5", "3×131 3×131", "1×1 1×1", "0×3 0×3", "3×0 3×0"],
    },
  ],
  sort: [
    at((x) => renga.sort(x).values, ROWS, "apart"),
    at((x) => renga.sort(x, { axis: 0, descending: true }).values, MATRICES, "apart"),
  ],
  spaceToDepth: at((x) => renga.spaceToDepth(x, 2), ["1×6×2×3", "1×2×2×1", "0×2×4×3"]),
  split: at(
    (x) => {
      const [left, right] = renga.split(x, [1, 2], -1) as [Tensor, Tensor];
      return concat([right.square(), left.exp()], -1);
    },
    ["5×3", "3", "0×3"],
  ),
  squeeze: [
    at((x) => renga.squeeze(x), ["5×1×3", "1", "1×0×3", "1×1"]),
    at((x) => renga.squeeze(x, 1), ["5×1×3", "0×1"]),
  ],
  stack: {
    f: (a, b) => renga.stack([a, b] as Tensor[], 1),
    shapes: ["3×5 3×5", "1 1", "0×2 0×2"],
  },
  std: at((x) => renga.std(x, -1), ["3×5", "13", "2×3×131", "0×3"]),
  sum: [
    at((x) => renga.sum(x), ["5×3", "scalar", "1", "13", "0×3", "521"]),
    at((x) => renga.sum(x, -1), [...ROWS, "3×0"]),
    at((x) => renga.sum(x, [0, 2], { keepDims: true }), ["3×5×2", "1×1×1", "2×0×3"]),
  ],
  swapAxes: at((x) => renga.swapAxes(x, 0, -1), BATCHES),
  takeAlongAxis: at((x) => renga.takeAlongAxis(x, picks()), ["5×3", "5×7"]),
  tile: at((x) => renga.tile(x, [2, 1, 3]), ["2×5×3", "3", "scalar", "2×0×3"]),
  topK: [
    at((x) => renga.topK(x, 2).values, ["3×5", "2", "0×3"], "apart"),
    at((x) => renga.topK(x, 1, { axis: 0, largest: false }).values, ["5×3", "1×1"], "apart"),
  ],
  trace: at(renga.trace, ["3×3", "1×1", "2×5×5", "0×0"]),
  transpose: [
    at((x) => renga.transpose(x), BATCHES),
    at((x) => renga.transpose(x, [1, 2, 0]), ["2×5×3", "1×1×1", "2×0×3"]),
  ],
  tril: at((x) => renga.tril(x, -1), BATCHES),
  triu: at((x) => renga.triu(x, 1), BATCHES),
  variance: [
    at((x) => renga.variance(x, -1), ROWS),
    at((x) => renga.variance(x, 0, { ddof: 1, keepDims: true }), ["5×3", "3×0"]),
  ],
};
