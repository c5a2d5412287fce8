// A training step of the MLP by hand: bias and relu in the products, relu's mask in their
// gradients.

import { models } from "../models.mjs";
import { crossEntropyRows, meanLoss } from "./losses.mjs";
import { matmulRegisters as product } from "./matmul.mjs";
import { Program, padColumns, parameterStore } from "./program.mjs";
import { columnSum } from "./rows.mjs";

const BIG = { TM: 8, TN: 8, wx: 8, wy: 4 };
const RELU = "max(v, vec4f(0.0))";

export async function mlp(options) {
  const { B, dims, params, x, y } = models.mlp(options);
  const [I, H1, H2] = dims;
  const program = new Program();
  // Ten classes in rows of twelve, so that rows are whole vec4.
  const padded = { w2: padColumns(params[4][2], 10, 12), b2: padColumns(params[5][2], 10, 12) };
  const store = parameterStore(program, params, padded);
  const { parameter, gradient, counter, update } = store;
  const [X, Y, h1, h2] = [x, y, B * H1, B * H2].map((data) => program.buffer(data));
  const [L, D, RL, loss] = [B * 12, B * 12, B, 4].map((count) => program.buffer(count));
  const [d2, d1] = [B * H2, B * H1].map((count) => program.buffer(count));
  const first = product({ M: B, N: H1, K: I, ...BIG, bias: true, act: RELU });
  const second = product({ M: B, N: H2, K: H1, ...BIG, TN: 4, bias: true, act: RELU });
  const third = product({ M: B, N: 12, K: H2, TM: 2, TN: 12, wx: 1, wy: 16 });
  const dw2 = product({ M: H2, N: 12, K: B, ta: true, TM: 4, TN: 12, wx: 1, wy: 16 });
  await program.prepare([
    [first, X, parameter("w0"), h1, parameter("b0")],
    [second, h1, parameter("w1"), h2, parameter("b1")],
    [third, h2, parameter("w2"), L],
    [crossEntropyRows({ B, C: 10, CP: 12 }), L, parameter("b2"), Y, D, RL],
    [meanLoss({ n: B, scale: 1 / B }), RL, loss, counter],
    [dw2, h2, D, gradient("w2")],
    [columnSum({ M: B, N: 12 }), D, gradient("b2")],
    [product({ M: B, N: H2, K: 12, tb: true, ...BIG, mask: true }), D, parameter("w2"), d2, h2],
    [product({ M: H1, N: H2, K: B, ta: true, ...BIG }), h1, d2, gradient("w1")],
    [columnSum({ M: B, N: H2 }), d2, gradient("b1")],
    [product({ M: B, N: H1, K: H2, tb: true, ...BIG, mask: true }), d2, parameter("w1"), d1, h1],
    [product({ M: I, N: H1, K: B, ta: true, ...BIG }), X, d1, gradient("w0")],
    [columnSum({ M: B, N: H1 }), d1, gradient("b0")],
    update,
  ]);
  return program.trainer(loss);
}
