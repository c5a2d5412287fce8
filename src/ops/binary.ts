// Elementwise functions of two tensors, with NumPy broadcasting: a table of rows, each with its
// derivatives.

import { UsageError } from "../errors.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { type DType, FLOATS } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Binary, type BinaryRow, kernelsOfBinary } from "./elementwise.ts";
import { sumTo } from "./sum.ts";
import { record } from "./tape.ts";
import { LOG1P, LOG } from "./wgslFunctions.ts";

/** A tensor, or a number that takes the other operand's dtype. */
export type Operand = Tensor | number;

/** A function of two operands, at least one of them a tensor. */
export type BinaryOp = (a: Operand, b: Operand) => Tensor;

/** Gradient for one operand before it is summed to the operand's shape. */
type BinaryVjp = (dy: Tensor, a: Operand, b: Operand, y: Tensor) => Tensor;

const rows: Binary[] = [];

/** Every kernel of this file. */
export function binaryKernels(): Kernel[] {
  return rows.flatMap(kernelsOfBinary);
}

/** A row's kernels, entered in the table; their launch records nothing. */
export function binaryRow(options: BinaryRow): Binary {
  const binary = new Binary(options);
  rows.push(binary);
  return binary;
}

/** Turns a row into an op. Other tables of binary ops use it too. */
export function binaryOp(options: BinaryRow, da?: BinaryVjp, db?: BinaryVjp): BinaryOp {
  const binary = binaryRow(options);
  const { name } = options;
  return (a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      throw new UsageError(name, "one of the operands must be a tensor", { got: `${a} and ${b}` });
    }
    const y = binary.run(a, b);
    const inputs: Tensor[] = [];
    const vjps: ((dy: Tensor) => Tensor)[] = [];
    if (typeof a !== "number") {
      inputs.push(a);
      if (da !== undefined) vjps.push((dy) => sumTo(da(dy, a, b, y), a.shape));
    }
    if (typeof b !== "number") {
      inputs.push(b);
      if (db !== undefined) vjps.push((dy) => sumTo(db(dy, a, b, y), b.shape));
    }
    record(name, inputs, y, vjps, { operands: [a, b] });
    return y;
  };
}

function row(
  name: string,
  expression: string,
  da: BinaryVjp,
  db: BinaryVjp,
  dtypes = NUMERIC,
): BinaryOp {
  return binaryOp({ name, expression, dtypes }, da, db);
}

const NUMERIC: readonly DType[] = ["f32", "f16", "i32", "u32"];

/** a + b. */
export const add: BinaryOp = /* @__PURE__ */ row(
  "add",
  "a + b",
  (dy) => dy,
  (dy) => dy,
);

/** a − b. */
export const sub: BinaryOp = /* @__PURE__ */ row(
  "sub",
  "a - b",
  (dy) => dy,
  (dy) => mul(dy, -1),
);

/** a · b. */
export const mul: BinaryOp = /* @__PURE__ */ row(
  "mul",
  "a * b",
  (dy, _, b) => mul(dy, b),
  (dy, a) => mul(dy, a),
);

/** a / b; integers are truncated towards zero. */
export const div: BinaryOp = /* @__PURE__ */ row(
  "div",
  "a / b",
  (dy, _, b) => div(dy, b),
  (dy, _, b, y) => mul(div(mul(dy, y), b), -1),
);

/** a − b·floor(a / b): the sign of the result is that of b. */
export function mod(a: Operand, b: Operand): Tensor {
  const { dtype } = (typeof a === "number" ? b : a) as Tensor;
  return dtype === "i32" || dtype === "u32" ? wholeMod(a, b) : floatMod(a, b);
}

const floatMod: BinaryOp = /* @__PURE__ */ row(
  "mod",
  "a - b * floor(a / b)",
  (dy) => dy,
  (dy, a, b, y) => mul(dy, div(sub(y, a), b)),
  FLOATS,
);

const wholeMod: BinaryOp = /* @__PURE__ */ binaryOp({
  name: "mod",
  expression: "modWhole(a, b)",
  helpers: `fn modWhole(a: A, b: A) -> A {
  let rest = a % b;
  return rest + select(A(0), b, (rest != A(0)) & ((rest ^ b) < A(0)));
}`,
  dtypes: ["i32", "u32"],
});

/** a − b·trunc(a / b), as C's fmod and JavaScript's %: the sign of the result is that of a. */
export const remainder: BinaryOp = /* @__PURE__ */ row(
  "remainder",
  "a % b",
  (dy) => dy,
  (dy, a, b, y) => mul(dy, div(sub(y, a), b)),
);

/** The larger of both; at a tie each gets half the gradient. */
export const maximum: BinaryOp = /* @__PURE__ */ row(
  "maximum",
  "max(a, b)",
  (dy, a, b) => mul(dy, share(a, b)),
  (dy, a, b) => mul(dy, share(b, a)),
);

/** The smaller of both; at a tie each gets half the gradient. */
export const minimum: BinaryOp = /* @__PURE__ */ row(
  "minimum",
  "min(a, b)",
  (dy, a, b) => mul(dy, share(b, a)),
  (dy, a, b) => mul(dy, share(a, b)),
);

/** 1 where a > b, ½ where equal, else 0: the part of the larger that is a's. Locally constant. */
const share: BinaryOp = /* @__PURE__ */ row(
  "share",
  "select(select(A(0.0), A(0.5), a == b), A(1.0), a > b)",
  (dy) => mul(dy, 0),
  (dy) => mul(dy, 0),
  FLOATS,
);

/** a · log(b), and 0 where a is 0. */
export const xlogy: BinaryOp = /* @__PURE__ */ binaryOp(
  {
    name: "xlogy",
    expression: "select(a * logOf(b), A(0.0), a == A(0.0))",
    helpers: LOG,
  },
  (dy, _, b) => xlogy(dy, b),
  (dy, a, b) => div(mul(dy, a), b),
);

/** e^(a − b). */
const expDifference: BinaryOp = /* @__PURE__ */ binaryOp(
  { name: "expDifference", expression: "exp(a - b)" },
  (dy, _, __, y) => mul(dy, y),
  (dy, _, __, y) => mul(mul(dy, y), -1),
);

/** log(eᵃ + eᵇ), without overflow. */
export const logAddExp: BinaryOp = /* @__PURE__ */ binaryOp(
  {
    name: "logAddExp",
    expression: "max(a, b) + select(log1p(exp(-abs(a - b))), A(0.6931471805599453), a == b)",
    helpers: LOG1P,
  },
  (dy, a, _, y) => mul(dy, expDifference(a, y)),
  (dy, _, b, y) => mul(dy, expDifference(b, y)),
);

function comparison(name: string, operator: string): BinaryOp {
  const options: BinaryRow = {
    name,
    expression: `Out(a ${operator} b)`,
    dtypes: ["f32", "f16", "i32", "u32", "bool"],
    result: "bool",
  };
  return binaryOp(options);
}

/** Whether a = b, element by element; bool. */
export const equal: BinaryOp = /* @__PURE__ */ comparison("equal", "==");
/** Whether a ≠ b; bool. */
export const notEqual: BinaryOp = /* @__PURE__ */ comparison("notEqual", "!=");
/** Whether a < b; bool. */
export const less: BinaryOp = /* @__PURE__ */ comparison("less", "<");
/** Whether a ≤ b; bool. */
export const lessEqual: BinaryOp = /* @__PURE__ */ comparison("lessEqual", "<=");
/** Whether a > b; bool. */
export const greater: BinaryOp = /* @__PURE__ */ comparison("greater", ">");
/** Whether a ≥ b; bool. */
export const greaterEqual: BinaryOp = /* @__PURE__ */ comparison("greaterEqual", ">=");

function logical(name: string, operator: string): BinaryOp {
  return binaryOp({ name, expression: `a ${operator} b`, dtypes: ["bool"] });
}

/** Whether both are true; bool. */
export const logicalAnd: BinaryOp = /* @__PURE__ */ logical("logicalAnd", "&");
/** Whether one of them is true, or both; bool. */
export const logicalOr: BinaryOp = /* @__PURE__ */ logical("logicalOr", "|");
/** Whether just one of them is true; bool. */
export const logicalXor: BinaryOp = /* @__PURE__ */ logical("logicalXor", "^");
