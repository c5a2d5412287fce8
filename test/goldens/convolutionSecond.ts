// Second-order cases of convolutions: gradients, and a penalty on them, as outputs.

import * as renga from "../../src/index.ts";
import { type Tensor, grad, sum } from "../../src/index.ts";
import { CONVOLUTIONS } from "./convolution.ts";
import type { Run } from "./run.ts";

type Activation = (y: Tensor) => Tensor;

interface Convolution {
  /** A first-order case's op and attributes. */
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
}

const FORMATS = ["", "W", "HW", "DHW"];

/** Channels first, filters as PyTorch keeps them, the same border on all sides. */
function channelsFirst(axes: number, stride: number, pad: number, groups = 1): Convolution {
  const fill = <T>(value: T): T[] => Array<T>(axes).fill(value);
  const layout = `NC${FORMATS[axes]}`;
  const attrs = { layout, weight_layout: `OI${FORMATS[axes]}`, strides: fill(stride), groups };
  return { op: `conv${axes}d`, attrs: { ...attrs, pads: fill([pad, pad]), padding: null } };
}

function channelsLast(axes: number, stride: number, padding: "SAME" | "VALID"): Convolution {
  const layout = `N${FORMATS[axes]}C`;
  const attrs = { layout, weight_layout: `${FORMATS[axes]}IO`, padding };
  return { op: `conv${axes}d`, attrs: { ...attrs, strides: Array<number>(axes).fill(stride) } };
}

const apply = ({ op, attrs }: Convolution, x: Tensor, w: Tensor): Tensor => {
  return CONVOLUTIONS[op]?.({ x, w }, attrs) as Tensor;
};

/** gx, gw = d⟨f(x ∗ w), v⟩/d(x, w). */
const gradOf =
  (convolution: (w: Tensor, v: Tensor, x: Tensor) => Convolution, activate?: Activation): Run =>
  ({ x, w, v }) => {
    const sources = [x as Tensor, w as Tensor] as const;
    const given = convolution(w as Tensor, v as Tensor, x as Tensor);
    const loss = (): Tensor => {
      const y = apply(given, ...sources);
      return sum((activate?.(y) ?? y).mul(v as Tensor));
    };
    const [gx, gw] = grad(loss, sources);
    return { gx: gx as Tensor, gw: gw as Tensor };
  };

/** The border that takes x through w to the lengths of v. */
function borderOf(x: Tensor, w: Tensor, v: Tensor, stride: number): number {
  const [input, kernel, output] = [x, w, v].map((t) => t.shape.at(-1) as number);
  for (let pad = 0; ; pad++) {
    const length = (input as number) + 2 * pad - (kernel as number);
    if (Math.floor(length / stride) + 1 >= (output as number)) return pad;
  }
}

const torch =
  (stride: number) =>
  (w: Tensor, v: Tensor, x: Tensor): Convolution => {
    const groups = (x.shape[1] as number) / (w.shape[1] as number);
    return channelsFirst(w.rank - 2, stride, borderOf(x, w, v, stride), groups);
  };

const torchTranspose = (w: Tensor, v: Tensor, x: Tensor): Convolution => {
  const [length, taps, output] = [x, w, v].map((t) => t.shape.at(-1) as number);
  const axes = w.rank - 2;
  const stride = Math.round((output as number) / (length as number));
  const whole = ((length as number) - 1) * stride + (taps as number);
  const pad = Math.max(0, Math.ceil((whole - (output as number)) / 2));
  const fill = <T>(value: T): T[] => Array<T>(axes).fill(value);
  const attrs = {
    layout: `NC${FORMATS[axes]}`,
    weight_layout: "in,out/groups,spatial...",
    strides: fill(stride),
    pads: fill([pad, pad]),
    padding: null,
    output_padding: fill((output as number) - (whole - 2 * pad)),
    groups: 1,
  };
  return { op: `conv${axes}d_transpose`, attrs };
};

const ACTIVATIONS: Readonly<Record<string, Activation | undefined>> = {
  "": undefined,
  _tanh: renga.tanh,
  _softplus: renga.softplus,
  _silu: renga.silu,
  _sigmoid: renga.sigmoid,
  _leaky_relu: (y) => renga.leakyRelu(y, { alpha: 0.2 }),
};

/** What a name without its activation convolves. */
const KINDS: Readonly<Record<string, (w: Tensor, v: Tensor, x: Tensor) => Convolution>> = {
  conv1d: torch(1),
  conv2d: torch(1),
  conv3d: torch(1),
  conv1d_s2: torch(2),
  conv2d_s2: torch(2),
  conv3d_s2: torch(2),
  conv2d_groups: torch(1),
  conv1d_transpose: torchTranspose,
  conv2d_transpose: torchTranspose,
  conv3d_transpose: torchTranspose,
  conv2d_nhwc_same: () => channelsLast(2, 1, "SAME"),
  conv2d_nhwc_same_s2: () => channelsLast(2, 2, "SAME"),
  conv2d_nhwc_valid: () => channelsLast(2, 1, "VALID"),
};

/** Cases by name: every kind with every activation. */
export const SECOND_CONVOLUTIONS: Readonly<Record<string, Run>> = {
  ...Object.fromEntries(
    Object.entries(KINDS).flatMap(([kind, convolution]) => {
      return Object.entries(ACTIVATIONS).map(([suffix, activate]) => {
        return [`grad_of_${kind}${suffix}`, gradOf(convolution, activate)];
      });
    }),
  ),
  // The grouped case has a tanh that its name leaves out.
  grad_of_conv2d_groups: gradOf(torch(1), renga.tanh),
};

/**
 * mean((‖dD/dx‖₂ − 1)²) for the critic D of two 4 × 4 convolutions with stride 2 and leaky ReLUs,
 * flattened to a linear layer.
 */
export const convPenalty: Run = ({ x, w1, b1, w2, b2, w3 }, { layout }) => {
  // Penalties on other critics have no such x.
  if (x === undefined || w3 === undefined) return undefined;
  const convolution = layout === "NHWC" ? channelsLast(2, 2, "SAME") : channelsFirst(2, 2, 1);
  const given = x;
  const layer = (y: Tensor, w: Tensor, b: Tensor): Tensor => {
    const z = CONVOLUTIONS.conv2d?.({ x: y, w, b }, convolution.attrs) as Tensor;
    return renga.leakyRelu(z, { alpha: 0.2 });
  };
  const critic = (): Tensor => {
    const hidden = layer(layer(given, w1 as Tensor, b1 as Tensor), w2 as Tensor, b2 as Tensor);
    return sum(renga.matmul(hidden.reshape([given.shape[0] as number, -1]), w3));
  };
  const [g] = grad(critic, [given]);
  const norms = sum((g as Tensor).square(), [1, 2, 3]).sqrt();
  return { penalty: renga.mean(norms.sub(1).square()), norms };
};
