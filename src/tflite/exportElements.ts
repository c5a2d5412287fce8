// Elementwise ops in TFLite.

import type { GraphNode } from "../graph/index.ts";
import { type Emitter, type Facts, type Slot, anonymous } from "./emitter.ts";
import { type Operator, TENSOR_TYPES } from "./schema.ts";

/** Writes one node of the graph. */
export type Writer = (to: Emitter, node: GraphNode) => void;

/** An operator of the same inputs and result under another name. */
const plain =
  (op: Operator): Writer =>
  (to, node) =>
    void to.emit(op, to.inputs(node), to.result(node));

const NAMES = {
  ...{ relu: "RELU", tanh: "TANH", sigmoid: "LOGISTIC", exp: "EXP", log: "LOG", neg: "NEG" },
  ...{ abs: "ABS", sign: "SIGN", sqrt: "SQRT", sin: "SIN", cos: "COS", floor: "FLOOR" },
  ...{ ceil: "CEIL", round: "ROUND", logicalNot: "LOGICAL_NOT", add: "ADD", sub: "SUB" },
  ...{ mul: "MUL", div: "DIV", pow: "POW", maximum: "MAXIMUM", minimum: "MINIMUM" },
  ...{ equal: "EQUAL", notEqual: "NOT_EQUAL", greater: "GREATER", less: "LESS" },
  ...{ greaterEqual: "GREATER_EQUAL", lessEqual: "LESS_EQUAL", logicalAnd: "LOGICAL_AND" },
  ...{ logicalOr: "LOGICAL_OR", logicalXor: "NOT_EQUAL", where: "SELECT_V2" },
} as const;

const same: Writer = (to, node) => to.same(to.inputs(node)[0] as Slot, node);

/** x Φ(x), exactly. */
const gelu: Writer = (to, node) => {
  to.emit("GELU", to.inputs(node), to.result(node), { approximate: false });
};

/** log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), which does not overflow. */
const softplus: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const facts = anonymous(x);
  const small = to.emit("EXP", [to.emit("NEG", [to.emit("ABS", [x], facts)], facts)], facts);
  const rest = to.emit("LOG", [to.emit("ADD", [small, to.number(1)], facts)], facts);
  to.emit("ADD", [to.emit("RELU", [x], facts), rest], to.result(node));
};

const tan: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const [sine, cosine] = (["SIN", "COS"] as const).map((op) => to.emit(op, [x], anonymous(x)));
  to.emit("DIV", [sine, cosine], to.result(node));
};

const clip: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const [low, high] = node.attributes as [number, number];
  const y = to.result(node);
  const hasLow = Number.isFinite(low);
  const hasHigh = Number.isFinite(high);
  if (!hasLow && !hasHigh) return to.same(x, node);
  const target = hasHigh ? anonymous(x) : y;
  const raised = hasLow ? to.emit("MAXIMUM", [x, to.number(low, x.dtype)], target) : x;
  if (hasHigh) to.emit("MINIMUM", [raised, to.number(high, x.dtype)], y);
};

const isNaN: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  to.emit("NOT_EQUAL", [x, x], to.result(node));
};

/** Compares |x| with infinity, which no number that is none passes. */
const withInfinity =
  (op: "EQUAL" | "LESS"): Writer =>
  (to, node) => {
    const [x] = to.inputs(node) as [Slot];
    const size = to.emit("ABS", [x], anonymous(x));
    to.emit(op, [size, to.number(Infinity)], to.result(node));
  };

/** x as another dtype. */
export function cast(to: Emitter, x: Slot, target: Slot | Facts): Slot {
  const options = { from: TENSOR_TYPES[x.dtype], to: TENSOR_TYPES[target.dtype] };
  // What is true is what is not zero, also a half.
  if (target.dtype === "bool") return to.emit("NOT_EQUAL", [x, to.number(0, x.dtype)], target);
  return to.emit("CAST", [x], target, options);
}

const castNode: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  if (x.dtype === to.result(node).dtype) return to.same(x, node);
  cast(to, x, to.result(node));
};

/** Writers of elementwise ops. */
export const elementWriters: Readonly<Record<string, Writer>> = {
  .../* @__PURE__ */ Object.fromEntries(
    (Object.entries(NAMES) as [string, Operator][]).map(([op, name]) => [op, plain(name)]),
  ),
  ...{ contiguous: same, stopGradient: same, scaleGradient: same, cast: castNode },
  ...{ gelu, softplus, tan, clip, hardTanh: clip, isNaN },
  isInfinite: /* @__PURE__ */ withInfinity("EQUAL"),
  isFinite: /* @__PURE__ */ withInfinity("LESS"),
};
