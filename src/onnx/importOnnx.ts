// From an ONNX file to a module that runs and trains.

import { UsageError } from "../errors.ts";
import { Module, allowEmptyVariables } from "../nn/module.ts";
import { isPlainObject } from "../tensor/plainObject.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { decodeModel } from "./decode.ts";
import { requireOps, runNodes } from "./graphRunner.ts";
import { type ExternalFiles, importWeights } from "./importWeights.ts";
import type { OnnxDType, OnnxModel, OnnxTensor } from "./model.ts";
import { Value, dtypeOf, hostValueOf } from "./ops/value.ts";

/** How a model is imported. */
export interface ImportOnnxOptions {
  /** The module's name. Default: `onnx_module`. */
  readonly name?: string;
  /** Name of the file, for messages. */
  readonly source?: string;
  /**
   * Which of the initializers of floats are trained. Default: all of rank 1 and more. Statistics of batch
   * norms, and what sets an op rather than being computed with, never are.
   */
  readonly trainable?: (name: string) => boolean;
  /** Bytes of the files beside the model in which its tensors lie, by their names. */
  readonly externalFiles?: ExternalFiles;
}

/** A tensor; or numbers on the host, for inputs that set shapes: what follows from them is known too. */
export type OnnxInput = Tensor | OnnxTensor;

/** Inputs in the model's order, or one object of them by name. */
export type OnnxInputs = readonly (OnnxInput | Readonly<Record<string, OnnxInput>>)[];

/**
 * A model of a file as a module. Floats of 16 and 64 bits are computed as f32, integers of other widths as
 * i32 or u32. It is in evaluation mode: dropout does nothing, and statistics of batch norms stay.
 */
export class OnnxModule extends Module<(...inputs: OnnxInputs) => Tensor> {
  static readonly defaultName = "onnx_module";
  /** Names of the inputs, in order. */
  readonly inputNames: readonly string[];
  /** Names of the outputs, in order. */
  readonly outputNames: readonly string[];
  /** Text about the model, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The variables by the names that the file has for them. */
  readonly weights: Readonly<Record<string, Variable>>;
  readonly #model: OnnxModel;
  readonly #values: ReadonlyMap<string, Value>;

  constructor(model: OnnxModel, options: ImportOnnxOptions = {}) {
    super(options.name);
    const { graph, metadata } = model;
    requireOps(graph);
    const { values, variables } = importWeights(graph, options);
    const free = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
    this.inputNames = free.map(({ name }) => name);
    this.outputNames = graph.outputs.map(({ name }) => name);
    [this.metadata, this.weights] = [metadata, variables];
    [this.#model, this.#values] = [model, values];
    if (Object.keys(variables).length === 0) allowEmptyVariables(this);
  }

  /** The only output. @throws {UsageError} if the model has several. */
  forward(...inputs: OnnxInputs): Tensor {
    const [name = "", ...others] = this.outputNames;
    if (others.length > 0) {
      throw new UsageError(this.moduleName, "a model that is called must have one output", {
        got: this.outputNames.join(", "),
        remedy: "Call run(): it gives all outputs by name.",
      });
    }
    return this.run(...inputs)[name] as Tensor;
  }

  /**
   * All outputs by name.
   *
   * @throws {UsageError} for an input that the model has not, one that is missing, or a shape that depends
   *   on a result of the GPU.
   */
  run(...inputs: OnnxInputs): Readonly<Record<string, Tensor>> {
    const named = this.#named(inputs);
    return scope(() => {
      const values = new Map(this.#values);
      const { graph, opsets } = this.#model;
      for (const { name, dtype } of graph.inputs) {
        const given = named.get(name);
        if (given !== undefined) values.set(name, valueOf(given, dtype));
      }
      runNodes(graph, opsets[""] ?? 1, values);
      return Object.fromEntries(
        this.outputNames.map((name) => [name, this.#output(name, values.get(name))]),
      );
    });
  }

  #output(name: string, value: Value | undefined): Tensor {
    if (value !== undefined) return value.tensor;
    throw new UsageError(this.moduleName, "the model's nodes must make all its outputs", {
      got: `no "${name}"`,
    });
  }

  /** Inputs by name, with none missing. */
  #named(inputs: OnnxInputs): Map<string, OnnxInput> {
    const isByName = inputs.length === 1 && isNamed(inputs[0]);
    const given = isByName
      ? Object.entries(inputs[0] as Readonly<Record<string, OnnxInput>>)
      : inputs.map((input, i) => [this.inputNames[i] ?? `input ${i}`, input as OnnxInput] as const);
    const named = new Map(given);
    const known = new Set(this.#model.graph.inputs.map(({ name }) => name));
    const [missing, unknown] = [
      this.inputNames.filter((name) => !named.has(name)),
      [...named.keys()].filter((name) => !known.has(name)),
    ];
    if (missing.length === 0 && unknown.length === 0) return named;
    const rule = `the model must be given ${this.inputNames.join(", ")}`;
    const parts = [
      ...(missing.length > 0 ? [`no ${missing.join(", ")}`] : []),
      ...(unknown.length > 0 ? [unknown.join(", ")] : []),
    ];
    throw new UsageError(this.moduleName, rule, { got: parts.join("; ") });
  }
}

const isNamed = (input: unknown): boolean =>
  !(input instanceof Tensor) && isPlainObject(input) && !("bytes" in (input as object));

/** @param type  that the model says the input has. */
function valueOf(given: OnnxInput, type: OnnxDType): Value {
  if (!(given instanceof Tensor)) return new Value(hostValueOf(given), true);
  return new Value(given, false, undefined, dtypeOf(type) === given.dtype ? type : undefined);
}

/**
 * An ONNX model as a module: it is called with tensors, and its weights are variables, named as in the
 * file. Needs a device: `await init()` first.
 *
 *     const model = importOnnx(new Uint8Array(await (await fetch("model.onnx")).arrayBuffer()));
 *     optimizer.minimize(() => crossEntropy(model(x), labels), model.trainableVariables);
 *
 * @param model  the bytes of a file, or what `decodeModel` makes of them.
 * @throws {DataError} if the file is not as ONNX says.
 * @throws {UsageError} for ops that cannot be imported: all of them, with their nodes.
 * @see https://onnx.ai/onnx/operators
 */
export function importOnnx(
  model: Uint8Array | OnnxModel,
  options: ImportOnnxOptions = {},
): OnnxModule {
  const source = options.source ?? "importOnnx";
  return new OnnxModule(model instanceof Uint8Array ? decodeModel(source, model) : model, options);
}
