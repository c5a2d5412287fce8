// A training step of the CNN by hand: two convolutions with bias and relu, a dense layer over
// slices of its long inner axis.

import { models } from "../models.mjs";
import { conv, convFilterGradient, convInputGradient } from "./conv.mjs";
import { convOneChannel, convOneChannelGradients } from "./convOneChannel.mjs";
import { crossEntropyRows, meanLoss } from "./losses.mjs";
import { matmulRegisters as product } from "./matmul.mjs";
import { Program, padColumns, parameterStore } from "./program.mjs";
import { columnSum, sumSlices } from "./rows.mjs";
import { splitAt } from "./wgsl.mjs";

const SLICES = 16;

function kernels({ B: N, H }) {
  const second = { N, H, Wd: H, Ci: 32, Co: 64, s: 2 };
  const dense = { N: 12, TM: 4, TN: 12, wx: 1 };
  return {
    first: convOneChannel({ N, H, Wd: H, Co: 32 }),
    second: conv({ ...second, TP: 7, TC: 8, relu: true, bias: true }),
    dense: product({ ...dense, M: N, K: 12544, wy: 16, splitK: SLICES }),
    denseWeights: product({ ...dense, M: 12544, K: N, ta: true, wy: 32 }),
    denseInput: product({
      M: N,
      N: 12544,
      K: 12,
      tb: true,
      TM: 8,
      TN: 8,
      wx: 8,
      wy: 4,
      mask: true,
    }),
    secondFilter: convFilterGradient({ ...second, S: 8 }),
    secondInput: convInputGradient({ ...second, TP: 7, TC: 8, mask: true }),
    firstGradients: convOneChannelGradients({ N, H, Wd: H, Co: 32 }),
  };
}

export async function cnn() {
  const { params, x, y, ...sizes } = models.cnn();
  const N = sizes.B;
  const program = new Program();
  const padded = { w: padColumns(params[4][2], 10, 12), b: padColumns(params[5][2], 10, 12) };
  const store = parameterStore(program, params, padded);
  const { parameter, gradient, counter, update } = store;
  const all = kernels(sizes);
  const [h1Size, h2Size] = [N * 784 * 32, N * 196 * 64];
  const [X, Y, h1, h2] = [x, y, h1Size, h2Size].map((data) => program.buffer(data));
  const [L, D, RL, loss] = [SLICES * N * 12, N * 12, N, 4].map((count) => program.buffer(count));
  const [d2, d1] = [h2Size, h1Size].map((count) => program.buffer(count));
  const partials = [all.secondFilter.partial, N * 10 * 32, 320, 64 * 64];
  const [P1, P0, G0, PB] = partials.map((count) => program.buffer(count));
  await program.prepare([
    [all.first, X, parameter("k0"), parameter("c0"), h1],
    [all.second, h1, parameter("k1"), h2, parameter("c1")],
    [all.dense, h2, parameter("w"), L],
    [crossEntropyRows({ B: N, C: 10, CP: 12, S: SLICES }), L, parameter("b"), Y, D, RL],
    [meanLoss({ n: N, scale: 1 / N }), RL, loss, counter],
    [all.denseWeights, h2, D, gradient("w")],
    [columnSum({ M: N, N: 12 }), D, gradient("b")],
    [all.denseInput, D, parameter("w"), d2, h2],
    [all.secondFilter, h1, d2, P1],
    [sumSlices({ n: 18432, S: 8 }), P1, gradient("k1")],
    [columnSum({ M: N * 196, N: 64, S: 64 }), d2, PB],
    [sumSlices({ n: 64, S: 64 }), PB, gradient("c1")],
    [all.secondInput, d2, parameter("k1"), d1, h1],
    [all.firstGradients, X, d1, P0],
    [sumSlices({ n: 320, S: N }), P0, G0],
    [splitAt(72, 80), G0, gradient("k0"), gradient("c0")],
    update,
  ]);
  return program.trainer(loss);
}
