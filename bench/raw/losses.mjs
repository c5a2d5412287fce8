// Losses with their gradients, and Adam.

import { READ, READ4, WRITE, WRITE4, bindings, ceilDiv, perThread } from "./wgsl.mjs";

/**
 * Cross-entropy of softmax over C real columns of rows with stride CP; the logits are the sum of S
 * slices and a bias. D = (p − y) / B. Buffers L, bias, Y, D, RL (the loss of each row).
 */
export function crossEntropyRows({ B, C, CP, S = 1 }) {
  return {
    code: `${bindings({ L: READ, bias: READ, Y: READ, D: WRITE, RL: WRITE })}${perThread(32)}
  let r = g.x; if (r >= ${B}u) { return; }
  var v: array<f32, ${C}>; var m = -3.4e38;
  for (var c = 0u; c < ${C}u; c++) {
    var t = bias[c]; for (var s = 0u; s < ${S}u; s++) { t += L[(s * ${B}u + r) * ${CP}u + c]; }
    v[c] = t; m = max(m, t);
  }
  var z = 0.0; for (var c = 0u; c < ${C}u; c++) { z += exp(v[c] - m); }
  let lz = log(z) + m; var l = 0.0;
  for (var c = 0u; c < ${C}u; c++) {
    let y = Y[r * ${C}u + c]; l += y * (lz - v[c]);
    D[r * ${CP}u + c] = (exp(v[c] - lz) - y) * ${1 / B};
  }
  for (var c = ${C}u; c < ${CP}u; c++) { D[r * ${CP}u + c] = 0.0; } RL[r] = l;
}`,
    grid: [ceilDiv(B, 32), 1, 1],
  };
}

/** D = 2 (Z − T) / n and the squared error of each row. Buffers Z, T, D, RL. */
export function squaredErrorRows({ rows, D }) {
  return {
    code: `${bindings({ Z: READ4, T: READ4, O: WRITE4, RL: WRITE })}${perThread(32)}
  let r = g.x; if (r >= ${rows}u) { return; } var s = 0.0;
  for (var i = r * ${D / 4}u; i < (r + 1u) * ${D / 4}u; i++) {
    let d = Z[i] - T[i]; s += dot(d, d); O[i] = d * ${2 / (rows * D)};
  }
  RL[r] = s;
}`,
    grid: [ceilDiv(rows, 32), 1, 1],
  };
}

/** O = scale · Σ RL[0 … n); also advances Adam's counter S. Buffers RL, O, S. */
export function meanLoss({ n, scale }) {
  return {
    code: `${bindings({ RL: READ, O: WRITE, S: WRITE })}@compute @workgroup_size(1) fn main() {
  var s = 0.0; for (var i = 0u; i < ${n}u; i++) { s += RL[i]; } O[0] = s * ${scale}; S[0] += 1.0;
}`,
    grid: [1, 1, 1],
  };
}

/** Adam over flat buffers of n floats. Buffers P, G, M, V, S (the counter). */
export function adam({ n, learningRate, beta1, beta2, epsilon }) {
  return {
    code: `${bindings({ P: WRITE4, G: READ4, M: WRITE4, V: WRITE4, S: READ })}${perThread(64)}
  let i = g.x; if (i >= ${n / 4}u) { return; } let t = S[0]; let d = G[i];
  let m = M[i] * ${beta1} + d * ${1 - beta1}; let v = V[i] * ${beta2} + d * d * ${1 - beta2};
  M[i] = m; V[i] = v;
  P[i] -= ${learningRate} * (m * (1.0 / (1.0 - pow(${beta1}, t))))
    / (sqrt(v * (1.0 / (1.0 - pow(${beta2}, t)))) + ${epsilon});
}`,
    grid: [ceilDiv(n / 4, 64), 1, 1],
  };
}
