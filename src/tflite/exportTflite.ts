// From a module and an example to a TFLite file of its forward pass.

import { UsageError } from "../errors.ts";
import { type Graph, type TraceOptions, foldAffine, traceGraph } from "../graph/index.ts";
import { Emitter } from "./emitter.ts";
import { encodeTflite } from "./encode.ts";
import { elementWriters } from "./exportElements.ts";
import { reductionWriters } from "./exportReductions.ts";
import { shapeWriters } from "./exportShapes.ts";
import { windowWriters } from "./exportWindows.ts";
import type { TfliteModel } from "./model.ts";
import { type TfliteWeightFormat, storeWeights } from "./weights.ts";

/** What an export is told beside the module. */
export interface TfliteOptions extends Pick<TraceOptions, "inputNames" | "outputNames"> {
  /** The graph's name. Default: the module's, or `main`. */
  readonly name?: string;
  /** Text about the model. Default: nothing. */
  readonly description?: string;
  /**
   * How weights lie in the file: as f32 (default), as f16, or as int8 with a scale for each output
   * channel. They are computed with as f32.
   */
  readonly weights?: TfliteWeightFormat;
  /**
   * Whether factors and offsets behind a product or convolution, such as those of a batch norm in
   * evaluation mode, become part of its weights and bias. Default true.
   */
  readonly foldBatchNorm?: boolean;
}

const WRITERS = {
  ...elementWriters,
  ...reductionWriters,
  ...shapeWriters,
  ...windowWriters,
};

/**
 * The forward pass of a module, or of any function of tensors, as a TFLite file (schema version 3)
 * with the weights inside. Its batch is the example's. Inputs of u32 are i32 in the file.
 *
 *     const bytes = await exportTflite(model, tensor(pixels).reshape([-1, 28, 28, 1]));
 *
 * @param fn       what is exported, in evaluation mode: give what it is called with in an array, such as
 *                 `[x, { isTraining: false }]`.
 * @param example  a tensor, or the arguments of a call. Values do not matter, shapes and dtypes do.
 * @throws {UsageError} for an op that has no place in TFLite, by name, and for random numbers.
 * @see the TFLite schema, tensorflow/lite/schema/schema.fbs.
 */
export async function exportTflite(
  fn: (...args: never[]) => unknown,
  example: unknown,
  options: TfliteOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return encodeTflite(await toTfliteModel(fn, example, options));
}

/** The same as plain objects. */
export async function toTfliteModel(
  fn: (...args: never[]) => unknown,
  example: unknown,
  options: TfliteOptions = {},
): Promise<TfliteModel> {
  const args = Array.isArray(example) ? example : [example];
  const { inputNames, outputNames } = options;
  const traced = await traceGraph(fn as (...args: readonly unknown[]) => unknown, args, {
    ...(inputNames && { inputNames }),
    ...(outputNames && { outputNames }),
    batchAxes: [],
  });
  const name = (fn as { readonly moduleName?: string }).moduleName ?? "main";
  const graph = options.foldBatchNorm === false ? traced : foldAffine(traced);
  return tfliteOf(graph, { name, ...options });
}

function tfliteOf(graph: Graph, options: TfliteOptions): TfliteModel {
  const to = new Emitter(graph);
  for (const node of graph.nodes) {
    const write = Object.hasOwn(WRITERS, node.op) ? WRITERS[node.op] : undefined;
    if (write === undefined) {
      throw new UsageError("exportTflite", "every op must have a counterpart in TFLite", {
        got: `${node.op} of ${node.module || "no module"}, which makes ${node.outputs[0]?.name}`,
        remedy: "Write it with other ops, or export the parts before and behind it.",
      });
    }
    write(to, node);
  }
  storeWeights(to, options.weights ?? "f32");
  return to.model(options.name ?? "main", options.description ?? "");
}
