// ONNX backend tests as plain JSON: protobuf is read here, once, and not on every host.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";

const { root } = protobuf.parse(readFileSync(new URL("./schema.proto", import.meta.url), "utf8"), {
  keepCase: true,
});
const [Model, Tensor] = ["onnx.Model", "onnx.Tensor"].map((name) => root.lookupType(name));

/** Names of the element types, by their number in the format. */
const TYPES = [
  ...["undefined", "f32", "u8", "i8", "u16", "i16", "i32", "i64", "string", "bool", "f16", "f64"],
  ...["u32", "u64", "complex64", "complex128", "bf16", "f8e4m3", "f8e4m3fnuz", "f8e5m2"],
  ...["f8e5m2fnuz", "u4", "i4", "f4e2m1", "f8e8m0", "u2", "i2"],
];

/** How an element of raw_data is read: its bytes, and its value as a number. */
const READERS = {
  f32: [4, (view, at) => view.getFloat32(at, true)],
  f64: [8, (view, at) => view.getFloat64(at, true)],
  f16: [2, (view, at) => halfOf(view.getUint16(at, true))],
  bf16: [2, (view, at) => bfloatOf(view.getUint16(at, true))],
  i8: [1, (view, at) => view.getInt8(at)],
  u8: [1, (view, at) => view.getUint8(at)],
  bool: [1, (view, at) => view.getUint8(at)],
  i16: [2, (view, at) => view.getInt16(at, true)],
  u16: [2, (view, at) => view.getUint16(at, true)],
  i32: [4, (view, at) => view.getInt32(at, true)],
  u32: [4, (view, at) => view.getUint32(at, true)],
  i64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  u64: [8, (view, at) => Number(view.getBigUint64(at, true))],
};

function halfOf(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloatOf(bits) {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits * 65536);
  return view.getFloat32(0);
}

function rawValues(type, bytes) {
  const [size, read] = READERS[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / size }, (_, i) => read(view, i * size));
}

function listedValues(type, tensor) {
  const { float_data: floats, double_data: doubles, int32_data: words } = tensor;
  if (type === "f32") return floats;
  if (type === "f64") return doubles;
  if (type === "i64") return tensor.int64_data.map(Number);
  if (type === "u32" || type === "u64") return tensor.uint64_data.map(Number);
  if (type === "f16") return words.map(halfOf);
  return type === "bf16" ? words.map(bfloatOf) : words;
}

/** { type, shape, b64 }: the elements as 64-bit floats; without b64 where we cannot read the type. */
function plainTensor(tensor) {
  const type = TYPES[tensor.data_type] ?? `type ${tensor.data_type}`;
  const shape = tensor.dims.map(Number);
  if (!(type in READERS)) return { type, shape };
  const { raw_data: raw } = tensor;
  const values = raw.length > 0 ? rawValues(type, raw) : listedValues(type, tensor);
  return { type, shape, b64: Buffer.from(Float64Array.from(values).buffer).toString("base64") };
}

/** The value of an attribute, by the number of its type. */
const ATTRIBUTES = {
  1: ({ f }) => f,
  2: ({ i }) => Number(i),
  3: ({ s }) => Buffer.from(s).toString(),
  4: ({ t }) => plainTensor(t),
  6: ({ floats }) => floats,
  7: ({ ints }) => ints.map(Number),
  8: ({ strings }) => strings.map((s) => Buffer.from(s).toString()),
};

function plainNode({ op_type: op, domain, input, output, attribute }) {
  const attrs = attribute.map((given) => [given.name, ATTRIBUTES[given.type]?.(given) ?? null]);
  return { op, domain, inputs: input, outputs: output, attrs: Object.fromEntries(attrs) };
}

/** The tensor of a .pb file, if the graph says that it is one. */
function fileTensor(path, info) {
  if (!info.type?.tensor_type || !existsSync(path)) return { type: "sequence", shape: [] };
  return plainTensor(Tensor.decode(readFileSync(path)));
}

/** The test of a folder: { id, nodes, constants, inputs, outputs }. */
export function decodeTest(folder, id) {
  const { graph } = Model.decode(readFileSync(join(folder, id, "model.onnx")));
  const named = (infos, kind) =>
    infos.map((info, i) => {
      const path = join(folder, id, "test_data_set_0", `${kind}_${i}.pb`);
      return { name: info.name, ...fileTensor(path, info) };
    });
  const constants = graph.initializer.map((given) => ({ name: given.name, ...plainTensor(given) }));
  const known = new Set(constants.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !known.has(name));
  return {
    id,
    nodes: graph.node.map(plainNode),
    constants,
    inputs: named(inputs, "input"),
    outputs: named(graph.output, "output"),
  };
}
