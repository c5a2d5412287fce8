// Reference ops that move elements about.

import * as renga from "../../src/index.ts";
import type { PadMode, Tensor } from "../../src/index.ts";
import type { Run } from "./run.ts";

const MODES: Readonly<Record<string, PadMode>> = {
  edge: "edge",
  replicate: "edge",
  reflect: "reflect",
  symmetric: "symmetric",
  wrap: "wrap",
  circular: "wrap",
};

const pad: Run = ({ x }, { pads, mode, value }) => {
  const given = x as Tensor;
  const pairs = pads as [number, number][];
  const whole = Array.from({ length: given.rank - pairs.length }, () => [0, 0] as [number, number]);
  const fill = mode === "constant" ? (value as number) : MODES[mode as string];
  return fill === undefined ? undefined : renga.pad(given, [...whole, ...pairs], fill);
};

/** Views of views: transposed, reshaped, every second column of the last rows, doubled. */
const chain: Run = ({ x }, { ops }) => {
  if (ops !== "transpose -> reshape -> slice -> mul") return undefined;
  const rows = (x as Tensor).transpose().reshape([3, 8]);
  return rows.slice([{ start: 1 }, { step: 2 }]).mul(2);
};

export const REARRANGING: Readonly<Record<string, Run>> = {
  chain,
  pad,
  diag: ({ x }) =>
    (x as Tensor).rank === 1 ? renga.diag(x as Tensor) : renga.diagonal(x as Tensor),
  diag_embed: ({ x }) => renga.diag(x as Tensor),
  swap_axes: ({ x }, { axes }) => renga.swapAxes(x as Tensor, ...(axes as [number, number])),
  unstack: ({ x }, { axis = 0 }) => {
    const at = axis as number;
    const parts = renga.split(x as Tensor, (x as Tensor).shape.at(at) as number, at);
    return Object.fromEntries(parts.map((part, i) => [`y${i}`, part.squeeze(at)]));
  },
  stop_gradient: ({ x }) => renga.stopGradient(x as Tensor),
  trace: ({ x }) => renga.trace(x as Tensor),
  outer: ({ a, b }) => renga.outer(a as Tensor, b as Tensor),
  repeat_interleave: ({ x }, { repeats, axis }) =>
    renga.repeat(x as Tensor, repeats as number, axis as number),
  roll: ({ x }, { shifts, axes }) =>
    renga.roll(x as Tensor, shifts as number[], axes as number[] | undefined),
  tril: ({ x }, { k = 0 }) => renga.tril(x as Tensor, k as number),
  triu: ({ x }, { k = 0 }) => renga.triu(x as Tensor, k as number),
};
