// C[M, N] = A[M, K] · B[K, N] in two ways: registers alone, and registers over shared tiles.

import {
  LANES,
  READ4,
  WRITE4,
  bindings,
  ceilDiv,
  list,
  perGroup,
  perThread,
  repeat,
} from "./wgsl.mjs";

/** Text for every place of the block of TM rows and `fours` vec4 that a thread computes. */
const block = (TM, fours, text) => repeat(TM, (i) => repeat(fours, (j) => text(i, j)));

/** B is stored [N, K]: dot products of fours along k. */
const dotProducts = ({ K, TM, TN }) => `for (var k = 0u; k < ${K / 4}u; k++) {
    ${repeat(TM, (i) => `let a${i} = A[(m + ${i}u) * ${K / 4}u + k];\n`)}
    ${repeat(TN, (j) => `let b${j} = B[(n + ${j}u) * ${K / 4}u + k];\n`)}
    ${block(TM, TN / 4, (i, j) => {
      return `c${i}_${j} += vec4f(${list(4, (q) => `dot(a${i}, b${j * 4 + q})`)});\n`;
    })}
  }`;

/** A is stored [K, M]: outer products of fours along m and n. */
const outerProducts = ({ M, N, K, TM, TN }) => `for (var k = 0u; k < ${K}u; k++) {
    ${repeat(TM / 4, (i) => `let a${i} = A[k * ${M / 4}u + m / 4u + ${i}u];\n`)}
    ${repeat(TN / 4, (j) => `let b${j} = B[k * ${N / 4}u + n / 4u + ${j}u];\n`)}
    ${block(TM, TN / 4, (i, j) => `c${i}_${j} += a${i >> 2}.${LANES[i & 3]} * b${j};\n`)}
  }`;

/** The usual order, over the slice g.z of k. */
function rowsByColumns({ N, K, TM, TN, splitK }) {
  const slice = K / 4 / splitK;
  const load = (q) =>
    repeat(TN / 4, (j) => `let b${q}_${j} = B[(k * 4u + ${q}u) * ${N / 4}u + n / 4u + ${j}u];\n`);
  const multiply = (q) =>
    block(TM, TN / 4, (i, j) => `c${i}_${j} += a${i}.${LANES[q]} * b${q}_${j};\n`);
  return `for (var k = g.z * ${slice}u; k < (g.z + 1u) * ${slice}u; k++) {
    ${repeat(TM, (i) => `let a${i} = A[(m + ${i}u) * ${K / 4}u + k];\n`)}
    ${repeat(4, load)}
    ${repeat(4, multiply)}
  }`;
}

/** What happens to a finished four `v` before it is stored at vec4 offset `o`. */
function epilogue({ M, N, TM, TN, splitK, bias, add, pre, act, mask }) {
  const slice = splitK > 1 ? ` + g.z * ${(M * N) / 4}u` : "";
  return block(TM, TN / 4, (i, j) => {
    return `{ let o = (m + ${i}u) * ${N / 4}u + n / 4u + ${j}u; var v = c${i}_${j};
      ${bias ? `v += Bias[n / 4u + ${j}u];` : ""} ${add ? "v += Add[o];" : ""}
      ${pre ? `{ ${pre} }` : ""} ${act ? `v = ${act};` : ""}
      ${mask ? "v = select(vec4f(0.0), v, Mask[o] > vec4f(0.0));" : ""}
      C[o${slice}] = v; }\n`;
  });
}

const USUAL = {
  ...{ ta: false, tb: false, TM: 4, TN: 4, wx: 8, wy: 8, splitK: 1 },
  ...{ bias: false, add: false, mask: false, act: "", pre: "", extra: {} },
};

/**
 * A thread computes TM × TN results from vec4 loads, without shared memory. ta: A is stored [K, M];
 * tb: B is stored [N, K]; splitK makes slices C[z, M, N]. Buffers A, B, C and then those asked for,
 * in this order: bias[N], add[M, N], mask[M, N] (results where mask > 0), extra by name. pre:
 * statements on v (vec4f) at vec4 offset o; act: an expression of v. Needs sizes that tiles and
 * fours divide.
 */
export function matmulRegisters(options) {
  const all = { ...USUAL, ...options };
  const { M, N, K, ta, tb, TM, TN, wx, wy, bias, add, mask, splitK, extra } = all;
  const uneven = M % TM || N % TN || TN % 4 || K % (4 * splitK) || (ta && (TM % 4 || M % 4));
  if (uneven || (ta && tb)) throw new Error(`matmulRegisters: ${JSON.stringify(all)}`);
  const buffers = { A: READ4, B: READ4, C: WRITE4 };
  if (bias) buffers.Bias = READ4;
  if (add) buffers.Add = READ4;
  if (mask) buffers.Mask = READ4;
  const product = tb ? dotProducts : ta ? outerProducts : rowsByColumns;
  return {
    code: `${bindings({ ...buffers, ...extra })}${perThread(`${wx}, ${wy}`)}
  let n = g.x * ${TN}u; let m = g.y * ${TM}u; if (m >= ${M}u || n >= ${N}u) { return; }
  ${block(TM, TN / 4, (i, j) => `var c${i}_${j} = vec4f(0.0);\n`)}
  ${product(all)}
  ${epilogue(all)}
}`,
    grid: [ceilDiv(N, TN * wx), ceilDiv(M, TM * wy), splitK],
  };
}

/** Tiles of A and B in workgroup memory, TM × TN results per thread. Buffers A, B, C. */
export function matmulShared({ M, N, K, TM = 8, TN = 8, wx = 8, wy = 8, BK = 16 }) {
  const [BM, BN, fours, threads] = [wy * TM, wx * TN, TN / 4, wx * wy];
  const [loadsA, loadsB] = [(BM * BK) / 4 / threads, (BK * BN) / 4 / threads];
  if (M % BM || N % BN || K % BK) return undefined;
  const load = (into, count, columns, from) =>
    repeat(count, (q) => {
      return `{ let e = t + ${q * threads}u; let r = e / ${columns}u; let c = e % ${columns}u;
        ${into}[e] = ${from}; }\n`;
    });
  const loadB = (q) =>
    repeat(fours, (j) => {
      return `let b${q}_${j} = sb[(k * 4u + ${q}u) * ${BN / 4}u + l.x * ${fours}u + ${j}u];\n`;
    });
  const multiply = (q) =>
    block(TM, fours, (i, j) => `c${i}_${j} += a${i}.${LANES[q]} * b${q}_${j};\n`);
  const store = (i, j) => `C[(m0 + l.y * ${TM}u + ${i}u) * ${N / 4}u
    + n0 / 4u + l.x * ${fours}u + ${j}u] = c${i}_${j};\n`;
  return {
    code: `${bindings({ A: READ4, B: READ4, C: WRITE4 })}
var<workgroup> sa: array<vec4f, ${(BM * BK) / 4}>;
var<workgroup> sb: array<vec4f, ${(BK * BN) / 4}>;
${perGroup(`${wx}, ${wy}`)}
  let t = l.y * ${wx}u + l.x; let m0 = w.y * ${BM}u; let n0 = w.x * ${BN}u;
  ${block(TM, fours, (i, j) => `var c${i}_${j} = vec4f(0.0);\n`)}
  for (var k0 = 0u; k0 < ${K}u; k0 += ${BK}u) {
    ${load("sa", loadsA, BK / 4, `A[(m0 + r) * ${K / 4}u + k0 / 4u + c]`)}
    ${load("sb", loadsB, BN / 4, `B[(k0 + r) * ${N / 4}u + n0 / 4u + c]`)}
    workgroupBarrier();
    for (var k = 0u; k < ${BK / 4}u; k++) {
      ${repeat(TM, (i) => `let a${i} = sa[(l.y * ${TM}u + ${i}u) * ${BK / 4}u + k];\n`)}
      ${repeat(4, loadB)}
      ${repeat(4, multiply)}
    }
    workgroupBarrier();
  }
  ${block(TM, fours, store)}
}`,
    grid: [N / BN, M / BM, 1],
  };
}
