// Convolutions that hurt, for both adapter classes.

import { expect } from "vitest";
import {
  type ConvOptions,
  type Tensor,
  conv,
  grad,
  mul,
  sum,
  tensor,
  zeros,
} from "../../src/index.ts";
import { windowGeometry } from "../../src/ops/convGeometry.ts";
import { expectClose, numbers } from "../support/check.ts";
import { eachProduct } from "../support/convolution.ts";

/** Name, x without channels `[batch, …spatial]`, kernel, channels in and out, options. */
export type ConvRow = readonly [
  name: string,
  x: readonly number[],
  kernel: readonly number[],
  channels: readonly [number, number],
  options: Omit<ConvOptions, "bias" | "dataFormat">,
];

export const CONVOLUTIONS: readonly ConvRow[] = [
  ["1-D, one of everything", [1, 1], [1], [1, 1], {}],
  ["1-D, primes", [2, 13], [5], [3, 7], { stride: 2 }],
  ["1-D causal, dilated", [2, 17], [3], [4, 5], { padding: "causal", dilation: 3 }],
  ["1-D reverse causal", [1, 11], [4], [1, 8], { padding: "reverseCausal" }],
  ["1-D full", [1, 5], [3], [8, 1], { padding: "full" }],
  ["1-D by function", [2, 9], [3], [2, 3], { padding: (length) => [length, 1], stride: 3 }],
  ["2-D same", [2, 7, 9], [3, 3], [4, 8], {}],
  ["2-D same, wide", [1, 9, 10], [3, 3], [8, 17], {}],
  ["2-D odd channels", [2, 6, 5], [3, 2], [5, 17], { padding: "valid" }],
  ["2-D vectors beyond a tile", [1, 9, 8], [3, 3], [20, 68], {}],
  ["2-D odd beyond a tile", [3, 7, 5], [3, 3], [17, 33], {}],
  ["2-D stride above kernel", [1, 9, 10], [2, 2], [3, 4], { stride: 3 }],
  ["2-D strides apart", [1, 8, 9], [3, 4], [4, 4], { stride: [1, 2], dilation: [2, 1] }],
  ["2-D explicit", [1, 5, 6], [3, 4], [2, 6], { padding: [[0, 2], [1, 3]] }], // prettier-ignore
  ["2-D kernel equals input", [3, 5, 4], [5, 4], [4, 6], { padding: "valid" }],
  ["2-D 1×1", [2, 5, 3], [1, 1], [5, 3], {}],
  ["2-D 1×1 strided", [2, 7, 5], [1, 1], [4, 4], { stride: 2 }],
  ["2-D two groups", [2, 6, 5], [3, 3], [8, 8], { groups: 2 }],
  ["2-D three groups, odd", [1, 5, 5], [3, 3], [9, 15], { groups: 3, stride: 2 }],
  ["2-D depthwise ×1", [2, 6, 7], [3, 3], [8, 8], { groups: 8 }],
  ["2-D depthwise ×1, odd", [1, 6, 7], [3, 3], [5, 5], { groups: 5, stride: 2 }],
  ["2-D depthwise ×2", [1, 6, 5], [3, 2], [4, 8], { groups: 4 }],
  ["2-D depthwise ×3", [2, 5, 5], [2, 2], [3, 9], { groups: 3, padding: "valid", dilation: 2 }],
  ["2-D many pixels and channels", [2, 17, 31], [3, 3], [16, 32], {}],
  ["2-D many pixels, wide", [1, 16, 17], [3, 2], [4, 20], {}],
  ["2-D many, strided groups", [2, 21, 45], [3, 2], [32, 64], { groups: 2, stride: [1, 2] }],
  ["3-D same", [1, 3, 4, 5], [3, 3, 3], [2, 4], {}],
  ["3-D strided", [2, 5, 4, 3], [2, 3, 1], [4, 5], { stride: [2, 1, 2], padding: "valid" }],
  ["3-D groups, dilated", [1, 6, 5, 6], [2, 2, 2], [4, 4], { groups: 2, dilation: 2 }],
];

const toThree = (list: readonly number[], fill = 1): number[] => {
  return [...Array<number>(3 - list.length).fill(fill), ...list];
};

/** Expects y, dx, dw, alone and with that of a bias, of a row to be those of the definition. */
export async function expectConvolution(row: ConvRow): Promise<void> {
  const [, [batch = 0, ...spatial], kernel, [cin, cout], options] = row;
  const groups = options.groups ?? 1;
  const geometry = windowGeometry("conv", spatial, kernel, options);
  const given = { ...geometry, batch, groups, depth: cin / groups, columns: cout / groups };
  const axes = spatial.length;
  const xShape = [batch, ...spatial, cin];
  const wShape = [...kernel, cin / groups, cout];
  const yShape = [batch, ...geometry.output.slice(3 - axes), cout];
  const sizes = [xShape, wShape, yShape].map((shape) => shape.reduce((a, b) => a * b, 1));
  const [xs, ws, dys] = sizes.map((size, i) => numbers(size, i + 1)) as Float32Array[];
  const [dx, dw, y] = sizes.map((size) => new Float64Array(size)) as Float64Array[];
  const at = (list: ArrayLike<number> | undefined, i: number): number => list?.[i] as number;
  eachProduct(given, (ix, iw, iy) => {
    if (y) y[iy] = at(y, iy) + at(xs, ix) * at(ws, iw);
    if (dx) dx[ix] = at(dx, ix) + at(dys, iy) * at(ws, iw);
    if (dw) dw[iw] = at(dw, iw) + at(xs, ix) * at(dys, iy);
  });
  const [x, w] = [tensor(xs as Float32Array, { shape: xShape }), tensor(ws as Float32Array, { shape: wShape })]; // prettier-ignore
  const dy = tensor(dys as Float32Array, { shape: yShape });
  await expectClose(conv(x, w, options), y as Float64Array, yShape, { atol: 2e-5 });
  const [gx, gw] = grad(() => sum(mul(conv(x, w, options), dy)), [x, w]) as Tensor[];
  await expectClose(gx as Tensor, dx as Float64Array, xShape, { atol: 2e-5 });
  await expectClose(gw as Tensor, dw as Float64Array, wShape, { atol: 1e-4 });
  const bias = zeros([cout]);
  const db = new Float64Array(cout);
  dys?.forEach((value, i) => (db[i % cout] = at(db, i % cout) + value));
  const run = (): Tensor => sum(mul(conv(x, w, { ...options, bias }), dy));
  const [both, gb] = grad(run, [w, bias]) as Tensor[];
  await expectClose(both as Tensor, dw as Float64Array, wShape, { atol: 1e-4 });
  await expectClose(gb as Tensor, db, [cout], { atol: 1e-4 });
  expect(toThree(spatial)).toEqual([...geometry.input]);
}
