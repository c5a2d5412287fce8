// An ONNX model as the bytes of its file: protobuf by the field numbers of the ONNX specification.

import protobuf from "protobufjs/minimal.js";
import type {
  OnnxAttribute,
  OnnxDType,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from "./model.ts";

type Writer = protobuf.Writer;

/** A field's tag: its number and how it lies in the stream. */
const VARINT = 0;
const BYTES = 2;
const FLOAT = 5;

/** Numbers of element types. */
export const DATA_TYPES: Readonly<Record<OnnxDType, number>> = {
  ...{ f32: 1, u8: 2, i8: 3, u16: 4, i16: 5, i32: 6, i64: 7, string: 8, bool: 9, f16: 10 },
  ...{ f64: 11, u32: 12, u64: 13, bf16: 16 },
};

/** Numbers of attributes' kinds. */
const KINDS = {
  ...{ float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 },
} as const;

function text(to: Writer, field: number, value: string): void {
  to.uint32((field << 3) | BYTES).string(value);
}

function integer(to: Writer, field: number, value: number): void {
  to.uint32((field << 3) | VARINT).int64(value);
}

/** A message in a message. */
function nested(to: Writer, field: number, write: (to: Writer) => void): void {
  to.uint32((field << 3) | BYTES).fork();
  write(to);
  to.ldelim();
}

function pair(to: Writer, field: number, key: string, value: string): void {
  nested(to, field, (entry) => {
    text(entry, 1, key);
    text(entry, 2, value);
  });
}

function writeTensor(to: Writer, name: string, tensor: OnnxTensor): void {
  const { dims, dtype, bytes, external } = tensor;
  for (const length of dims) integer(to, 1, length);
  integer(to, 2, DATA_TYPES[dtype]);
  if (name !== "") text(to, 8, name);
  if (external === undefined) {
    to.uint32((9 << 3) | BYTES).bytes(bytes);
    return;
  }
  for (const [key, value] of Object.entries(external)) pair(to, 13, key, String(value));
  integer(to, 14, 1);
}

function writeAttribute(to: Writer, name: string, attribute: OnnxAttribute): void {
  const { kind, value } = attribute;
  text(to, 1, name);
  if (kind === "float") to.uint32((2 << 3) | FLOAT).float(value);
  if (kind === "int") integer(to, 3, value);
  if (kind === "string") text(to, 4, value);
  if (kind === "tensor") nested(to, 5, (inner) => writeTensor(inner, "", value));
  if (kind === "graph") nested(to, 6, (inner) => writeGraph(inner, value));
  if (kind === "floats") for (const one of value) to.uint32((7 << 3) | FLOAT).float(one);
  if (kind === "ints") for (const one of value) integer(to, 8, one);
  if (kind === "strings") for (const one of value) text(to, 9, one);
  integer(to, 20, KINDS[kind]);
}

function writeNode(to: Writer, node: OnnxNode): void {
  for (const input of node.inputs) text(to, 1, input);
  for (const output of node.outputs) text(to, 2, output);
  text(to, 3, node.name);
  text(to, 4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    nested(to, 5, (inner) => writeAttribute(inner, name, attribute));
  }
  if (node.domain !== undefined && node.domain !== "") text(to, 7, node.domain);
}

function writeInfo(to: Writer, { name, dtype, dims }: OnnxValueInfo): void {
  text(to, 1, name);
  nested(to, 2, (type) =>
    nested(type, 1, (tensor) => {
      integer(tensor, 1, DATA_TYPES[dtype]);
      nested(tensor, 2, (shape) => {
        for (const dim of dims) {
          nested(shape, 1, (length) => {
            if (typeof dim === "number") integer(length, 1, dim);
            else text(length, 2, dim);
          });
        }
      });
    }),
  );
}

function writeGraph(to: Writer, graph: OnnxGraph): void {
  for (const node of graph.nodes) nested(to, 1, (inner) => writeNode(inner, node));
  text(to, 2, graph.name);
  for (const [name, tensor] of graph.initializers) {
    nested(to, 5, (inner) => writeTensor(inner, name, tensor));
  }
  for (const info of graph.inputs) nested(to, 11, (inner) => writeInfo(inner, info));
  for (const info of graph.outputs) nested(to, 12, (inner) => writeInfo(inner, info));
  for (const info of graph.valueInfo) nested(to, 13, (inner) => writeInfo(inner, info));
}

/** The bytes of a model's file. */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const to = protobuf.Writer.create();
  integer(to, 1, model.irVersion);
  text(to, 2, model.producerName);
  text(to, 3, model.producerVersion);
  nested(to, 7, (inner) => writeGraph(inner, model.graph));
  for (const [domain, version] of Object.entries(model.opsets)) {
    nested(to, 8, (opset) => {
      if (domain !== "") text(opset, 1, domain);
      integer(opset, 2, version);
    });
  }
  for (const [key, value] of Object.entries(model.metadata)) pair(to, 14, key, value);
  return Uint8Array.from(to.finish());
}
