// Gradients of gradients against central differences of first gradients, on both kinds of kernels.

import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, grad, matmul, mean, norm, sum, tensor } from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { expectGradients, randomTensor } from "../support/check.ts";
import { describeClasses } from "../support/classes.ts";
import { operand, parseShapes } from "./case.ts";

type Op = (...inputs: Given) => Tensor;
type Given = readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];

const labels = (): Tensor => tensor([4, 0, 2], { dtype: "i32" });

/** Function, shapes of its operands, and their elements. */
const TABLE: Readonly<Record<string, readonly [f: Op, shapes: string, values?: "apart"]>> = {
  tanh: [(x) => renga.tanh(x), "5×3"],
  clip: [(x) => renga.clip(x, { min: -0.2, max: 0.3 }), "5×3", "apart"],
  elu: [(x) => renga.elu(x, { alpha: 0.7 }), "5×3"],
  gelu: [(x) => renga.gelu(x), "5×3"],
  "gelu by tanh": [(x) => renga.gelu(x, { approximate: "tanh" }), "5×3"],
  hardSigmoid: [(x) => renga.hardSigmoid(x.mul(9)), "5×3", "apart"],
  hardTanh: [(x) => renga.hardTanh(x.mul(3)), "5×3", "apart"],
  leakyRelu: [(x) => renga.leakyRelu(x), "5×3"],
  logSigmoid: [(x) => renga.logSigmoid(x), "5×3"],
  mish: [(x) => renga.mish(x), "5×3"],
  relu: [(x) => renga.relu(x), "5×3"],
  selu: [(x) => renga.selu(x), "5×3"],
  sigmoid: [(x) => renga.sigmoid(x), "5×3"],
  silu: [(x) => renga.silu(x), "5×3"],
  softplus: [(x) => renga.softplus(x), "5×3"],
  softsign: [(x) => renga.softsign(x), "5×3"],
  matmul: [(a, b) => matmul(a, b), "5×7 7×3"],
  "matmul with bias": [(a, b, bias) => matmul(a, b, { bias, activation: "tanh" }), "5×7 7×3 3"],
  "batched matmul": [(a, b) => matmul(a, b, { transposeB: true }), "2×3×5 2×4×5"],
  conv: [(x, w, bias) => renga.conv(x, w, { bias }), "2×5×4×3 3×3×3×2 2"],
  "strided conv": [(x, w) => renga.conv(x, w, { stride: 2, padding: "same" }), "1×5×5×4 3×3×4×4"],
  "depthwise conv": [(x, w) => renga.depthwiseConv(x, w), "1×5×4×4 3×3×4×1"],
  "transposed conv": [(x, w) => renga.convTranspose(x, w, { stride: 2 }), "1×3×3×2 3×3×3×2"],
  softmax: [(x) => renga.softmax(x), "3×5"],
  "softmax cross-entropy": [(x) => renga.softmaxCrossEntropy(x, labels()), "3×5"],
  "softmax cross-entropy of probabilities": [(x, q) => renga.softmaxCrossEntropy(x, q), "3×5 3×5"],
  "cross-entropy": [(x) => crossEntropy(x, labels(), { labelSmoothing: 0.1 }), "3×5"],
  "layer norm": [(x, scale, offset) => renga.layerNorm(x, { scale, offset }), "3×8 8 8"],
  "RMS norm": [(x, scale) => renga.rmsNorm(x, { scale }), "3×7 7"],
  "batch norm": [(x, scale, offset) => renga.batchNorm(x, { scale, offset }).y, "4×3×3 3 3"],
  attention: [(q, k, v) => renga.scaledDotProductAttention(q, k, v), "2×3×4 2×5×4 2×5×3"],
  "causal attention of many keys": [
    (q, k, v) => renga.scaledDotProductAttention(q, k, v, { isCausal: true }),
    "67×4 67×4 67×4",
  ],
  "max pool": [(x) => renga.maxPool(x, 2), "1×4×4×3", "apart"],
  "average pool": [(x) => renga.avgPool(x, 3, { stride: 2, padding: "same" }), "1×5×4×3"],
  "LSTM step": [
    (x, hidden, cell, wInput, wHidden, bias) => {
      const next = renga.lstmCell(x, { hidden, cell }, { wInput, wHidden, bias });
      return next.hidden.add(next.cell);
    },
    "2×3 2×4 2×4 3×16 4×16 16",
  ],
};

describeClasses("gradients of gradients", () => {
  test.each(Object.entries(TABLE))("%s", async (_, [f, shapes, values = "signed"]) => {
    const inputs = parseShapes(shapes).map((shape, i) => operand(shape, values, i));
    for (let k = 0; k < inputs.length; k++) {
      await expectGradients(
        (...given) => {
          // What arrives at f depends on its operands, too.
          const objective = (): Tensor => {
            const y = f(...(given as unknown as Given));
            return sum(y.tanh().mul(y));
          };
          return grad(objective, given)[k] as Tensor;
        },
        inputs,
        { step: 4e-3, rtol: 2e-2, atol: 1e-2 },
      );
    }
  });
});

/** One number per row of x, by two layers with weights w and v. */
function critic(x: Tensor, w: Tensor, bias: Tensor, v: Tensor): Tensor {
  return matmul(matmul(x, w, { bias }).tanh(), v);
}

/** The squared distance of the critic's slopes from 1, between real and made-up examples. */
function penalty(between: Tensor, slopes: (x: Tensor) => Tensor): Tensor {
  const [g] = grad(() => sum(slopes(between)), [between]);
  return mean(
    norm((g as Tensor).reshape([between.shape[0] as number, -1]), 1)
      .sub(1)
      .square(),
  );
}

describeClasses("WGAN-GP", () => {
  const weightsOf = (): Tensor[] => {
    return [randomTensor([3, 7], 4), randomTensor([7], 5), randomTensor([7, 1], 6)];
  };

  test("the penalty's gradient for a critic's weights", async () => {
    const [real, made] = [randomTensor([5, 3], 1), randomTensor([5, 3], 2)];
    const part = randomTensor([5, 1], 3, 0, 1);
    const between = real.mul(part).add(made.mul(renga.sub(1, part)));
    await expectGradients((w, bias, v) => {
      return penalty(between, (x) => critic(x, w as Tensor, bias as Tensor, v as Tensor));
    }, weightsOf());
  });

  test("the penalty's gradient for the filters of a convolutional critic", async () => {
    const images = randomTensor([3, 5, 4, 2], 7);
    await expectGradients(
      (w, v) =>
        penalty(images, (x) => {
          const hidden = renga.conv(x, w as Tensor, { stride: 2, padding: "same" });
          return matmul(renga.leakyRelu(hidden).reshape([3, -1]), v as Tensor);
        }),
      [randomTensor([3, 3, 2, 3], 8), randomTensor([18, 1], 9)],
    );
  });

  test("a step down the penalty lowers it", async () => {
    const [real, weights] = [randomTensor([5, 3], 1), weightsOf()];
    const of = ([w, bias, v]: readonly Tensor[]): Tensor => {
      return penalty(real, (x) => critic(x, w as Tensor, bias as Tensor, v as Tensor));
    };
    const slopes = grad(() => of(weights), weights);
    const moved = weights.map((w, i) => w.sub((slopes[i] as Tensor).mul(0.05)));
    expect(await of(moved).item()).toBeLessThan(await of(weights).item());
  });
});

describe("third order", () => {
  test("tanh", async () => {
    const slope = (f: (x: Tensor) => Tensor) => (x: Tensor) =>
      grad(() => sum(f(x)), [x])[0] as Tensor;
    await expectGradients((x) => slope(slope(renga.tanh))(x as Tensor), [randomTensor([7], 1)]);
  });
});
