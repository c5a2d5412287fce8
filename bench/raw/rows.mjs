// Elementwise kernels, sums and softmax. Rows go to a thread each ("thread": good on software
// adapters) or to a workgroup of 64 each ("group": good on GPUs).

import { READ, READ4, WRITE, WRITE4, bindings, ceilDiv, perGroup, perThread } from "./wgsl.mjs";

/** O = relu(X · a + b), a and b over the last axis. Buffers X, a, b, O. */
export function affineRelu({ rows, cols }) {
  const fours = (rows * cols) / 4;
  const groups = ceilDiv(fours, 64);
  const across = Math.min(groups, 32768);
  return {
    code: `${bindings({ X: READ4, a: READ4, b: READ4, O: WRITE4 })}${perThread(64)}
  let i = g.x + g.y * ${across * 64}u; if (i >= ${fours}u) { return; }
  let c = i % ${cols / 4}u; O[i] = max(X[i] * a[c] + b[c], vec4f(0.0));
}`,
    grid: [across, ceilDiv(groups, across), 1],
  };
}

/** O = A + B, n floats. Buffers A, B, O. */
export function addScalars(n, size = 64) {
  return {
    code: `${bindings({ A: READ, B: READ, O: WRITE })}${perThread(size)}
  if (g.x < ${n}u) { O[g.x] = A[g.x] + B[g.x]; }
}`,
    grid: [ceilDiv(n, size), 1, 1],
  };
}

/** Folds sh[0 … 64) into sh[0] by `fold(a, b)`. */
const foldGroup = (fold) => `for (var k = 32u; k > 0u; k >>= 1u) {
    if (l.x < k) { sh[l.x] = ${fold("sh[l.x]", "sh[l.x + k]")}; } workgroupBarrier();
  }`;

const plus = (a, b) => `${a} + ${b}`;
const larger = (a, b) => `max(${a}, ${b})`;

const sumOfRowByThread = ({ rows, cols }) => ({
  code: `${bindings({ X: READ4, O: WRITE })}${perThread(64)}
  let r = g.x; if (r >= ${rows}u) { return; }
  var s = vec4f(0.0);
  for (var i = 0u; i < ${cols / 4}u; i++) { s += X[r * ${cols / 4}u + i]; }
  O[r] = s.x + s.y + s.z + s.w;
}`,
  grid: [ceilDiv(rows, 64), 1, 1],
});

const sumOfRowByGroup = ({ rows, cols }) => ({
  code: `${bindings({ X: READ4, O: WRITE })}
var<workgroup> sh: array<f32, 64>;
${perGroup(64)}
  let r = w.x; var s = vec4f(0.0);
  for (var i = l.x; i < ${cols / 4}u; i += 64u) { s += X[r * ${cols / 4}u + i]; }
  sh[l.x] = s.x + s.y + s.z + s.w; workgroupBarrier();
  ${foldGroup(plus)}
  if (l.x == 0u) { O[r] = sh[0]; }
}`,
  grid: [rows, 1, 1],
});

/** [rows, cols] → [rows]. Buffers X, O. */
export const rowSum = (sizes, way) =>
  way === "thread" ? sumOfRowByThread(sizes) : sumOfRowByGroup(sizes);

/** The sum of n floats in two kernels, over P of 256 floats. Buffers X, P and P, O. */
export function sumAll(n, way) {
  const parts = 256;
  return [rowSum({ rows: parts, cols: n / parts }, way), rowSum({ rows: 1, cols: parts }, way)];
}

function softmaxByThread({ rows, cols }) {
  const fours = cols / 4;
  return {
    code: `${bindings({ X: READ4, O: WRITE4 })}${perThread(32)}
  let r = g.x; if (r >= ${rows}u) { return; } let o = r * ${fours}u;
  var m4 = X[o]; for (var i = 1u; i < ${fours}u; i++) { m4 = max(m4, X[o + i]); }
  let m = max(max(m4.x, m4.y), max(m4.z, m4.w));
  var s4 = vec4f(0.0);
  for (var i = 0u; i < ${fours}u; i++) { let e = exp(X[o + i] - m); O[o + i] = e; s4 += e; }
  let s = 1.0 / (s4.x + s4.y + s4.z + s4.w);
  for (var i = 0u; i < ${fours}u; i++) { O[o + i] *= s; }
}`,
    grid: [ceilDiv(rows, 32), 1, 1],
  };
}

function softmaxByGroup({ rows, cols }) {
  const fours = cols / 4;
  const over = (body) => `for (var i = l.x; i < ${fours}u; i += 64u) { ${body} }`;
  return {
    code: `${bindings({ X: READ4, O: WRITE4 })}
var<workgroup> sh: array<f32, 64>;
${perGroup(64)}
  let o = w.x * ${fours}u; var m4 = vec4f(-3.4e38); ${over("m4 = max(m4, X[o + i]);")}
  sh[l.x] = max(max(m4.x, m4.y), max(m4.z, m4.w)); workgroupBarrier();
  ${foldGroup(larger)}
  let m = sh[0]; workgroupBarrier();
  var s4 = vec4f(0.0); ${over("s4 += exp(X[o + i] - m);")}
  sh[l.x] = s4.x + s4.y + s4.z + s4.w; workgroupBarrier();
  ${foldGroup(plus)}
  let s = 1.0 / sh[0]; ${over("O[o + i] = exp(X[o + i] - m) * s;")}
}`,
    grid: [rows, 1, 1],
  };
}

/** Softmax over the last axis. Buffers X, O. */
export const softmaxRows = (sizes, way) =>
  way === "thread" ? softmaxByThread(sizes) : softmaxByGroup(sizes);

/** O[i] = Σₛ P[s · n + i], s < S. Buffers P, O. */
export function sumSlices({ n, S }) {
  return {
    code: `${bindings({ P: READ4, O: WRITE4 })}${perThread(64)}
  let i = g.x; if (i >= ${n / 4}u) { return; } var s = vec4f(0.0);
  for (var k = 0u; k < ${S}u; k++) { s += P[k * ${n / 4}u + i]; } O[i] = s;
}`,
    grid: [ceilDiv(n / 4, 64), 1, 1],
  };
}

/** Sums of the columns of [M, N] over S slices of rows, to P[S, N]. Buffers Y, P. */
export function columnSum({ M, N, S = 1 }) {
  const rows = M / S;
  return {
    code: `${bindings({ Y: READ4, P: WRITE4 })}${perThread(16)}
  let i = g.x; if (i >= ${(N / 4) * S}u) { return; } let c = i % ${N / 4}u; let z = i / ${N / 4}u;
  var s = vec4f(0.0);
  for (var r = 0u; r < ${rows}u; r++) { s += Y[(z * ${rows}u + r) * ${N / 4}u + c]; }
  P[z * ${N / 4}u + c] = s;
}`,
    grid: [ceilDiv((N / 4) * S, 16), 1, 1],
  };
}
