// The table of ops: which ops of the library an ONNX op is, and why the rest is not there.

import { ATTENTION } from "./attention.ts";
import type { OnnxNode } from "../model.ts";
import type { Run } from "./call.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { INDEXING } from "./indexing.ts";
import { LOSSES } from "./losses.ts";
import { NORMS } from "./norms.ts";
import { PRODUCTS } from "./products.ts";
import { RECURRENT } from "./recurrent.ts";
import { REDUCTIONS } from "./reductions.ts";
import { SHAPES } from "./shapes.ts";
import { WINDOWS } from "./windows.ts";

/** Entries by op. */
const OPS: Readonly<Record<string, Run>> = {
  ...ATTENTION,
  ...ELEMENTWISE,
  ...INDEXING,
  ...LOSSES,
  ...NORMS,
  ...PRODUCTS,
  ...RECURRENT,
  ...REDUCTIONS,
  ...SHAPES,
  ...WINDOWS,
};

/** Why ops are not mapped, for whole groups of them. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^(Loop|Scan|SequenceMap)$/, "control flow"],
  [/^Sequence|Sequence(At)?$|^Optional|^Split/, "sequences and optional values"],
  [/^QLinear|quantize|Integer$/i, "quantised arithmetic"],
  [/^String|Regex|TfIdf/, "strings"],
  [/^Image/, "image decoding"],
  [/^(DFT|STFT|MelWeightMatrix|.*Window)$/, "signal processing"],
  [/^Random|^Bernoulli$/, "random numbers: any result is right"],
  [/^(FlexAttention|LinearAttention|CausalConvWithState)$/, "ops of the preview domain"],
];

/** Why a node cannot be run. */
export function reasonFor({ op, domain }: OnnxNode): string {
  if (domain === "ai.onnx.ml") return "classical machine learning (ai.onnx.ml)";
  if (domain?.includes("training")) return "optimizers as graph nodes (ai.onnx.preview.training)";
  const group = REASONS.find(([names]) => names.test(op));
  return group?.[1] ?? `no such op: ${domain === undefined ? op : `${domain}.${op}`}`;
}

/** The entry of a node; undefined if there is none. */
export function entryOf({ op, domain }: OnnxNode): Run | undefined {
  return domain === undefined && Object.hasOwn(OPS, op) ? OPS[op] : undefined;
}
