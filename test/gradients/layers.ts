// Rows of products, windows, norms, attention and recurrent functions.

import * as renga from "../../src/index.ts";
import { type Tensor, concat, matmul, tensor } from "../../src/index.ts";
import type { Row, Values } from "./case.ts";

type Given = readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];

/** A function of several tensors at these shapes. */
function of(
  f: (...inputs: Given) => Tensor,
  shapes: Row["shapes"],
  ...values: readonly Values[]
): Row {
  const row: Row = { f: (...inputs) => f(...(inputs as unknown as Given)), shapes };
  if (values.length === 0) return row;
  return { ...row, values, mayRepeat: !values.includes("apart") };
}

/** A product with itself that is safely positive definite. */
const definite = (x: Tensor): Tensor => {
  return matmul(x, x, { transposeB: true }).add(renga.eye(x.shape.at(-1) as number).mul(2));
};

/** A triangle with a diagonal that is safely away from 0. */
const triangle = (x: Tensor): Tensor => x.add(renga.eye(x.shape.at(-1) as number).mul(3));

const MATMULS: Row["shapes"] = [
  "5×7 7×3",
  "1×1 1×1",
  "17×15 15×33",
  "65×31 31×63",
  "3×1×2×4 2×4×3",
  "2×5×3 3×1",
  "3×0 0×2",
  "0×3 3×2",
  "0×2×3 3×2",
];

const stateOf = ({ hidden, cell }: renga.LstmState): Tensor => concat([hidden, cell], 0);
const weightsOf = (wInput: Tensor, wHidden: Tensor, bias: Tensor) => ({ wInput, wHidden, bias });
const lengths = (): Tensor => tensor([2, 3], { dtype: "i32" });

/** x, states, weights of a sequence or, without `time`, of a step. */
const recurrent = (gates: number, states: number, time = ""): string => {
  const wide = 4 * gates;
  return `${time}2×3 ${"2×4 ".repeat(states)}3×${wide} 4×${wide} ${wide}`;
};

const IMAGES: Row["shapes"] = ["2×5×4×3", "1×3×3×1", "0×3×3×2", "1×3×4×4"];

export const LAYERS: Readonly<Record<string, Row | readonly Row[]>> = {
  adaptiveAvgPool: of((x) => renga.adaptiveAvgPool(x, [3, 2]), IMAGES),
  adaptiveMaxPool: of((x) => renga.adaptiveMaxPool(x, [3, 2]), IMAGES, "apart"),
  avgPool: of((x) => renga.avgPool(x, 2, { stride: 1, padding: "same" }), IMAGES),
  batchNorm: [
    of(
      (x, scale, offset) => renga.batchNorm(x, { scale, offset }).y,
      ["2×5×3 3 3", "7×1 1 1", "0×3 3 3"],
    ),
    of(
      (x, mean, variance) => renga.batchNorm(x, { mean, variance }).y,
      ["2×5×3 3 3"],
      "signed",
      "signed",
      [0.5, 2],
    ),
  ],
  cholesky: of((x) => renga.cholesky(definite(x)), ["3×3", "1×1", "2×5×5", "0×2×2"]),
  conv: [
    of(
      (x, w, bias) => renga.conv(x, w, { bias, padding: "same" }),
      ["2×5×4×3 3×3×3×5 5", "1×1×1×1 1×1×1×1 1", "1×5×3 2×3×2 2", "0×3×3×2 2×2×2×1 1"],
    ),
    of((x, w) => renga.conv(x, w, { stride: 2, groups: 2 }), ["1×5×5×4 3×3×2×2"]),
  ],
  convTranspose: of(
    (x, w, bias) => renga.convTranspose(x, w, { bias, stride: 2 }),
    ["2×3×2×3 3×3×2×3 2", "1×1×1×1 1×1×1×1 1", "0×3×3×2 2×2×1×2 1"],
  ),
  depthwiseConv: of(
    (x, w) => renga.depthwiseConv(x, w),
    ["2×4×3×3 3×3×3×2", "1×1×1×1 1×1×1×1", "0×3×3×2 2×2×2×1"],
  ),
  globalAvgPool: of((x) => renga.globalAvgPool(x), IMAGES),
  globalMaxPool: of((x) => renga.globalMaxPool(x), IMAGES, "apart"),
  groupNorm: of(
    (x, scale, offset) => renga.groupNorm(x, 2, { scale, offset }),
    ["2×3×6 6 6", "1×5×2 2 2", "0×3×4 4 4"],
  ),
  gru: of(
    (x, h, ...w) =>
      renga.gru(x, h, weightsOf(w[0], w[1], w[2]), { sequenceLengths: lengths() }).outputs,
    [recurrent(3, 1, "3×")],
  ),
  gruCell: (["before", "after"] as const).map((reset) =>
    of(
      (x, h, ...w) => renga.gruCell(x, h, weightsOf(w[0], w[1], w[2]), { reset }),
      [recurrent(3, 1)],
    ),
  ),
  instanceNorm: of(
    (x, scale, offset) => renga.instanceNorm(x, { scale, offset }),
    ["2×5×3 3 3", "1×7×1 1 1", "0×3×4 4 4"],
  ),
  layerNorm: of(
    (x, scale, offset) => renga.layerNorm(x, { scale, offset }),
    ["3×5 5 5", "13 13 13", "2×3×131 131 131", "0×3 3 3"],
  ),
  lstm: of(
    (x, hidden, cell, ...w) =>
      renga.lstm(x, { hidden, cell }, weightsOf(w[0], w[1], w[2]), { reverse: true }).outputs,
    [recurrent(4, 2, "3×")],
  ),
  lstmCell: of(
    (x, hidden, cell, ...w) =>
      stateOf(renga.lstmCell(x, { hidden, cell }, weightsOf(w[0], w[1], w[2]))),
    [recurrent(4, 2)],
  ),
  lstmUpdate: of((p, q, c) => stateOf(renga.lstmUpdate(p, q, c)), ["3×20 3×20 3×5", "1×4 1×4 1×1"]),
  matmul: [
    of((a, b) => matmul(a, b), MATMULS),
    of((a, b) => matmul(a, b, { transposeA: true }), ["7×5 7×3", "0×2 0×3"]),
    of((a, b) => matmul(a, b, { transposeB: true }), ["5×7 3×7", "2×0 3×0"]),
    of((a, b, bias) => matmul(a, b, { bias }), ["5×7 7×3 3", "3×0 0×2 2"]),
  ],
  maxPool: of((x) => renga.maxPool(x, 2, { stride: 1, padding: "same" }), IMAGES, "apart"),
  resize: (["nearest", "bilinear", "bicubic"] as const).map((method) =>
    of((x) => renga.resize(x, { size: [3, 7], method }), IMAGES),
  ),
  rmsNorm: of((x, scale) => renga.rmsNorm(x, { scale }), ["3×5 5", "1 1", "2×3×131 131", "0×3 3"]),
  scaledDotProductAttention: [
    of(
      (q, k, v) => renga.scaledDotProductAttention(q, k, v, { isCausal: true }),
      ["2×3×4 2×5×4 2×5×3", "1×1 1×1 1×1", "0×3×2 3×2 3×2"],
    ),
    of((q, k, v, mask) => renga.scaledDotProductAttention(q, k, v, { mask }), ["3×4 5×4 5×3 3×5"]),
  ],
  triangularSolve: [
    of(
      (t, b) => renga.triangularSolve(triangle(t), b),
      ["3×3 3×5", "1×1 1×1", "2×5×5 5×3", "3×3 3×0"],
    ),
    of(
      (t, b) => renga.triangularSolve(triangle(t), b, { upper: true, transposed: true }),
      ["3×3 2×3×1"],
    ),
  ],
  vanillaCell: of(
    (x, h, ...w) => renga.vanillaCell(x, h, weightsOf(w[0], w[1], w[2])),
    [recurrent(1, 1)],
  ),
  vanillaRnn: of(
    (x, h, ...w) => renga.vanillaRnn(x, h, weightsOf(w[0], w[1], w[2])).outputs,
    [recurrent(1, 1, "3×")],
  ),
};
