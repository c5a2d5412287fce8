// Causal attention and its gradients: a thread per batch item, head and place. QKV is [B · T, 3 D].

import { READ, READ4, WRITE, WRITE4, bindings, ceilDiv, list, perThread, repeat } from "./wgsl.mjs";

/** What the three kernels share: sizes in vec4, and the opening, which names the thread's place. */
function frame({ B, T, D, H }, place) {
  const count = B * H * T;
  const [head, row] = [D / H / 4, (3 * D) / 4];
  return {
    ...{ T, head, row, scale: 1 / Math.sqrt(D / H), grid: [ceilDiv(count, 32), 1, 1] },
    opening: `${perThread(32)}
  let i = g.x; if (i >= ${count}u) { return; } let ${place} = i % ${T}u; let bh = i / ${T}u;
  let h = bh % ${H}u; let b = bh / ${H}u;\n`,
    /** Offset of a head's part of QKV at a place: part 0 is q, 1 k, 2 v. */
    at: (place, part) =>
      `(b * ${T}u + ${place}) * ${row}u + ${part ? `${(D / 4) * part}u + ` : ""}h * ${head}u`,
    /** The same in an array of one part. */
    outAt: (place) => `(b * ${T}u + ${place}) * ${D / 4}u + h * ${head}u`,
    dot: (name, base) => repeatSum(head, (c) => `dot(${name}${c}, X[${base} + ${c}u])`),
    each: (text) => repeat(head, text),
  };
}

const repeatSum = (count, text) => list(count, text).replaceAll("), dot", ") + dot");

/** Buffers X (QKV), P [B · H, T, T], O [B · T, D]. */
export function attention(sizes) {
  const { T, scale, grid, opening, at, outAt, dot, each } = frame(sizes, "t");
  return {
    code: `${bindings({ X: READ4, P: WRITE, O: WRITE4 })}${opening}
  let qb = ${at("t", 0)}; ${each((c) => `let q${c} = X[qb + ${c}u] * ${scale};\n`)}
  var m = -3.4e38; let pb = i * ${T}u;
  for (var s = 0u; s <= t; s++) {
    let kb = ${at("s", 1)};
    let d = ${dot("q", "kb")}; P[pb + s] = d; m = max(m, d);
  }
  var z = 0.0;
  for (var s = 0u; s <= t; s++) { let e = exp(P[pb + s] - m); P[pb + s] = e; z += e; }
  let iz = 1.0 / z;
  ${each((c) => `var o${c} = vec4f(0.0);\n`)}
  for (var s = 0u; s <= t; s++) {
    let p = P[pb + s] * iz; P[pb + s] = p; let vb = ${at("s", 2)};
    ${each((c) => `o${c} += p * X[vb + ${c}u];\n`)}
  }
  let ob = ${outAt("t")}; ${each((c) => `O[ob + ${c}u] = o${c};\n`)}
}`,
    grid,
  };
}

/** Gradients to q and to the scores. Buffers X (QKV), P, Y (dO), S (dS), O (dQKV). */
export function attentionQueryGradient(sizes) {
  const { T, scale, grid, opening, at, outAt, dot, each } = frame(sizes, "t");
  return {
    code: `${bindings({ X: READ4, P: READ, Y: READ4, S: WRITE, O: WRITE4 })}${opening}
  let pb = i * ${T}u; let yb = ${outAt("t")}; ${each((c) => `let y${c} = Y[yb + ${c}u];\n`)}
  var z = 0.0;
  for (var s = 0u; s <= t; s++) {
    let vb = ${at("s", 2)};
    let d = ${dot("y", "vb")}; S[pb + s] = d; z += d * P[pb + s];
  }
  ${each((c) => `var o${c} = vec4f(0.0);\n`)}
  for (var s = 0u; s <= t; s++) {
    let d = P[pb + s] * (S[pb + s] - z) * ${scale}; S[pb + s] = d; let kb = ${at("s", 1)};
    ${each((c) => `o${c} += d * X[kb + ${c}u];\n`)}
  }
  let ob = ${at("t", 0)}; ${each((c) => `O[ob + ${c}u] = o${c};\n`)}
}`,
    grid,
  };
}

/** Gradients to k and v. Buffers X (QKV), P, Y (dO), S (dS), O (dQKV). */
export function attentionKeyGradient(sizes) {
  const { T, grid, opening, at, outAt, each } = frame(sizes, "s");
  const quarter = sizes.D / 4;
  return {
    code: `${bindings({ X: READ4, P: READ, Y: READ4, S: READ, O: WRITE4 })}${opening}
  ${each((c) => `var k${c} = vec4f(0.0); var v${c} = vec4f(0.0);\n`)}
  for (var t = s; t < ${T}u; t++) {
    let e = (bh * ${T}u + t) * ${T}u + s; let d = S[e]; let p = P[e];
    let qb = ${at("t", 0)}; let yb = ${outAt("t")};
    ${each((c) => `k${c} += d * X[qb + ${c}u]; v${c} += p * Y[yb + ${c}u];\n`)}
  }
  let ob = ${at("s", 0)};
  ${each((c) => `O[ob + ${quarter + c}u] = k${c}; O[ob + ${2 * quarter + c}u] = v${c};\n`)}
}`,
    grid,
  };
}
