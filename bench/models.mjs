// The models that everyone trains: initial weights, one batch, Adam's constants. All of it is made
// from seeds, and no library's code is in here.

/** A generator of numbers in [0, 1) from a seed (mulberry32). */
function generator(seed) {
  let state = (seed * 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers in (−scale, scale) from a seed. */
export function uniform(seed, count, scale = 1) {
  const next = generator(seed);
  return Float32Array.from({ length: count }, () => (next() * 2 - 1) * scale);
}

const zeros = (count) => new Float32Array(count);
const ones = (count) => new Float32Array(count).fill(1);
const glorot = (seed, fanIn, fanOut, count = fanIn * fanOut) =>
  uniform(seed, count, Math.sqrt(6 / (fanIn + fanOut)));

function oneHot(seed, rows, classes) {
  const next = generator(seed);
  const data = zeros(rows * classes);
  for (let i = 0; i < rows; i++) data[i * classes + Math.floor(next() * classes)] = 1;
  return data;
}

export const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** relu layers over dims, cross-entropy of the last. x [B, dims[0]], y [B, 10]. */
function mlp({ B = 128, dims = [784, 256, 128, 10] } = {}) {
  const params = [0, 1, 2].flatMap((i) => [
    [`w${i}`, [dims[i], dims[i + 1]], glorot(11 + i, dims[i], dims[i + 1])],
    [`b${i}`, [dims[i + 1]], zeros(dims[i + 1])],
  ]);
  return { B, dims, params, x: uniform(1, B * dims[0]).map(Math.abs), y: oneHot(2, B, 10) };
}

/** NHWC: 3×3×32, relu, 3×3×64 by stride 2, relu, dense 10, all with "same" padding. */
function cnn() {
  const B = 64;
  const params = [
    ["k0", [3, 3, 1, 32], glorot(21, 9, 288, 288)],
    ["c0", [32], zeros(32)],
    ["k1", [3, 3, 32, 64], glorot(22, 288, 576, 18432)],
    ["c1", [64], zeros(64)],
    ["w", [12544, 10], glorot(23, 12544, 10)],
    ["b", [10], zeros(10)],
  ];
  return { B, H: 28, W: 28, params, x: uniform(3, B * 784).map(Math.abs), y: oneHot(4, B, 10) };
}

/** A causal block, norms first, gelu by tanh; the loss is mean((z − t)²). */
function transformer() {
  const [B, T, D, H, F] = [8, 64, 128, 4, 512];
  const params = [
    ["g1", [D], ones(D)],
    ["n1", [D], zeros(D)],
    ["wqkv", [D, 3 * D], glorot(31, D, 3 * D)],
    ["bqkv", [3 * D], zeros(3 * D)],
    ["wo", [D, D], glorot(32, D, D)],
    ["bo", [D], zeros(D)],
    ["g2", [D], ones(D)],
    ["n2", [D], zeros(D)],
    ["w1", [D, F], glorot(33, D, F)],
    ["b1", [F], zeros(F)],
    ["w2", [F, D], glorot(34, F, D)],
    ["b2", [D], zeros(D)],
  ];
  const batch = { x: uniform(5, B * T * D, 1.7), t: uniform(6, B * T * D, 1.7) };
  return { B, T, D, H, F, eps: 1e-5, params, ...batch };
}

/** Gates i, f, g, o; the last h through dense 10 to cross-entropy. x [T, B, I], y [B, 10]. */
function lstm({ B = 32, T = 32, I = 64, Hd = 128 } = {}) {
  const params = [
    ["wx", [I, 4 * Hd], glorot(41, I, 4 * Hd)],
    ["wh", [Hd, 4 * Hd], glorot(42, Hd, 4 * Hd)],
    ["bg", [4 * Hd], zeros(4 * Hd)],
    ["wd", [Hd, 10], glorot(43, Hd, 10)],
    ["bd", [10], zeros(10)],
  ];
  return { B, T, I, Hd, params, x: uniform(7, T * B * I), y: oneHot(8, B, 10) };
}

export const models = { mlp, cnn, transformer, lstm };
