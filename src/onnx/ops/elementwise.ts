// ONNX ops of one element at a time.

import * as renga from "./library.ts";
import { type Operand, type Tensor, cast } from "./library.ts";
import type { Call, Run } from "./call.ts";
import { expandedShape } from "./broadcastShape.ts";
import { dtypeOf, notMapped } from "./value.ts";

const unary =
  (op: (x: Tensor) => Tensor): Run =>
  (call) =>
    op(call.x());

/** The second operand; before version 7 an attribute said at which of the first's axes it begins. */
function aligned(call: Call): Tensor {
  const [a, b] = [call.x(0), call.x(1)];
  if (call.opset >= 7 || !call.flag("broadcast") || !call.hasAttribute("axis")) return b;
  const axis = call.attr("axis", 0);
  const first = axis < 0 ? axis + a.rank : axis;
  const missing = a.rank - first - b.rank;
  return renga.reshape(b, [...b.shape, ...Array.from({ length: missing }, () => 1)]);
}

const binary =
  (op: (a: Tensor, b: Tensor) => Tensor): Run =>
  (call) =>
    op(call.x(0), aligned(call));

/** An op that takes any number of operands. */
const variadic =
  (op: (a: Tensor, b: Tensor) => Tensor): Run =>
  (call) =>
    call.all.reduce(op);

/** An op of floats, for integers too. */
function inFloats(op: (x: Tensor) => Tensor): Run {
  return unary((x) => (x.dtype === "f32" ? op(x) : cast(op(cast(x, "f32")), x.dtype)));
}

function castTo(x: Tensor, type: string): Tensor {
  if (["i8", "u8", "i16", "u16", "u64"].includes(type)) {
    return notMapped("dtype: casts to integers of another width");
  }
  return cast(x, dtypeOf(type));
}

/** The element types by number, as far as Cast can have them here. */
export const TYPES: Readonly<Record<number, string>> = {
  ...{ 1: "f32", 2: "u8", 3: "i8", 4: "u16", 5: "i16", 6: "i32", 7: "i64", 8: "string" },
  ...{ 9: "bool", 10: "f16", 11: "f64", 12: "u32", 13: "u64", 16: "bf16" },
};

/** (x − zero) · scale; both one number, or one for each index of an axis. */
function dequantize(call: Call): Tensor {
  const x = cast(call.x(), "f32");
  if (call.attr("block_size", 0) !== 0) return notMapped("quantised arithmetic in blocks");
  const axis = call.attr("axis", 1);
  const at = axis < 0 ? axis + x.rank : axis;
  const along = (given: Tensor): Tensor =>
    given.size === 1
      ? renga.reshape(given, [])
      : renga.reshape(
          given,
          x.shape.map((n, i) => (i === at ? n : 1)),
        );
  const zero = call.maybe(2);
  const moved = zero === undefined ? x : x.sub(along(cast(zero, "f32")));
  return moved.mul(along(call.x(1)));
}

function power(call: Call): Tensor {
  const [a, b] = [call.x(0), aligned(call)];
  const [base, exponent] = [cast(a, "f32"), cast(b, "f32")];
  const { isStatic, host } = call.input(1);
  const isWhole = isStatic && host !== undefined && Array.from(host.values).every(Number.isInteger);
  // Whole constants are told to the op, which has exact products for the small ones.
  if (isWhole && host?.values.length === 1) {
    const y = renga.pow(base, host.values[0] as number);
    return cast(renga.broadcastTo(y, expandedShape(a.shape, b.shape)), a.dtype);
  }
  return cast(renga.pow(base, exponent), a.dtype);
}

function clip(call: Call): Tensor {
  const bound = (i: number, name: string): Operand | undefined =>
    call.has(i) ? call.x(i) : call.list(name)?.[0];
  const [low, high] = [bound(1, "min"), bound(2, "max")];
  const raised = low === undefined ? call.x() : renga.maximum(call.x(), low);
  return high === undefined ? raised : renga.minimum(raised, high);
}

function shrink(call: Call): Tensor {
  const [bias, limit] = [call.attr("bias", 0), call.attr("lambd", 0.5)];
  const given = call.x();
  const x = cast(given, "f32");
  const above = renga.where(renga.greater(x, limit), renga.sub(x, bias), 0);
  return cast(renga.where(renga.less(x, -limit), renga.add(x, bias), above), given.dtype);
}

function isInf(call: Call): Tensor {
  const x = call.x();
  const [up, down] = [call.flag("detect_positive", true), call.flag("detect_negative", true)];
  if (up && down) return renga.isInfinite(x);
  return renga.logicalAnd(renga.isInfinite(x), up ? renga.greater(x, 0) : renga.less(x, 0));
}

const gelu: Run = (call) => {
  const isTanh = call.text("approximate", "none") === "tanh";
  return renga.gelu(call.x(), { approximate: isTanh ? "tanh" : "none" });
};

/** All bits inverted, of those that the element type has. */
function invert(call: Call): Tensor {
  const bits: Record<string, number> = { u8: 0xff, u16: 0xffff };
  const mask = bits[call.type()];
  const inverted = renga.bitwiseNot(call.x());
  return mask === undefined ? inverted : renga.bitwiseAnd(inverted, mask);
}

const shift: Run = (call) => {
  if (!call.type().startsWith("u")) return notMapped("shifts of signed integers");
  return call.text("direction") === "LEFT"
    ? renga.shiftLeft(call.x(0), call.x(1))
    : renga.shiftRight(call.x(0), call.x(1));
};

export const ELEMENTWISE: Readonly<Record<string, Run>> = {
  Abs: (call) => (call.x().dtype === "u32" ? call.x() : renga.abs(call.x())),
  Acos: unary(renga.acos),
  Acosh: unary(renga.acosh),
  Add: binary(renga.add),
  And: binary(renga.logicalAnd),
  Asin: unary(renga.asin),
  Asinh: unary(renga.asinh),
  Atan: unary(renga.atan),
  Atanh: unary(renga.atanh),
  BitShift: shift,
  BitwiseAnd: binary(renga.bitwiseAnd),
  BitwiseNot: invert,
  BitwiseOr: binary(renga.bitwiseOr),
  BitwiseXor: binary(renga.bitwiseXor),
  Cast: (call) => castTo(call.x(), TYPES[call.attr("to", 1)] ?? "f8"),
  CastLike: (call) => castTo(call.x(), call.type(1)),
  Ceil: unary(renga.ceil),
  Celu: (call) => renga.celu(call.x(), { alpha: call.attr("alpha", 1) }),
  Clip: clip,
  Cos: unary(renga.cos),
  Cosh: unary(renga.cosh),
  DequantizeLinear: dequantize,
  Div: binary(renga.div),
  Elu: (call) => renga.elu(call.x(), { alpha: call.attr("alpha", 1) }),
  Equal: binary(renga.equal),
  Erf: unary(renga.erf),
  Exp: unary(renga.exp),
  Floor: unary(renga.floor),
  Gelu: gelu,
  Greater: binary(renga.greater),
  GreaterOrEqual: binary(renga.greaterEqual),
  HardSigmoid: (call) =>
    renga.hardSigmoid(call.x(), { alpha: call.attr("alpha", 0.2), beta: call.attr("beta", 0.5) }),
  HardSwish: unary(renga.hardSilu),
  Identity: unary((x) => x),
  IsInf: isInf,
  IsNaN: unary(renga.isNaN),
  LeakyRelu: (call) => renga.leakyRelu(call.x(), { alpha: call.attr("alpha", 0.01) }),
  Less: binary(renga.less),
  LessOrEqual: binary(renga.lessEqual),
  Log: unary(renga.log),
  Max: variadic(renga.maximum),
  Mean: (call) => renga.div(call.all.reduce(renga.add), call.count),
  Min: variadic(renga.minimum),
  Mish: unary(renga.mish),
  Mod: (call) => (call.flag("fmod") ? renga.remainder : renga.mod)(call.x(0), call.x(1)),
  Mul: binary(renga.mul),
  Neg: unary(renga.neg),
  Not: unary(renga.logicalNot),
  Or: binary(renga.logicalOr),
  Pow: power,
  PRelu: (call) => {
    const [x, slope] = [call.x(0), call.x(1)];
    // Before version 7 several slopes were those of channels, on axis 1.
    if (call.opset >= 7 || slope.size === 1) return renga.prelu(x, slope);
    return renga.prelu(x, renga.reshape(slope, [-1, ...x.shape.slice(2).map(() => 1)]));
  },
  Reciprocal: unary(renga.reciprocal),
  Relu: inFloats(renga.relu),
  Round: unary(renga.round),
  Selu: (call) => {
    const alpha = call.attr("alpha", 1.6732632);
    return renga.mul(renga.elu(call.x(), { alpha }), call.attr("gamma", 1.050701));
  },
  Shrink: shrink,
  Sigmoid: unary(renga.sigmoid),
  Sign: unary(renga.sign),
  Sin: unary(renga.sin),
  Sinh: unary(renga.sinh),
  Softplus: unary(renga.softplus),
  Softsign: unary(renga.softsign),
  Sqrt: unary(renga.sqrt),
  Sub: binary(renga.sub),
  Sum: variadic(renga.add),
  Swish: (call) => {
    const x = call.x();
    return renga.mul(x, renga.sigmoid(renga.mul(x, call.attr("alpha", 1))));
  },
  Tan: unary(renga.tan),
  Tanh: unary(renga.tanh),
  ThresholdedRelu: (call) => {
    const x = call.x();
    return renga.where(renga.greater(x, call.attr("alpha", 1)), x, 0);
  },
  Where: (call) => renga.where(call.x(0), call.x(1), call.x(2)),
  Xor: binary(renga.logicalXor),
};
