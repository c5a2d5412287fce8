// Elementwise ops in ONNX.

import type { GraphNode } from "../graph/index.ts";
import type { Emitter, OnnxDType, Slot } from "./emitter.ts";

/** Writes one node of the graph. */
export type Writer = (to: Emitter, node: GraphNode) => void;

/** A node of the same inputs and result under another name. */
const plain =
  (op: string): Writer =>
  (to, node) =>
    void to.emit(op, to.inputs(node), to.result(node));

/** A test whose contrary is the result. */
const negated =
  (op: string): Writer =>
  (to, node) => {
    const y = to.result(node);
    const { shape } = y;
    to.emit("Not", [to.emit(op, to.inputs(node), { dtype: "bool", shape })], y);
  };

const NAMES = {
  ...{ relu: "Relu", tanh: "Tanh", sigmoid: "Sigmoid", softplus: "Softplus", exp: "Exp" },
  ...{ log: "Log", neg: "Neg", abs: "Abs", sign: "Sign", sqrt: "Sqrt", sin: "Sin", cos: "Cos" },
  ...{ tan: "Tan", asin: "Asin", acos: "Acos", atan: "Atan", sinh: "Sinh", cosh: "Cosh" },
  ...{ asinh: "Asinh", acosh: "Acosh", atanh: "Atanh", floor: "Floor", ceil: "Ceil" },
  ...{ round: "Round", erf: "Erf", logicalNot: "Not", isNaN: "IsNaN", isInfinite: "IsInf" },
  ...{ add: "Add", sub: "Sub", mul: "Mul", div: "Div", pow: "Pow", maximum: "Max" },
  ...{ minimum: "Min", equal: "Equal", greater: "Greater", less: "Less" },
  ...{ greaterEqual: "GreaterOrEqual", lessEqual: "LessOrEqual", logicalAnd: "And" },
  ...{ logicalOr: "Or", where: "Where" },
  ...{ contiguous: "Identity", stopGradient: "Identity", scaleGradient: "Identity" },
};

/** Either of two, not both, in ops that TensorRT knows. */
const logicalXor: Writer = (to, node) => {
  const [a, b] = to.inputs(node) as [Slot, Slot];
  const y = to.result(node);
  const but = (x: Slot, other: Slot): Slot => {
    return to.emit("And", [x, to.emit("Not", [other], anonymous(other))], anonymous(y));
  };
  to.emit("Or", [but(a, b), but(b, a)], y);
};

const gelu: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const scaled = to.emit("Mul", [x, to.number(Math.SQRT1_2)], x && anonymous(x));
  const share = to.emit(
    "Add",
    [to.emit("Erf", [scaled], anonymous(x)), to.number(1)],
    anonymous(x),
  );
  const half = to.emit("Mul", [x, to.number(0.5)], anonymous(x));
  to.emit("Mul", [half, share], to.result(node));
};

const clip: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const [low, high] = node.attributes as [number, number];
  to.emit("Clip", [x, to.number(low, x.dtype), to.number(high, x.dtype)], to.result(node));
};

const isFinite: Writer = (to, node) => {
  const [x] = to.inputs(node) as [Slot];
  const facts = { dtype: "bool", shape: x.shape } as const;
  const tests = ["IsNaN", "IsInf"].map((op) => to.emit(op, [x], facts));
  to.emit("Not", [to.emit("Or", tests, facts)], to.result(node));
};

/** The same dtype and shape, with a name to be made up. */
export const anonymous = ({ dtype, shape }: Slot): Omit<Slot, "name"> => ({ dtype, shape });

/** Numbers of ONNX's element types. */
export const ELEMENT_TYPES: Readonly<Record<OnnxDType, number>> = {
  ...{ f32: 1, i8: 3, i32: 6, i64: 7, bool: 9, f16: 10, u32: 12 },
};

const cast: Writer = (to, node) => {
  const y = to.result(node);
  to.emit("Cast", to.inputs(node), y, { to: ELEMENT_TYPES[y.dtype] });
};

/** Writers of elementwise ops. */
export const elementWriters: Readonly<Record<string, Writer>> = {
  ...Object.fromEntries(Object.entries(NAMES).map(([op, name]) => [op, plain(name)])),
  ...{ notEqual: negated("Equal"), logicalXor, gelu, clip, hardTanh: clip, isFinite, cast },
};

/** ONNX ops that act element by element. */
export const ELEMENTWISE: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...Object.values(NAMES).filter((name) => name !== "Where"),
  ...["Where", "Clip", "Cast", "Or"],
]);
