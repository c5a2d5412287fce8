// The smallest ONNX writer that makes float models of one graph: protobuf's wire format by hand.

const [VARINT, BYTES] = [0, 2];
const [FLOAT, INT64] = [1, 7];
const [INTEGER, STRING_ATTRIBUTE, INTEGERS] = [2, 3, 7];

function varint(value) {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ;) {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest ? low | 128 : low);
    if (!rest) return bytes;
  }
}

const integer = (field, value) => [...varint((field << 3) | VARINT), ...varint(value)];
const bytes = (field, list) => [...varint((field << 3) | BYTES), ...varint(list.length), ...list];
const string = (field, text) => bytes(field, [...new TextEncoder().encode(text)]);

function valueInfo([name, dims]) {
  const shape = dims.flatMap((size) => bytes(1, integer(1, size)));
  const tensorType = [...integer(1, FLOAT), ...bytes(2, shape)];
  return [...string(1, name), ...bytes(2, bytes(1, tensorType))];
}

function attribute([name, value]) {
  const head = string(1, name);
  if (Array.isArray(value)) {
    return [...head, ...value.flatMap((x) => integer(8, x)), ...integer(20, INTEGERS)];
  }
  if (typeof value === "string") {
    return [...head, ...string(4, value), ...integer(20, STRING_ATTRIBUTE)];
  }
  return [...head, ...integer(3, value), ...integer(20, INTEGER)];
}

function node({ op, from, to, attributes = {} }) {
  return [
    ...from.flatMap((name) => string(1, name)),
    ...string(2, to),
    ...string(3, op + to),
    ...string(4, op),
    ...Object.entries(attributes).flatMap((entry) => bytes(5, attribute(entry))),
  ];
}

function constant([name, values]) {
  const data = bytes(7, values.flatMap(varint));
  return [...integer(1, values.length), ...integer(2, INT64), ...data, ...string(8, name)];
}

/**
 * A model as bytes.
 *
 * @param nodes      { op, from: names, to: name, attributes }
 * @param inputs     [name, dims], as `outputs`.
 * @param constants  [name, whole numbers]
 */
export function onnxModel({ nodes, inputs, outputs, constants = [] }) {
  const graph = [
    ...nodes.flatMap((one) => bytes(1, node(one))),
    ...string(2, "graph"),
    ...constants.flatMap((one) => bytes(5, constant(one))),
    ...inputs.flatMap((one) => bytes(11, valueInfo(one))),
    ...outputs.flatMap((one) => bytes(12, valueInfo(one))),
  ];
  const opset = [...string(1, ""), ...integer(2, 17)];
  return new Uint8Array([
    ...integer(1, 8),
    ...string(2, "bench"),
    ...bytes(7, graph),
    ...bytes(8, opset),
  ]);
}
