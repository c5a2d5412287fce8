// The initializers of an ONNX graph: variables that training changes, and values that stay.

import { DataError } from "../errors.ts";
import { Variable } from "../tensor/variable.ts";
import { allNodes } from "./graphRunner.ts";
import type { OnnxGraph, OnnxTensor } from "./model.ts";
import { Value, hostValueOf, tensorOf } from "./ops/value.ts";

/** Inputs of ops that are settings and no weights, by their place. */
const SETTINGS: Readonly<Record<string, readonly number[]>> = {
  ...{ Clip: [1, 2], ConstantOfShape: [0], Dropout: [1, 2], Expand: [1], OneHot: [1, 2] },
  ...{ Pad: [1, 2, 3], Range: [0, 1, 2], Resize: [1, 2, 3], Reshape: [1], Upsample: [1] },
};

/** Inputs that are statistics. */
const STATISTICS: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] };

/** Elements from which a value that stays lies on the GPU once and for all. */
const LARGE = 64;

/** Names that are read at the given places of ops. */
function namesAt(
  graph: OnnxGraph,
  places: Readonly<Record<string, readonly number[]>>,
): Set<string> {
  const names = new Set<string>();
  for (const { op, inputs } of allNodes(graph)) {
    const at = Object.hasOwn(places, op) ? places[op] : undefined;
    for (const i of at ?? []) if (inputs[i] !== undefined) names.add(inputs[i]);
  }
  return names;
}

/** Bytes of files beside a model, by the name that it has for them. */
export type ExternalFiles = Readonly<Record<string, Uint8Array>>;

/** A tensor with its elements at hand. */
function loaded(name: string, tensor: OnnxTensor, files: ExternalFiles): OnnxTensor {
  const { external } = tensor;
  if (external === undefined) return tensor;
  const file = Object.hasOwn(files, external.location) ? files[external.location] : undefined;
  const end = external.offset + external.length;
  if (file !== undefined && end <= file.length) {
    return { dtype: tensor.dtype, dims: tensor.dims, bytes: file.subarray(external.offset, end) };
  }
  throw new DataError(
    external.location,
    `the file must have ${end} bytes for the tensor "${name}"`,
    {
      got: file === undefined ? "no such file" : `${file.length}`,
      remedy: `Give it in externalFiles: { "${external.location}": bytes }.`,
    },
  );
}

/** How initializers are taken over. */
export interface WeightOptions {
  readonly trainable?: ((name: string) => boolean) | undefined;
  readonly externalFiles?: ExternalFiles | undefined;
}

/** Values of initializers, and the variables among them. */
export interface Weights {
  readonly values: ReadonlyMap<string, Value>;
  readonly variables: Readonly<Record<string, Variable>>;
}

/** A tensor of the file that nodes read by a name. */
interface Stored {
  readonly name: string;
  readonly tensor: OnnxTensor;
  /** Whether it is trained if nothing else is said. */
  readonly isWeight: boolean;
}

/** Initializers, and what nodes named Constant make. */
function storedOf(graph: OnnxGraph, files: ExternalFiles): Stored[] {
  const stored: Stored[] = [];
  for (const [name, tensor] of graph.initializers) {
    stored.push({ name, tensor: loaded(name, tensor, files), isWeight: tensor.dims.length > 0 });
  }
  for (const { op, outputs, attributes } of graph.nodes) {
    const [name, value] = [outputs[0], attributes["value"]];
    if (op !== "Constant" || name === undefined || value?.kind !== "tensor") continue;
    stored.push({ name, tensor: loaded(name, value.value, files), isWeight: false });
  }
  return stored;
}

const FLOATS = new Set(["f32", "f16", "bf16", "f64"]);

/** Takes over the tensors of a graph. */
export function importWeights(graph: OnnxGraph, options: WeightOptions): Weights {
  const [settings, statistics] = [namesAt(graph, SETTINGS), namesAt(graph, STATISTICS)];
  const values = new Map<string, Value>();
  const variables: [string, Variable][] = [];
  for (const { name, tensor, isWeight } of storedOf(graph, options.externalFiles ?? {})) {
    const host = hostValueOf(tensor);
    const isFloat = FLOATS.has(host.type);
    const mayTrain = isFloat && !settings.has(name) && !statistics.has(name);
    const trainable = mayTrain && (options.trainable?.(name) ?? isWeight);
    const stays = trainable || (isFloat && isWeight) || host.values.length > LARGE;
    if (!stays || settings.has(name)) {
      values.set(name, new Value(host, true));
      continue;
    }
    const made = tensorOf(host);
    const variable = new Variable(made, { name, trainable });
    made.dispose();
    variables.push([name, variable]);
    values.set(name, isFloat ? new Value(variable) : new Value(host, true, variable));
  }
  return { values, variables: Object.fromEntries(variables) };
}
