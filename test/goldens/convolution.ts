// Reference ops with windows: convolutions.

import * as renga from "../../src/index.ts";
import type { ConvPadding, DataFormat, Tensor } from "../../src/index.ts";
import type { Run } from "./run.ts";

type Attrs = Readonly<Record<string, unknown>>;

/** Axes so that `from` reads as `to`: "OIHW" to "HWIO". */
function reorder(x: Tensor, from: string, to: string): Tensor {
  return x.transpose([...to].map((letter) => from.indexOf(letter)));
}

const SPATIAL = ["", "W", "HW", "DHW"];

function windowOf({ padding, pads, strides, dilations }: Attrs): {
  padding: ConvPadding;
  stride: number[];
  dilation: number[];
} {
  const named = typeof padding === "string" ? padding.toLowerCase() : undefined;
  return {
    padding: (named ?? pads) as ConvPadding,
    stride: (strides ?? [1]) as number[],
    dilation: (dilations ?? [1]) as number[],
  };
}

const biasOf = (b: Tensor | undefined): { bias?: Tensor } => (b === undefined ? {} : { bias: b });

const conv: Run = ({ x, w, b }, attrs) => {
  const axes = (x as Tensor).rank - 2;
  const filter = reorder(w as Tensor, attrs.weight_layout as string, `${SPATIAL[axes]}IO`);
  return renga.conv(x as Tensor, filter, {
    ...windowOf(attrs),
    ...biasOf(b),
    groups: (attrs.groups ?? 1) as number,
    dataFormat: attrs.layout as DataFormat,
  });
};

const depthwise: Run = ({ x, w, b }, attrs) => {
  return renga.depthwiseConv(x as Tensor, w as Tensor, {
    ...windowOf(attrs),
    ...biasOf(b),
    dataFormat: attrs.layout as DataFormat,
  });
};

/** PyTorch's filters are [in, out / groups, …], with groups along `in`. */
function fromTorch(w: Tensor): Tensor {
  const spatial = Array.from({ length: w.rank - 2 }, (_, i) => i + 2);
  return w.transpose([...spatial, 1, 0]);
}

const convTranspose: Run = ({ x, w, b }, attrs) => {
  const isTorch = (attrs.weight_layout as string).startsWith("in");
  return renga.convTranspose(x as Tensor, isTorch ? fromTorch(w as Tensor) : (w as Tensor), {
    ...windowOf(attrs),
    ...biasOf(b),
    groups: (attrs.groups ?? 1) as number,
    outputPadding: (attrs.output_padding ?? 0) as number[],
    dataFormat: attrs.layout as DataFormat,
  });
};

export const CONVOLUTIONS: Readonly<Record<string, Run>> = {
  conv1d: conv,
  conv2d: conv,
  conv3d: conv,
  depthwise_conv2d: depthwise,
  conv1d_transpose: convTranspose,
  conv2d_transpose: convTranspose,
  conv3d_transpose: convTranspose,
};
