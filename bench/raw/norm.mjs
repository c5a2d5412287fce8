// Layer norm over rows of D, a thread per row, and its gradients.

import { READ, READ4, WRITE, WRITE4, bindings, ceilDiv, perThread } from "./wgsl.mjs";

const over = (D, body) => `for (var i = 0u; i < ${D / 4}u; i++) { ${body} }`;
const total = (v) => `(${v}.x + ${v}.y + ${v}.z + ${v}.w)`;

/** Buffers X, g, b, O, St: the mean and 1/σ of each row. */
export function layerNorm({ rows, D, eps }) {
  return {
    code: `${bindings({ X: READ4, gain: READ4, b: READ4, O: WRITE4, St: WRITE })}${perThread(32)}
  let r = g.x; if (r >= ${rows}u) { return; } let o = r * ${D / 4}u;
  var s = vec4f(0.0); ${over(D, "s += X[o + i];")} let mu = ${total("s")} * ${1 / D};
  var v = vec4f(0.0); ${over(D, "let t = X[o + i] - mu; v += t * t;")}
  let rs = inverseSqrt(${total("v")} * ${1 / D} + ${eps});
  ${over(D, "O[o + i] = (X[o + i] - mu) * rs * gain[i] + b[i];")}
  St[r * 2u] = mu; St[r * 2u + 1u] = rs;
}`,
    grid: [ceilDiv(rows, 32), 1, 1],
  };
}

/** Gradient to the input, plus a residual `Add`. Buffers X, g, Y (dy), St, Add, O. */
export function layerNormInputGradient({ rows, D }) {
  const buffers = { X: READ4, gain: READ4, Y: READ4, St: READ, Add: READ4, O: WRITE4 };
  const sums = "let d = Y[o + i] * gain[i]; s += d; t += d * (X[o + i] - mu) * rs;";
  const result = "(Y[o + i] * gain[i] - a - (X[o + i] - mu) * rs * c)";
  return {
    code: `${bindings(buffers)}${perThread(32)}
  let r = g.x; if (r >= ${rows}u) { return; }
  let o = r * ${D / 4}u; let mu = St[r * 2u]; let rs = St[r * 2u + 1u];
  var s = vec4f(0.0); var t = vec4f(0.0); ${over(D, sums)}
  let a = ${total("s")} * ${1 / D}; let c = ${total("t")} * ${1 / D};
  ${over(D, `O[o + i] = Add[o + i] + rs * ${result};`)}
}`,
    grid: [ceilDiv(rows, 32), 1, 1],
  };
}

/** Gradients to g and b over S slices of rows, to P[S, 2, D]. Buffers X, Y (dy), St, P. */
export function layerNormParameterGradients({ rows, D, S }) {
  const n = rows / S;
  return {
    code: `${bindings({ X: READ4, Y: READ4, St: READ, P: WRITE4 })}${perThread(32)}
  let i = g.x; if (i >= ${(D / 4) * S}u) { return; }
  let c = i % ${D / 4}u; let z = i / ${D / 4}u; var a = vec4f(0.0); var b = vec4f(0.0);
  for (var r = z * ${n}u; r < (z + 1u) * ${n}u; r++) {
    let d = Y[r * ${D / 4}u + c];
    a += d * (X[r * ${D / 4}u + c] - St[r * 2u]) * St[r * 2u + 1u]; b += d;
  }
  P[z * ${D / 2}u + c] = a; P[z * ${D / 2}u + ${D / 4}u + c] = b;
}`,
    grid: [ceilDiv((D / 4) * S, 32), 1, 1],
  };
}
