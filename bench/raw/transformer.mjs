// A training step of the transformer block by hand: bias, residual and gelu in the products, gelu's
// derivative in the gradient of the product before it.

import { models } from "../models.mjs";
import { attention, attentionKeyGradient, attentionQueryGradient } from "./attention.mjs";
import { meanLoss, squaredErrorRows } from "./losses.mjs";
import { matmulRegisters } from "./matmul.mjs";
import { layerNorm, layerNormInputGradient, layerNormParameterGradients } from "./norm.mjs";
import { Program, parameterStore } from "./program.mjs";
import { columnSum, sumSlices } from "./rows.mjs";
import { READ4, WRITE4, splitAt } from "./wgsl.mjs";

const BIG = { TM: 8, TN: 8, wx: 8, wy: 4 };
const product = (M, N, K, options) => matmulRegisters({ M, N, K, ...BIG, ...options });

const [K0, K1] = [0.7978845608028654, 0.044715];
const GELU = `0.5 * v * (1.0 + tanh(${K0} * (v + ${K1} * v * v * v)))`;
const GELU_GRADIENT = `let x = U[o]; let q = tanh(${K0} * (x + ${K1} * x * x * x));
  v *= 0.5 * (1.0 + q) + 0.5 * x * (1.0 - q * q) * ${K0} * (1.0 + ${3 * K1} * x * x);`;

/** Slices of the rows in the gradients of a norm's parameters. */
const SLICES = 16;

/** Buffers by name: what the forward pass keeps, and the gradients. */
function buffersFor(program, { B, T, D, H, F }) {
  const n = B * T;
  const counts = {
    ...{ l1: n * D, s1: n * 2, qkv: n * 3 * D, P: B * H * T * T, ao: n * D, y: n * D, l2: n * D },
    ...{ s2: n * 2, u: n * F, ge: n * F, z: n * D, dz: n * D, RL: n, loss: 4, du: n * F },
    ...{ dl2: n * D, dy: n * D, dao: n * D, dS: B * H * T * T, dqkv: n * 3 * D, dl1: n * D },
    ...{ P1: SLICES * 2 * D, P2: SLICES * 2 * D, G1: 2 * D, G2: 2 * D },
  };
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, program.buffer(count)]),
  );
}

function forward({ B, T, D, H, F, eps }, b, { parameter: p, X, Target, counter }) {
  const n = B * T;
  const norm = layerNorm({ rows: n, D, eps });
  const withGelu = { bias: true, pre: "U[o] = v;", act: GELU, extra: { U: WRITE4 } };
  const residual = { bias: true, add: true };
  return [
    [norm, X, p("g1"), p("n1"), b.l1, b.s1],
    [product(n, 3 * D, D, { bias: true }), b.l1, p("wqkv"), b.qkv, p("bqkv")],
    [attention({ B, T, D, H }), b.qkv, b.P, b.ao],
    [product(n, D, D, residual), b.ao, p("wo"), b.y, p("bo"), X],
    [norm, b.y, p("g2"), p("n2"), b.l2, b.s2],
    [product(n, F, D, withGelu), b.l2, p("w1"), b.ge, p("b1"), b.u],
    [product(n, D, F, residual), b.ge, p("w2"), b.z, p("b2"), b.y],
    [squaredErrorRows({ rows: n, D }), b.z, Target, b.dz, b.RL],
    [meanLoss({ n, scale: 1 / (n * D) }), b.RL, b.loss, counter],
  ];
}

function backward({ B, T, D, H, F }, b, { parameter: p, gradient: g, X }) {
  const n = B * T;
  const [ta, tb] = [{ ta: true }, { tb: true }];
  const geluGradient = { ...tb, pre: GELU_GRADIENT, extra: { U: READ4 } };
  const normParameters = layerNormParameterGradients({ rows: n, D, S: SLICES });
  const sum = sumSlices({ n: 2 * D, S: SLICES });
  const split = splitAt(D / 4, D / 2);
  const sizes = { B, T, D, H };
  return [
    [product(F, D, n, ta), b.ge, b.dz, g("w2")],
    [columnSum({ M: n, N: D }), b.dz, g("b2")],
    [product(n, F, D, geluGradient), b.dz, p("w2"), b.du, b.u],
    [product(D, F, n, ta), b.l2, b.du, g("w1")],
    [columnSum({ M: n, N: F }), b.du, g("b1")],
    [product(n, D, F, tb), b.du, p("w1"), b.dl2],
    [normParameters, b.y, b.dl2, b.s2, b.P2],
    [sum, b.P2, b.G2],
    [split, b.G2, g("g2"), g("n2")],
    [layerNormInputGradient({ rows: n, D }), b.y, p("g2"), b.dl2, b.s2, b.dz, b.dy],
    [product(D, D, n, ta), b.ao, b.dy, g("wo")],
    [columnSum({ M: n, N: D }), b.dy, g("bo")],
    [product(n, D, D, tb), b.dy, p("wo"), b.dao],
    [attentionQueryGradient(sizes), b.qkv, b.P, b.dao, b.dS, b.dqkv],
    [attentionKeyGradient(sizes), b.qkv, b.P, b.dao, b.dS, b.dqkv],
    [product(D, 3 * D, n, ta), b.l1, b.dqkv, g("wqkv")],
    [columnSum({ M: n, N: 3 * D }), b.dqkv, g("bqkv")],
    [product(n, D, 3 * D, tb), b.dqkv, p("wqkv"), b.dl1],
    [normParameters, X, b.dl1, b.s1, b.P1],
    [sum, b.P1, b.G1],
    [split, b.G1, g("g1"), g("n1")],
  ];
}

export async function transformer() {
  const { params, x, t, ...sizes } = models.transformer();
  const program = new Program();
  const store = parameterStore(program, params);
  const given = { ...store, X: program.buffer(x), Target: program.buffer(t) };
  const buffers = buffersFor(program, sizes);
  const steps = [...forward(sizes, buffers, given), ...backward(sizes, buffers, given)];
  await program.prepare([...steps, store.update]);
  return program.trainer(buffers.loss);
}
