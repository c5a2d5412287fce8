// An ONNX model from the bytes of its file: the mirror of encode.ts.

import { DataError } from "../errors.ts";
import { checkGraph } from "./checkGraph.ts";
import { decodeTensor, dtypeOfNumber, entryOf } from "./decodeTensor.ts";
import type {
  OnnxAttribute,
  OnnxDType,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from "./model.ts";
import { type Field, eachField, floatsInto } from "./wire.ts";

/** Graphs within graphs, at most. */
const MAX_DEPTH = 16;

/** Kinds of attributes by their number; others are passed over. */
const KINDS: readonly (OnnxAttribute["kind"] | undefined)[] = [
  ...([undefined, "float", "int", "string", "tensor", "graph"] as const),
  ...(["floats", "ints", "strings"] as const),
];

interface AttributeParts {
  name: string;
  type: number;
  float: number;
  int: number;
  string: string;
  tensor: OnnxTensor | undefined;
  graph: OnnxGraph | undefined;
  readonly floats: number[];
  readonly ints: number[];
  readonly strings: string[];
}

function readAttributeField(parts: AttributeParts, field: Field, depth: number): void {
  const { number, source } = field;
  if (number === 1) parts.name = field.text();
  else if (number === 2) parts.float = field.float();
  else if (number === 3) parts.int = field.nearestInteger();
  else if (number === 4) parts.string = field.text();
  else if (number === 5) parts.tensor = decodeTensor(source, field.bytes()).tensor;
  else if (number === 6) parts.graph = decodeGraph(source, field.bytes(), depth + 1);
  else if (number === 7) floatsInto(field, parts.floats);
  else if (number === 8) field.into(parts.ints, (one) => one.nearestInteger());
  else if (number === 9) parts.strings.push(field.text());
  else if (number === 20) parts.type = field.integer();
}

function decodeAttribute(
  source: string,
  message: Uint8Array,
  depth: number,
): [name: string, attribute: OnnxAttribute] | undefined {
  const parts: AttributeParts = {
    ...{ name: "", type: 0, float: 0, int: 0, string: "", tensor: undefined, graph: undefined },
    ...{ floats: [], ints: [], strings: [] },
  };
  eachField(source, message, (field) => readAttributeField(parts, field, depth));
  const kind = KINDS[parts.type];
  if (kind === undefined) return undefined;
  const value = parts[kind];
  if (value !== undefined) return [parts.name, { kind, value } as OnnxAttribute];
  throw new DataError(source, `the attribute "${parts.name}" must have a ${kind}`);
}

function decodeNode(source: string, message: Uint8Array, depth: number): OnnxNode {
  let [op, name, domain] = ["", "", ""];
  const [inputs, outputs]: string[][] = [[], []];
  const attributes: [string, OnnxAttribute][] = [];
  eachField(source, message, (field, number) => {
    if (number === 1) inputs?.push(field.text());
    else if (number === 2) outputs?.push(field.text());
    else if (number === 3) name = field.text();
    else if (number === 4) op = field.text();
    else if (number === 5) {
      const attribute = decodeAttribute(source, field.bytes(), depth);
      if (attribute !== undefined) attributes.push(attribute);
    } else if (number === 7) domain = field.text();
  });
  if (op === "") throw new DataError(source, "a node must name its op", { got: `node "${name}"` });
  return {
    ...{ op, name, inputs: inputs ?? [], outputs: outputs ?? [] },
    attributes: Object.fromEntries(attributes),
    ...(domain !== "" && domain !== "ai.onnx" && { domain }),
  };
}

function decodeDim(source: string, message: Uint8Array): number | string {
  let dim: number | string = "";
  eachField(source, message, (field, number) => {
    if (number === 1) dim = field.integer();
    else if (number === 2) dim = field.text();
  });
  if (typeof dim === "string" || dim >= 0) return dim;
  // Some writers say -1 for a length that is not fixed.
  return "";
}

interface TensorType {
  readonly dtype: OnnxDType;
  readonly dims: readonly (number | string)[];
}

function decodeTensorType(source: string, message: Uint8Array): TensorType {
  let dtype: OnnxDType = "f32";
  const dims: (number | string)[] = [];
  eachField(source, message, (field, number) => {
    if (number === 1) dtype = dtypeOfNumber(source, field.integer());
    if (number !== 2) return;
    eachField(source, field.bytes(), (dim, of) => {
      if (of === 1) dims.push(decodeDim(source, dim.bytes()));
    });
  });
  return { dtype, dims };
}

/** Undefined for a value that is no tensor, or has no type. */
function decodeInfo(source: string, message: Uint8Array): OnnxValueInfo | string {
  let name = "";
  let type: TensorType | undefined;
  eachField(source, message, (field, number) => {
    if (number === 1) name = field.text();
    if (number !== 2) return;
    eachField(source, field.bytes(), (inner, of) => {
      if (of === 1) type = decodeTensorType(source, inner.bytes());
    });
  });
  return type === undefined ? name : { name, ...(type as TensorType) };
}

function requireTensor(source: string, info: OnnxValueInfo | string): OnnxValueInfo {
  if (typeof info !== "string") return info;
  throw new DataError(source, "inputs and outputs must be tensors", { got: `"${info}" is none` });
}

function addTensor(source: string, to: Map<string, OnnxTensor>, message: Uint8Array): void {
  const { name, tensor } = decodeTensor(source, message);
  if (name === "" || to.has(name)) {
    throw new DataError(source, "tensors must have a name each of their own", { got: `"${name}"` });
  }
  to.set(name, tensor);
}

function decodeGraph(source: string, message: Uint8Array, depth: number): OnnxGraph {
  if (depth > MAX_DEPTH) {
    throw new DataError(source, `graphs must not lie more than ${MAX_DEPTH} deep in one another`);
  }
  let name = "";
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  const valueInfo: OnnxValueInfo[] = [];
  // A branch of a condition may leave its outputs' types out.
  const infoOf = (field: Field): OnnxValueInfo => {
    const info = decodeInfo(source, field.bytes());
    if (depth > 0 && typeof info === "string") return { name: info, dtype: "f32", dims: [] };
    return requireTensor(source, info);
  };
  eachField(source, message, (field, number) => {
    if (number === 1) nodes.push(decodeNode(source, field.bytes(), depth));
    else if (number === 2) name = field.text();
    else if (number === 5) addTensor(source, initializers, field.bytes());
    else if (number === 11) inputs.push(infoOf(field));
    else if (number === 12) outputs.push(infoOf(field));
    else if (number === 13) {
      const info = decodeInfo(source, field.bytes());
      if (typeof info !== "string") valueInfo.push(info);
    } else if (number === 15) {
      throw new DataError(source, "tensors of the file must be dense", { got: "a sparse one" });
    }
  });
  return { name, nodes, initializers, inputs, outputs, valueInfo };
}

function decodeOpset(source: string, message: Uint8Array): [domain: string, version: number] {
  let [domain, version] = ["", 0];
  eachField(source, message, (field, number) => {
    if (number === 1) domain = field.text();
    else if (number === 2) version = field.integer();
  });
  return [domain === "ai.onnx" ? "" : domain, version];
}

function decode(source: string, bytes: Uint8Array): OnnxModel {
  let [irVersion, producerName, producerVersion] = [0, "", ""];
  let graph: OnnxGraph | undefined;
  const [opsets, metadata]: [[string, number][], [string, string][]] = [[], []];
  eachField(source, bytes, (field, number) => {
    if (number === 1) irVersion = field.integer();
    else if (number === 2) producerName = field.text();
    else if (number === 3) producerVersion = field.text();
    else if (number === 7) graph = decodeGraph(source, field.bytes(), 0);
    else if (number === 8) opsets.push(decodeOpset(source, field.bytes()));
    else if (number === 14) metadata.push(entryOf(source, field.bytes()));
  });
  if (graph === undefined || irVersion < 1) {
    throw new DataError(source, "an ONNX model must have a version and a graph", {
      got: graph === undefined ? "no graph" : `version ${irVersion}`,
      remedy: "Is it an ONNX file?",
    });
  }
  checkGraph(source, graph);
  const [opsetOf, metadataOf] = [Object.fromEntries(opsets), Object.fromEntries(metadata)];
  return { irVersion, opsets: opsetOf, producerName, producerVersion, metadata: metadataOf, graph };
}

/**
 * An ONNX model as plain objects. Its tensors are views of `bytes`, where the file holds them raw.
 *
 * @param source  name of the file, for messages.
 * @param bytes   the file: a protobuf message.
 * @throws {DataError} if it is no ONNX model, is cut off, a tensor is not as long as it says, or its nodes
 *   do not follow one another.
 * @see https://github.com/onnx/onnx/blob/main/docs/IR.md
 */
export function decodeModel(source: string, bytes: Uint8Array): OnnxModel {
  try {
    return decode(source, bytes);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(source, "the file must be a protobuf message of ONNX", { got, cause });
  }
}
