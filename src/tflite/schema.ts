// Numbers of the TFLite schema, version 3: operators, their options, element types.

/** Element types of tensors in TFLite files that the exporter writes. */
export type TfliteDType = "f32" | "f16" | "i32" | "bool" | "i8";

/** Numbers of element types. */
export const TENSOR_TYPES: Readonly<Record<TfliteDType, number>> = {
  ...{ f32: 0, f16: 1, i32: 2, bool: 6, i8: 9 },
};

/** Numbers of operators, of those that the exporter writes. */
export const OPERATORS = {
  ADD: 0,
  AVERAGE_POOL_2D: 1,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  DEQUANTIZE: 6,
  FLOOR: 8,
  FULLY_CONNECTED: 9,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  MUL: 18,
  RELU: 19,
  RESHAPE: 22,
  SOFTMAX: 25,
  TANH: 28,
  PAD: 34,
  GATHER: 36,
  TRANSPOSE: 39,
  MEAN: 40,
  SUB: 41,
  DIV: 42,
  STRIDED_SLICE: 45,
  EXP: 47,
  LOG_SOFTMAX: 50,
  CAST: 53,
  MAXIMUM: 55,
  ARG_MAX: 56,
  MINIMUM: 57,
  LESS: 58,
  NEG: 59,
  PADV2: 60,
  GREATER: 61,
  GREATER_EQUAL: 62,
  LESS_EQUAL: 63,
  SIN: 66,
  TRANSPOSE_CONV: 67,
  EQUAL: 71,
  NOT_EQUAL: 72,
  LOG: 73,
  SUM: 74,
  SQRT: 75,
  POW: 78,
  ARG_MIN: 79,
  REDUCE_PROD: 81,
  REDUCE_MAX: 82,
  LOGICAL_OR: 84,
  ONE_HOT: 85,
  LOGICAL_AND: 86,
  LOGICAL_NOT: 87,
  REDUCE_MIN: 89,
  REDUCE_ANY: 91,
  ABS: 101,
  SPLIT_V: 102,
  CEIL: 104,
  REVERSE_V2: 105,
  COS: 108,
  ROUND: 116,
  SELECT_V2: 123,
  BATCH_MATMUL: 126,
  CUMSUM: 128,
  BROADCAST_TO: 130,
  CONV_3D: 132,
  REDUCE_ALL: 140,
  GELU: 150,
  SIGN: 158,
} as const;

/** An operator's name. */
export type Operator = keyof typeof OPERATORS;

/** Operator numbers from here on lie in a wider field than the first ones. */
export const WIDE_OPERATORS = 127;

/** How a field of options lies in its table. */
export type OptionKind = "byte" | "int" | "bool" | "float" | "ints";

/** A table of options: its place in the union, and its fields by number. */
export interface OptionTable {
  readonly type: number;
  readonly fields: Readonly<Record<string, readonly [number, OptionKind]>>;
}

const reducer: OptionTable = { type: 27, fields: { keepDims: [0, "bool"] } };
const place: OptionTable["fields"] = { outputType: [0, "byte"] };
const strides = { padding: [0, "byte"], strideW: [1, "int"], strideH: [2, "int"] } as const;

/** Tables of the operators that need options; others work without. */
export const OPTIONS: Readonly<Partial<Record<Operator, OptionTable>>> = {
  CONV_2D: {
    type: 1,
    fields: {
      ...strides,
      ...{ activation: [3, "byte"], dilationW: [4, "int"], dilationH: [5, "int"] },
    },
  },
  DEPTHWISE_CONV_2D: {
    type: 2,
    fields: {
      ...{ ...strides, multiplier: [3, "int"], activation: [4, "byte"] },
      ...{ dilationW: [5, "int"], dilationH: [6, "int"] },
    },
  },
  CONV_3D: {
    type: 106,
    fields: {
      ...{ padding: [0, "byte"], strideD: [1, "int"], strideW: [2, "int"], strideH: [3, "int"] },
      ...{ activation: [4, "byte"], dilationD: [5, "int"], dilationW: [6, "int"] },
      dilationH: [7, "int"],
    },
  },
  TRANSPOSE_CONV: { type: 49, fields: { ...strides, activation: [3, "byte"] } },
  AVERAGE_POOL_2D: {
    type: 5,
    fields: { ...strides, filterW: [3, "int"], filterH: [4, "int"], activation: [5, "byte"] },
  },
  MAX_POOL_2D: {
    type: 5,
    fields: { ...strides, filterW: [3, "int"], filterH: [4, "int"], activation: [5, "byte"] },
  },
  FULLY_CONNECTED: {
    type: 8,
    fields: { activation: [0, "byte"], weightsFormat: [1, "byte"], keepNumDims: [2, "bool"] },
  },
  SOFTMAX: { type: 9, fields: { beta: [0, "float"] } },
  LOG_SOFTMAX: { type: 36, fields: {} },
  CONCATENATION: { type: 10, fields: { axis: [0, "int"] } },
  ADD: { type: 11, fields: { activation: [0, "byte"] } },
  SUB: { type: 28, fields: { activation: [0, "byte"] } },
  MUL: { type: 21, fields: { activation: [0, "byte"] } },
  DIV: { type: 29, fields: { activation: [0, "byte"] } },
  RESHAPE: { type: 17, fields: { newShape: [0, "ints"] } },
  GATHER: { type: 23, fields: { axis: [0, "int"], batchDims: [1, "int"] } },
  ...{ SUM: reducer, MEAN: reducer, REDUCE_PROD: reducer, REDUCE_MAX: reducer },
  ...{ REDUCE_MIN: reducer, REDUCE_ANY: reducer, REDUCE_ALL: reducer },
  STRIDED_SLICE: {
    type: 32,
    fields: { beginMask: [0, "int"], endMask: [1, "int"] },
  },
  CAST: { type: 37, fields: { from: [0, "byte"], to: [1, "byte"] } },
  ARG_MAX: { type: 40, fields: place },
  ARG_MIN: { type: 57, fields: place },
  ONE_HOT: { type: 61, fields: { axis: [0, "int"] } },
  SPLIT_V: { type: 79, fields: { count: [0, "int"] } },
  BATCH_MATMUL: { type: 101, fields: { adjX: [0, "bool"], adjY: [1, "bool"] } },
  CUMSUM: { type: 102, fields: { exclusive: [0, "bool"], reverse: [1, "bool"] } },
  GELU: { type: 116, fields: { approximate: [0, "bool"] } },
};

/** Numbers of borders. */
export const PADDING = { same: 0, valid: 1 } as const;

/** Numbers of what an operator does to its result. */
export const ACTIVATIONS = { none: 0, relu: 1 } as const;
