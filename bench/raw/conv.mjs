// Convolutions k × k over NHWC with the padding that TensorFlow calls "same", and their gradients;
// each thread keeps a block of pixels and channels in registers. Sizes must be multiples of the
// blocks.

import { LANES, READ4, WRITE4, bindings, ceilDiv, list, perThread, repeat } from "./wgsl.mjs";

/** Output sizes, and the padding before the first row and column. */
function geometry({ H, Wd, s, k }) {
  const [Ho, Wo] = [ceilDiv(H, s), ceilDiv(Wd, s)];
  const before = (out, size) => Math.max(0, (out - 1) * s + k - size) >> 1;
  return { Ho, Wo, pt: before(Ho, H), pl: before(Wo, Wd) };
}

/** Declares vec4 sums of TP pixels by `fours`. */
const sums = (TP, fours) =>
  repeat(TP, (p) => repeat(fours, (c) => `var a${p}_${c} = vec4f(0.0);\n`));

/** Where a thread's input pixels lie, and factors of 0 for those outside the row. */
function inputPixels({ Wd, Ci, s, k, TP }, { Wo, pl }) {
  const count = (TP - 1) * s + k;
  const after = Math.max((Wo - 1) * s + k - Wd - pl, 0);
  const mayLieOutside = (p) => p < pl || p >= count - after;
  const declare = (p) =>
    mayLieOutside(p)
      ? `let o${p} = u32(clamp(ix0 + ${p}, 0, ${Wd - 1})) * ${Ci / 4}u;
    let f${p} = f32(ix0 + ${p} >= 0 && ix0 + ${p} < ${Wd});\n`
      : `let o${p} = u32(ix0 + ${p}) * ${Ci / 4}u;\n`;
  const load = (p) => `let x${p} = X[rc0 + o${p}]${mayLieOutside(p) ? ` * f${p}` : ""};\n`;
  return { declared: repeat(count, declare), loaded: repeat(count, load) };
}

/** Buffers X, W (HWIO), O and, with `bias`, Bi. */
export function conv(options) {
  const all = { s: 1, k: 3, TP: 4, TC: 8, relu: false, bias: false, ...options };
  const { N, H, Wd, Ci, Co, s, k, TP, TC, relu, bias } = all;
  const { Ho, Wo, pt, pl } = geometry(all);
  const [fours, across] = [TC / 4, Wo / TP];
  const threads = N * Ho * across * (Co / TC);
  const buffers = { X: READ4, W: READ4, O: WRITE4, ...(bias ? { Bi: READ4 } : {}) };
  const { declared, loaded } = inputPixels(all, { Wo, pl });
  const column = (kx) => `{
        let wb = ((ky * ${k}u + ${kx}u) * ${Ci}u + ci * 4u) * ${Co / 4}u + co;
        ${repeat(4, (q) => repeat(fours, (c) => `let w${q}_${c} = W[wb + ${q * (Co / 4) + c}u];\n`))}
        ${repeat(4, (q) =>
          repeat(TP, (p) =>
            repeat(fours, (c) => `a${p}_${c} += x${p * s + kx}.${LANES[q]} * w${q}_${c};\n`),
          ),
        )}
      }\n`;
  const store = (p, c) => `{ var v = a${p}_${c}; ${bias ? `v += Bi[co + ${c}u];` : ""}
    ${relu ? "v = max(v, vec4f(0.0));" : ""} O[o + ${p * (Co / 4) + c}u] = v; }\n`;
  return {
    code: `${bindings(buffers)}${perThread(32)}
  var i = g.x; if (i >= ${threads}u) { return; }
  let co = (i % ${Co / TC}u) * ${fours}u; i /= ${Co / TC}u; let px = (i % ${across}u) * ${TP}u;
  i /= ${across}u; let oy = i % ${Ho}u; let n = i / ${Ho}u;
  ${sums(TP, fours)}
  let ix0 = i32(px * ${s}u) - ${pl};
  ${declared}
  for (var ky = 0u; ky < ${k}u; ky++) {
    let iy = i32(oy * ${s}u + ky) - ${pt}; if (iy < 0 || iy >= ${H}) { continue; }
    let row = (n * ${H}u + u32(iy)) * ${(Wd * Ci) / 4}u;
    for (var ci = 0u; ci < ${Ci / 4}u; ci++) { let rc0 = row + ci;
      ${loaded}
      ${repeat(k, column)}
    }
  }
  let o = ((n * ${Ho}u + oy) * ${Wo}u + px) * ${Co / 4}u + co;
  ${repeat(TP, (p) => repeat(fours, (c) => store(p, c)))}
}`,
    grid: [ceilDiv(threads, 32), 1, 1],
  };
}

/** The input's gradient, TP pixels of one column parity per thread. Buffers Y, W, O[, Mk]. */
export function convInputGradient(options) {
  const all = { s: 1, k: 3, TP: 4, TC: 8, mask: false, ...options };
  const { N, H, Wd, Ci, Co, s, k, TP, TC, mask } = all;
  const { Ho, Wo, pt, pl } = geometry(all);
  const [across, fours] = [Wd / s / TP, TC / 4];
  const threads = N * H * s * across * (Ci / TC);
  const buffers = { Y: READ4, W: READ4, O: WRITE4, ...(mask ? { Mk: READ4 } : {}) };
  const atEdge = (p) => p === 0 || p === TP - 1;
  const place = (p) => `let o${p} = (row + u32(clamp(ox0 + ${p}, 0, ${Wo - 1}))) * ${Co / 4}u;
        ${atEdge(p) ? `let f${p} = f32(ox0 + ${p} >= 0 && ox0 + ${p} < ${Wo});` : ""}\n`;
  const load = (p) => `let y${p} = Y[o${p} + co]${atEdge(p) ? ` * f${p}` : ""};\n`;
  const product = (p, c) =>
    `a${p}_${c} += vec4f(${list(4, (q) => `dot(y${p}, w${c * 4 + q})`)});\n`;
  const pixel = (p) => `(n * ${H}u + iy) * ${Wd}u + (j0 + ${p}u) * ${s}u + par`;
  const store = (
    p,
    c,
  ) => `{ let o = (${pixel(p)}) * ${Ci / 4}u + ci / 4u + ${c}u; var v = a${p}_${c};
    ${mask ? "v = select(vec4f(0.0), v, Mk[o] > vec4f(0.0));" : ""} O[o] = v; }\n`;
  return {
    code: `${bindings(buffers)}${perThread(32)}
  var i = g.x; if (i >= ${threads}u) { return; }
  let ci = (i % ${Ci / TC}u) * ${TC}u; i /= ${Ci / TC}u; let j0 = (i % ${across}u) * ${TP}u;
  i /= ${across}u; let par = i % ${s}u; i /= ${s}u; let iy = i % ${H}u; let n = i / ${H}u;
  ${sums(TP, fours)}
  for (var ky = 0u; ky < ${k}u; ky++) {
    let ty = i32(iy) + ${pt} - i32(ky); if (ty < 0 || ty % ${s} != 0) { continue; }
    let oy = ty / ${s}; if (oy >= ${Ho}) { continue; }
    let row = (n * ${Ho}u + u32(oy)) * ${Wo}u;
    for (var kx = 0u; kx < ${k}u; kx++) {
      let tx = i32(par) + ${pl} - i32(kx); if ((tx % ${s}) != 0) { continue; }
      let ox0 = i32(j0) + tx / ${s};
      ${repeat(TP, place)}
      for (var co = 0u; co < ${Co / 4}u; co++) {
        ${repeat(TP, load)}
        let wb = ((ky * ${k}u + kx) * ${Ci}u + ci) * ${Co / 4}u + co;
        ${repeat(TC, (c) => `let w${c} = W[wb + ${c * (Co / 4)}u];\n`)}
        ${repeat(TP, (p) => repeat(fours, (c) => product(p, c)))}
      }
    }
  }
  ${repeat(TP, (p) => repeat(fours, (c) => store(p, c)))}
}`,
    grid: [ceilDiv(threads, 32), 1, 1],
  };
}

/** The filter's gradient over S slices of the batch, to P[S, k · k · Ci · Co]. Buffers X, Y, P. */
export function convFilterGradient(options) {
  const all = { s: 1, k: 3, TI: 8, TO: 8, S: 8, ...options };
  const { N, H, Wd, Ci, Co, s, k, TI, TO, S } = all;
  const { Ho, Wo, pt, pl } = geometry(all);
  const [items, ri, ro] = [N / S, TI / 4, TO / 4];
  const threads = S * k * k * (Ci / TI) * (Co / TO);
  /** First and last output places whose input lies inside. */
  const low = (pad, at) => `u32(max(0, (${pad} - i32(${at}) + ${s - 1}) / ${s}))`;
  const high = (out, last, at) => `u32(min(${out}, (${last} - i32(${at})) / ${s} + 1))`;
  const store = (p, c) => `P[(z * ${k * k * Ci}u + (ky * ${k}u + kx) * ${Ci}u + ci * 4u + ${p}u)
    * ${Co / 4}u + co + ${c}u] = a${p}_${c};\n`;
  return {
    code: `${bindings({ X: READ4, Y: READ4, P: WRITE4 })}${perThread(16)}
  var i = g.x; if (i >= ${threads}u) { return; }
  let co = (i % ${Co / TO}u) * ${ro}u; i /= ${Co / TO}u;
  let ci = (i % ${Ci / TI}u) * ${ri}u; i /= ${Ci / TI}u;
  let kx = i % ${k}u; i /= ${k}u; let ky = i % ${k}u; let z = i / ${k}u;
  ${sums(TI, ro)}
  let ylo = ${low(pt, "ky")}; let yhi = ${high(Ho, H - 1 + pt, "ky")};
  let xlo = ${low(pl, "kx")}; let xhi = ${high(Wo, Wd - 1 + pl, "kx")};
  for (var n = z * ${items}u; n < (z + 1u) * ${items}u; n++) { for (var oy = ylo; oy < yhi; oy++) {
    var xb = ((n * ${H}u + (oy * ${s}u + ky - ${pt}u)) * ${Wd}u + (xlo * ${s}u + kx - ${pl}u))
      * ${Ci / 4}u + ci;
    var yb = ((n * ${Ho}u + oy) * ${Wo}u + xlo) * ${Co / 4}u + co;
    for (var ox = xlo; ox < xhi; ox++) {
      ${repeat(ri, (c) => `let x${c} = X[xb + ${c}u];\n`)}
      ${repeat(ro, (c) => `let y${c} = Y[yb + ${c}u];\n`)}
      ${repeat(TI, (p) => repeat(ro, (c) => `a${p}_${c} += x${p >> 2}.${LANES[p & 3]} * y${c};\n`))}
      xb += ${(s * Ci) / 4}u; yb += ${Co / 4}u;
    }
  } }
  ${repeat(TI, (p) => repeat(ro, (c) => store(p, c)))}
}`,
    grid: [ceilDiv(threads, 16), 1, 1],
    partial: S * k * k * Ci * Co,
  };
}
