// Convolution 3 × 3 of images with one channel, with bias and relu, and its gradients.

import { READ, READ4, WRITE4, bindings, ceilDiv, perThread, repeat } from "./wgsl.mjs";

/** TP pixels by 8 channels per thread. Buffers X, W [9, Co], Bi, O. */
export function convOneChannel({ N, H, Wd, Co, TP = 4 }) {
  const across = Wd / TP;
  const threads = N * H * across * (Co / 8);
  const pixel = (p) => `var x${p} = 0.0;
    { let ix = i32(px) + ${p - 1}; if (ix >= 0 && ix < ${Wd}) { x${p} = X[row + u32(ix)]; } }\n`;
  const column = (kx) => `{
      let w0 = W[(ky * 3u + ${kx}u) * ${Co / 4}u + co];
      let w1 = W[(ky * 3u + ${kx}u) * ${Co / 4}u + co + 1u];
      ${repeat(TP, (p) => `a${p}_0 += x${p + kx} * w0; a${p}_1 += x${p + kx} * w1;\n`)}
    }\n`;
  const pairs = (text) => repeat(TP, (p) => repeat(2, (c) => text(p, c)));
  return {
    code: `${bindings({ X: READ, W: READ4, Bi: READ4, O: WRITE4 })}${perThread(32)}
  var i = g.x; if (i >= ${threads}u) { return; }
  let co = (i % ${Co / 8}u) * 2u; i /= ${Co / 8}u; let px = (i % ${across}u) * ${TP}u;
  i /= ${across}u; let oy = i % ${H}u; let n = i / ${H}u;
  ${pairs((p, c) => `var a${p}_${c} = Bi[co + ${c}u];\n`)}
  for (var ky = 0u; ky < 3u; ky++) {
    let iy = i32(oy + ky) - 1; if (iy < 0 || iy >= ${H}) { continue; }
    let row = (n * ${H}u + u32(iy)) * ${Wd}u;
    ${repeat(TP + 2, pixel)}
    ${repeat(3, column)}
  }
  let o = ((n * ${H}u + oy) * ${Wd}u + px) * ${Co / 4}u + co;
  ${pairs((p, c) => `O[o + ${p * (Co / 4) + c}u] = max(a${p}_${c}, vec4f(0.0));\n`)}
}`,
    grid: [ceilDiv(threads, 32), 1, 1],
  };
}

/** Gradients per image, to P[N, 10, Co]: nine taps, then the bias. Buffers X, Y, P. */
export function convOneChannelGradients({ N, H, Wd, Co }) {
  const threads = N * (Co / 4);
  const row = (k) => `let v${k} = y + ${k}u >= 1u && y + ${k}u <= ${H}u;
    let r${k} = (n * ${H}u + u32(max(i32(y) + ${k - 1}, 0))) * ${Wd}u;
    var l${k} = 0.0; var m${k} = select(0.0, X[r${k}], v${k});\n`;
  const taps = (
    k,
  ) => `let h${k} = select(0.0, X[r${k} + min(x + 1u, ${Wd - 1}u)], v${k} && x + 1u < ${Wd}u);
      a${k * 3} += l${k} * d; a${k * 3 + 1} += m${k} * d; a${k * 3 + 2} += h${k} * d;
      l${k} = m${k}; m${k} = h${k};\n`;
  return {
    code: `${bindings({ X: READ, Y: READ4, P: WRITE4 })}${perThread(16)}
  let i = g.x; if (i >= ${threads}u) { return; } let co = i % ${Co / 4}u; let n = i / ${Co / 4}u;
  ${repeat(10, (t) => `var a${t} = vec4f(0.0);\n`)}
  for (var y = 0u; y < ${H}u; y++) {
    ${repeat(3, row)}
    for (var x = 0u; x < ${Wd}u; x++) {
      let d = Y[((n * ${H}u + y) * ${Wd}u + x) * ${Co / 4}u + co];
      ${repeat(3, taps)}
      a9 += d;
    }
  }
  ${repeat(10, (t) => `P[(n * 10u + ${t}u) * ${Co / 4}u + co] = a${t};\n`)}
}`,
    grid: [ceilDiv(threads, 16), 1, 1],
  };
}
