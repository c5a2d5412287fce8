// ONNX matrix products and convolutions.

import * as renga from "./library.ts";
import { type ConvPadding, type DataFormat, type Tensor, cast } from "./library.ts";
import type { Call, Run } from "./call.ts";

/** Vectors stand for a row on the left, and for a column on the right. */
function matmul(call: Call): Tensor {
  const [a, b] = [call.x(0), call.x(1)];
  const left = a.rank === 1 ? renga.expandDims(a, 0) : a;
  const right = b.rank === 1 ? renga.expandDims(b, 1) : b;
  const y = cast(renga.matmul(cast(left, "f32"), cast(right, "f32")), a.dtype);
  const row = a.rank === 1 ? renga.squeeze(y, b.rank === 1 ? -1 : -2) : y;
  return b.rank === 1 ? renga.squeeze(row, -1) : row;
}

function gemm(call: Call): Tensor {
  const options = { transposeA: call.flag("transA"), transposeB: call.flag("transB") };
  const product = renga.matmul(call.x(0), call.x(1), options).mul(call.attr("alpha", 1));
  const c = call.maybe(2);
  return c === undefined ? product : product.add(c.mul(call.attr("beta", 1)));
}

const FORMATS: readonly DataFormat[] = ["NCW", "NCHW", "NCDHW"];

/** [before, after] for each spatial axis, from all that come before and all that come after. */
export function borders(pads: readonly number[]): [number, number][] {
  const axes = pads.length / 2;
  return Array.from({ length: axes }, (_, i) => [pads[i] ?? 0, pads[i + axes] ?? 0]);
}

/** Borders of windows: given, or such that the result has ⌈input / stride⌉ elements. */
export function paddingOf(
  call: Call,
  spatial: readonly number[],
  kernel: readonly number[],
): ConvPadding {
  const mode = call.text("auto_pad", "NOTSET");
  const pads = call.list("pads");
  if (mode === "NOTSET") return pads === undefined ? "valid" : borders(pads);
  if (mode === "VALID") return "valid";
  return spatial.map((input, i): [number, number] => {
    const stride = call.list("strides")?.[i] ?? 1;
    const reach = ((kernel[i] ?? 1) - 1) * (call.list("dilations")?.[i] ?? 1) + 1;
    const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + reach - input);
    const [small, large] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return mode === "SAME_UPPER" ? [small, large] : [large, small];
  });
}

/** Filters are [out, in / groups, …kernel] in ONNX, […kernel, in / groups, out] here. */
function conv(call: Call): Tensor {
  const [x, w, bias] = [call.x(0), call.x(1), call.maybe(2)];
  const spatial = Array.from({ length: w.rank - 2 }, (_, i) => i + 2);
  return renga.conv(x, renga.transpose(w, [...spatial, 1, 0]), {
    padding: paddingOf(call, x.shape.slice(2), w.shape.slice(2)),
    stride: call.list("strides") ?? 1,
    dilation: call.list("dilations") ?? 1,
    groups: call.attr("group", 1),
    dataFormat: FORMATS[w.rank - 3] as DataFormat,
    ...(bias === undefined ? {} : { bias }),
  });
}

/** The borders of the result: an output shape or `auto_pad` determine their sum. */
function transposeBorders(
  call: Call,
  spatial: readonly number[],
  kernel: readonly number[],
): ConvPadding {
  const mode = call.text("auto_pad", "NOTSET");
  const shape = call.list("output_shape")?.slice(-kernel.length);
  if (mode === "VALID") return "valid";
  if (mode === "NOTSET" && shape === undefined) return borders(call.list("pads") ?? []);
  return spatial.map((input, i): [number, number] => {
    const stride = call.list("strides")?.[i] ?? 1;
    const reach = ((kernel[i] ?? 1) - 1) * (call.list("dilations")?.[i] ?? 1) + 1;
    const extra = call.list("output_padding")?.[i] ?? 0;
    const total = stride * (input - 1) + extra + reach - (shape?.[i] ?? input * stride);
    const [small, large] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return mode === "SAME_UPPER" ? [small, large] : [large, small];
  });
}

/** Filters are [in, out / groups, …kernel] in ONNX, […kernel, out / groups, in] here. */
function convTranspose(call: Call): Tensor {
  const [x, w, bias] = [call.x(0), call.x(1), call.maybe(2)];
  const axes = w.rank - 2;
  const spatial = Array.from({ length: axes }, (_, i) => i + 2);
  const padding = transposeBorders(call, x.shape.slice(2), w.shape.slice(2));
  return renga.convTranspose(x, renga.transpose(w, [...spatial, 1, 0]), {
    padding: padding.length === 0 ? "valid" : padding,
    stride: call.list("strides") ?? 1,
    dilation: call.list("dilations") ?? 1,
    outputPadding: call.list("output_padding") ?? 0,
    groups: call.attr("group", 1),
    dataFormat: FORMATS[axes - 1] as DataFormat,
    ...(bias === undefined ? {} : { bias }),
  });
}

export const PRODUCTS: Readonly<Record<string, Run>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Einsum: (call) => renga.einsum(call.text("equation"), ...call.all),
  Gemm: gemm,
  MatMul: matmul,
};
