// From a module and an example to an ONNX file of its forward pass.

import { UsageError } from "../errors.ts";
import {
  type Dim,
  type Graph,
  type TraceOptions,
  foldAffine,
  isBatch,
  traceGraph,
} from "../graph/index.ts";
import { type Attribute, type Emitted, Emitter, REAL_ATTRIBUTES, type Slot } from "./emitter.ts";
import { encodeModel } from "./encode.ts";
import { elementWriters } from "./exportElements.ts";
import { shapeWriters } from "./exportShapes.ts";
import { windowWriters } from "./exportWindows.ts";
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from "./model.ts";
import { simplify } from "./simplify.ts";
import { type WeightFormat, storeWeights, tensorOf } from "./weights.ts";

/** What an export is told beside the module. */
export interface OnnxOptions extends TraceOptions {
  /** The graph's name. Default: the module's, or `graph`. */
  readonly name?: string;
  /** Text about the model, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * How weights lie in the file: as f32 (default), as f16, or as int8 with a scale for each output
   * channel. They are computed with as f32.
   */
  readonly weights?: WeightFormat;
  /**
   * Whether factors and offsets behind a product or convolution, such as those of a batch norm in
   * evaluation mode, become part of its weights and bias. Default false.
   */
  readonly foldBatchNorm?: boolean;
}

/** The op set that is written: those that readers of ONNX know since 2022. */
const OPSET = 17;

/** The version of the file format that goes with it. */
const IR_VERSION = 8;

const WRITERS = { ...elementWriters, ...shapeWriters, ...windowWriters };

/**
 * The forward pass of a module, or of any function of tensors, as an ONNX model (op set 17) with the
 * weights inside. Its batch is a length of its own, `batch`.
 *
 *     const bytes = await exportOnnx(model, tensor(pixels).reshape([-1, 28, 28, 1]));
 *
 * @param fn       what is exported, in evaluation mode: give what it is called with in an array, such as
 *                 `[x, { isTraining: false }]`.
 * @param example  a tensor, or the arguments of a call. Values do not matter, shapes and dtypes do.
 * @throws {UsageError} for an op that has no place in ONNX, by name, and for random numbers.
 */
export async function exportOnnx(
  fn: (...args: never[]) => unknown,
  example: unknown,
  options: OnnxOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return encodeModel(await toOnnxModel(fn, example, options));
}

/** The same as plain objects. */
export async function toOnnxModel(
  fn: (...args: never[]) => unknown,
  example: unknown,
  options: OnnxOptions = {},
): Promise<OnnxModel> {
  const args = Array.isArray(example) ? example : [example];
  const traced = await traceGraph(fn as (...args: readonly unknown[]) => unknown, args, options);
  const graph = options.foldBatchNorm === true ? foldAffine(traced) : traced;
  const name = (fn as { readonly moduleName?: string }).moduleName ?? "graph";
  return onnxOf(graph, { name, ...options });
}

/** An ONNX model of a graph. */
export function onnxOf(graph: Graph, options: OnnxOptions = {}): OnnxModel {
  const to = new Emitter(graph);
  for (const node of graph.nodes) {
    const write = Object.hasOwn(WRITERS, node.op) ? WRITERS[node.op] : undefined;
    if (write === undefined) {
      throw new UsageError("exportOnnx", "every op must have a counterpart in ONNX", {
        got: `${node.op} of ${node.module || "no module"}, which makes ${node.outputs[0]?.name}`,
        remedy: "Write it with other ops, or export the parts before and behind it.",
      });
    }
    write(to, node);
  }
  simplify(to);
  const dequantizers = storeWeights(to, options.weights ?? "f32");
  const nodes = [...dequantizers, ...to.nodes].map((node, i) => nodeOf(node, i));
  const initializers = new Map<string, OnnxTensor>();
  for (const [name, array] of to.initializers) initializers.set(name, tensorOf(array));
  return {
    irVersion: IR_VERSION,
    opsets: { "": OPSET },
    producerName: "renga",
    producerVersion: "0.1.0",
    metadata: options.metadata ?? {},
    graph: {
      name: options.name ?? "graph",
      nodes,
      initializers,
      inputs: graph.inputs.map((value) => infoOf(to.slot(value))),
      outputs: graph.outputs.map((value) => infoOf(to.slot(value))),
      valueInfo: [],
    },
  };
}

function infoOf({ name, dtype, shape }: Slot): OnnxValueInfo {
  return { name, dtype, dims: shape.map(lengthOf) };
}

function lengthOf(dim: Dim): number | string {
  if (!isBatch(dim)) return dim;
  const scaled = dim.times === 1 ? "batch" : `${dim.times}*batch`;
  return dim.plus === 0 ? scaled : `${scaled}+${dim.plus}`;
}

function nodeOf({ op, inputs, outputs, attributes }: Emitted, index: number): OnnxNode {
  return {
    op,
    name: `${op}_${index}`,
    inputs: inputs.map((slot) => slot?.name ?? ""),
    outputs: outputs.map(({ name }) => name),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, attributeOf(name, value)]),
    ),
  };
}

function attributeOf(name: string, value: Attribute): OnnxAttribute {
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value !== "number") return { kind: "ints", value };
  return { kind: REAL_ATTRIBUTES.has(name) ? "float" : "int", value };
}
