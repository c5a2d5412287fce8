// A step of an LSTM with gates i, f, g, o: one kernel forwards and one backwards, four rows of the
// batch and four units per thread. Buffers are slices of one step.

import { LANES, READ4, WRITE4, bindings, ceilDiv, list, perThread, repeat } from "./wgsl.mjs";

const ROWS = 4;

function opening({ B, Hd }, buffers) {
  const threads = (B / ROWS) * (Hd / 4);
  return {
    grid: [ceilDiv(threads, 16), 1, 1],
    head: `${bindings(buffers)}${perThread(16)}
  let i = g.x; if (i >= ${threads}u) { return; }
  let j = i % ${Hd / 4}u; let m = (i / ${Hd / 4}u) * ${ROWS}u;\n`,
  };
}

const sigmoid = (x) => `(1.0 / (1.0 + exp(-${x})))`;

/** Gates = XW + h · Wh, then the cell. Buffers XW, W, Hp, Cp, Hn, Cn, G (the gates' values). */
export function lstmStep({ B, Hd }) {
  const h4 = Hd / 4;
  const { head, grid } = opening(
    { B, Hd },
    { XW: READ4, W: READ4, Hp: WRITE4, Cp: WRITE4, Hn: WRITE4, Cn: WRITE4, G: WRITE4 },
  );
  const gates = (text) => repeat(ROWS, (p) => repeat(4, (q) => text(p, q)));
  const weights = (e) =>
    repeat(4, (q) => `let w${e}_${q} = W[(k * 4u + ${e}u) * ${Hd}u + ${q * h4}u + j];\n`);
  const cell = (p) => `{
    let ii = ${sigmoid(`a${p}_0`)}; let ff = ${sigmoid(`a${p}_1`)};
    let gg = tanh(a${p}_2); let oo = ${sigmoid(`a${p}_3`)};
    let ob = (m + ${p}u) * ${h4}u + j; let c = ff * Cp[ob] + ii * gg;
    let gb = (m + ${p}u) * ${Hd}u + j; G[gb] = ii; G[gb + ${h4}u] = ff; G[gb + ${2 * h4}u] = gg;
    G[gb + ${3 * h4}u] = oo; Cn[ob] = c; Hn[ob] = oo * tanh(c);
  }\n`;
  return {
    code: `${head}
  ${gates((p, q) => `var a${p}_${q} = XW[(m + ${p}u) * ${Hd}u + ${q * h4}u + j];\n`)}
  for (var k = 0u; k < ${h4}u; k++) {
    ${repeat(ROWS, (p) => `let x${p} = Hp[(m + ${p}u) * ${h4}u + k];\n`)}
    ${repeat(4, weights)}
    ${repeat(4, (e) => gates((p, q) => `a${p}_${q} += x${p}.${LANES[e]} * w${e}_${q};\n`))}
  }
  ${repeat(ROWS, cell)}
}`,
    grid,
  };
}

/** dh from the next step's gates: dG · Whᵀ; of the last step it is given. */
function hiddenGradient({ Hd, last }) {
  if (last)
    return `${repeat(ROWS, (p) => `let h${p} = Dn[(m + ${p}u) * ${Hd / 4}u + j];\n`)} _ = &W;`;
  const product = (p) => `h${p} += vec4f(${list(4, (q) => `dot(d${p}, w${q})`)});\n`;
  return `${repeat(ROWS, (p) => `var h${p} = vec4f(0.0);\n`)}
  for (var k = 0u; k < ${Hd}u; k++) {
    ${repeat(ROWS, (p) => `let d${p} = Dn[(m + ${p}u) * ${Hd}u + k];\n`)}
    ${repeat(4, (q) => `let w${q} = W[(j * 4u + ${q}u) * ${Hd}u + k];\n`)}
    ${repeat(ROWS, product)}
  }`;
}

/** Buffers W, G, Cp, Cn, Dn (dG of the next step, or dh if last), D (dG), DC (dc, kept). */
export function lstmBackwardStep({ B, Hd, last }) {
  const h4 = Hd / 4;
  const { head, grid } = opening(
    { B, Hd },
    { W: READ4, G: READ4, Cp: READ4, Cn: READ4, Dn: WRITE4, D: WRITE4, DC: WRITE4 },
  );
  const cell = (p) => `{
    let gb = (m + ${p}u) * ${Hd}u + j; let ii = G[gb]; let ff = G[gb + ${h4}u];
    let gg = G[gb + ${2 * h4}u]; let oo = G[gb + ${3 * h4}u];
    let cb = (m + ${p}u) * ${h4}u + j; let th = tanh(Cn[cb]);
    let dc = h${p} * oo * (1.0 - th * th) + ${last ? "vec4f(0.0)" : "DC[cb]"};
    D[gb] = dc * gg * ii * (1.0 - ii); D[gb + ${h4}u] = dc * Cp[cb] * ff * (1.0 - ff);
    D[gb + ${2 * h4}u] = dc * ii * (1.0 - gg * gg);
    D[gb + ${3 * h4}u] = h${p} * th * oo * (1.0 - oo); DC[cb] = dc * ff;
  }\n`;
  return { code: `${head}\n  ${hiddenGradient({ Hd, last })}\n  ${repeat(ROWS, cell)}\n}`, grid };
}
