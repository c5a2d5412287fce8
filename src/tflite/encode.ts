// A TFLite model as the bytes of its file: a flatbuffer by the field numbers of the TFLite schema.

import { Builder } from "flatbuffers";
import type { TfliteModel, TfliteOperator, TfliteOption, TfliteTensor } from "./model.ts";
import { OPERATORS, OPTIONS, type OptionKind, TENSOR_TYPES, WIDE_OPERATORS } from "./schema.ts";

/** The version of the schema, and what the file begins with. */
const SCHEMA_VERSION = 3;
const IDENTIFIER = "TFL3";

/** Constants begin at multiples of this. */
const ALIGNMENT = 16;

/** Something that lies elsewhere in the buffer. */
type Offset = number;

/** Writes one field of the table that is open. */
type Field = (to: Builder) => void;

const offset =
  (field: number, at: Offset): Field =>
  (to) =>
    to.addFieldOffset(field, at, 0);
const word =
  (field: number, value: number): Field =>
  (to) =>
    to.addFieldInt32(field, value, 0);
const byte =
  (field: number, value: number): Field =>
  (to) =>
    to.addFieldInt8(field, value, 0);

function table(to: Builder, fields: readonly Field[], slots: number): Offset {
  to.startObject(slots);
  for (const field of fields) field(to);
  return to.endObject();
}

function words(to: Builder, values: readonly number[]): Offset {
  to.startVector(4, values.length, 4);
  for (const value of values.toReversed()) to.addInt32(value);
  return to.endVector();
}

function floats(to: Builder, values: Float32Array): Offset {
  to.startVector(4, values.length, 4);
  for (const value of values.toReversed()) to.addFloat32(value);
  return to.endVector();
}

function longZeros(to: Builder, count: number): Offset {
  to.startVector(8, count, 8);
  for (let i = 0; i < count; i++) to.addInt64(0n);
  return to.endVector();
}

function offsets(to: Builder, values: readonly Offset[]): Offset {
  to.startVector(4, values.length, 4);
  for (const value of values.toReversed()) to.addOffset(value);
  return to.endVector();
}

/** Aligned so that the first byte, not the count before it, is at a multiple. */
function bytesOf(to: Builder, bytes: Uint8Array): Offset {
  to.startVector(1, bytes.length, ALIGNMENT);
  to.pad(bytes.length);
  const buffer = to.dataBuffer();
  buffer.bytes().set(bytes, buffer.capacity() - to.offset());
  return to.endVector();
}

function writeTensor(to: Builder, tensor: TfliteTensor, buffer: number): Offset {
  const { name, dtype, shape, quantization } = tensor;
  const fields = [
    offset(0, words(to, shape)),
    byte(1, TENSOR_TYPES[dtype]),
    word(2, buffer),
    offset(3, to.createString(name)),
  ];
  if (quantization !== undefined) {
    const { scales, axis } = quantization;
    const about = [offset(2, floats(to, scales)), offset(3, longZeros(to, scales.length))];
    fields.push(offset(4, table(to, [...about, word(6, axis)], 7)));
  }
  // Tells a scalar from a tensor of unknown rank.
  fields.push(byte(8, 1));
  return table(to, fields, 9);
}

function optionField(to: Builder, field: number, kind: OptionKind, value: TfliteOption): Field {
  if (kind === "ints") return offset(field, words(to, value as readonly number[]));
  if (kind === "float") return (table) => table.addFieldFloat32(field, value as number, 0);
  if (kind === "int") return (table) => addExplicit(table, field, value as number);
  return byte(field, Number(value));
}

/** Written even if it is zero, as some fields have another default. */
function addExplicit(to: Builder, field: number, value: number): void {
  to.addInt32(value);
  to.slot(field);
}

function writeOperator(to: Builder, code: number, operator: TfliteOperator): Offset {
  const fields = [
    word(0, code),
    offset(1, words(to, operator.inputs)),
    offset(2, words(to, operator.outputs)),
  ];
  const known = OPTIONS[operator.op];
  if (known !== undefined) {
    const entries = Object.entries(operator.options).map(([name, value]) => {
      const [field, kind] = known.fields[name] as readonly [number, OptionKind];
      return optionField(to, field, kind, value);
    });
    const slots = Object.keys(known.fields).length;
    fields.push(byte(3, known.type), offset(4, table(to, entries, slots)));
  }
  return table(to, fields, 5);
}

function writeCode(to: Builder, { op, version }: TfliteOperator): Offset {
  const number = OPERATORS[op];
  const fields = [byte(0, Math.min(number, WIDE_OPERATORS)), word(2, version), word(3, number)];
  return table(to, fields, 4);
}

/** Names of inputs and outputs with the numbers of their tensors. */
function writeSignature(to: Builder, { tensors, inputs, outputs }: TfliteModel): Offset {
  const list = (numbers: readonly number[]): Offset => {
    const maps = numbers.map((number) => {
      const name = to.createString((tensors[number] as TfliteTensor).name);
      return table(to, [offset(0, name), word(1, number)], 2);
    });
    return offsets(to, maps);
  };
  const ends = [offset(0, list(inputs)), offset(1, list(outputs))];
  return table(to, [...ends, offset(2, to.createString("serving_default"))], 5);
}

const keyOf = ({ op, version }: TfliteOperator): string => `${op} ${version}`;

/** The bytes of a model's file. */
export function encodeTflite(model: TfliteModel): Uint8Array<ArrayBuffer> {
  const size = model.tensors.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  const to = new Builder(size + 4096);
  const buffers = [table(to, [], 1)];
  const tensors = model.tensors.map((tensor) => {
    if (tensor.bytes === undefined) return writeTensor(to, tensor, 0);
    buffers.push(table(to, [offset(0, bytesOf(to, tensor.bytes))], 1));
    return writeTensor(to, tensor, buffers.length - 1);
  });
  const codes = [...new Map(model.operators.map((one) => [keyOf(one), one])).values()];
  const numbers = new Map(codes.map((one, i) => [keyOf(one), i]));
  const operators = model.operators.map((one) => {
    return writeOperator(to, numbers.get(keyOf(one)) as number, one);
  });
  const subgraph = table(
    to,
    [
      ...[offset(0, offsets(to, tensors)), offset(1, words(to, model.inputs))],
      ...[offset(2, words(to, model.outputs)), offset(3, offsets(to, operators))],
      offset(4, to.createString(model.name)),
    ],
    5,
  );
  const fields = [
    word(0, SCHEMA_VERSION),
    offset(1, offsets(to, codes.map((one) => writeCode(to, one)))), // prettier-ignore
    ...[offset(2, offsets(to, [subgraph])), offset(3, to.createString(model.description))],
    ...[offset(4, offsets(to, buffers)), offset(7, offsets(to, [writeSignature(to, model)]))],
  ];
  to.finish(table(to, fields, 8), IDENTIFIER);
  return Uint8Array.from(to.asUint8Array());
}
