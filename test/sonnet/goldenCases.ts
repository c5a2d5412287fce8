// Runs one of Sonnet's goldens: variables by name, outputs with the numbers 0, 1, 2, … in all of them.

import { type Tensor, Variable, assign, tensor, zeros } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { decodeTensorBundle, restoreSonnet } from "../../src/workspace/index.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { described } from "./moduleCases.ts";
import { type Outputs, makeModule, outputsOf } from "./modules.ts";
import { type Described, differences, nameDifferences } from "./numbers.ts";

interface Numbers {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A golden. `ctor` is what Python shows of the module. */
export interface GoldenCase {
  readonly id: string;
  readonly ctor: string;
  readonly input: readonly number[];
  readonly input_dtype: string;
  readonly variables: readonly Described[];
  readonly outputs: Readonly<Record<string, Numbers>> | null;
  /** By the place among the variables and the name. */
  /** Sonnet's checkpoint of the module, with 0, 1, 2, … in all variables; base64. */
  readonly checkpoint?: { readonly index: string; readonly shards: readonly string[] };
  readonly vars_after: Readonly<Record<string, readonly number[]>> | null;
}

/** 0, 1, 2, … or from `start` on. */
function range(shape: readonly number[], dtype: "f32" | "i32", start: number): Tensor {
  const numbers = Array.from({ length: sizeOf(shape) }, (_, i) => i + start);
  const data = dtype === "i32" ? Int32Array.from(numbers) : Float32Array.from(numbers);
  return tensor(data, { shape });
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** A statistic that keeps nothing. */
class Nothing extends nn.Metric {
  static readonly defaultName: string = "foo_metric";
  initialize(): void {}
  update(): void {}
  reset(): void {}
  get value(): Tensor {
    return zeros([]);
  }
}

interface Made {
  readonly module: nn.Module;
  readonly run: (x: Tensor) => Outputs;
}

const INFERENCE = { isTraining: false, testLocalStats: true } as const;

/** Undefined for a module that Renga has not. */
function made({ id, ctor, input }: GoldenCase): Made | undefined {
  if (id === "dropout") {
    const module = new nn.Dropout(new Variable(tensor(0.5), { name: "Variable" }));
    return { module, run: (x) => ({ y: module(x, { isTraining: true }) }) };
  }
  if (id === "trainable_state") {
    const module = new nn.TrainableState(zeros([1]));
    return { module, run: () => ({ y: module(1) }) };
  }
  if (ctor.includes("FooMetric")) {
    const module = new nn.BaseBatchNorm(true, false, new Nothing(), new Nothing());
    return { module, run: (x) => ({ y: module(x, INFERENCE) }) };
  }
  const module = makeModule(ctor.replace(/TensorShape\((.*?)\)/g, "$1"))?.module;
  if (module === undefined) return undefined;
  const isTraining = id.includes("train") || id === "resnet50";
  if (module instanceof nn.UnrolledLSTM) {
    return { module, run: (x) => ({ y: module(x, module.initialState(1))[0] }) };
  }
  if (module instanceof nn.RNNCore) {
    const core = module as unknown as nn.RNNCore<unknown>;
    return { module, run: (x) => ({ y: core(x, core.initialState(input[0] as number))[0] }) };
  }
  if (module instanceof nn.Cifar10ConvNet) {
    return { module, run: (x) => ({ y: module(x, INFERENCE).logits }) };
  }
  const call = isTraining ? { isTraining } : INFERENCE;
  const any = module as unknown as (x: Tensor, call?: object) => unknown;
  const needsCall =
    module instanceof nn.BaseBatchNorm ||
    module instanceof nn.ResNet ||
    module instanceof nn.VectorQuantizer ||
    module instanceof nn.VectorQuantizerEMA;
  return { module, run: (x) => outputsOf(needsCall ? any(x, call) : any(x)) };
}

/** Undefined if the case is none of ours. */
export async function goldenProblems(given: GoldenCase): Promise<string[] | undefined> {
  const found = made(given);
  if (found === undefined) return undefined;
  const { module, run } = found;
  const isCore = module instanceof nn.RNNCore || module instanceof nn.UnrolledLSTM;
  const dtype = given.input_dtype === "int32" ? "i32" : "f32";
  const input = range(given.input, dtype, given.id.startsWith("vqvae") ? 0 : 1);
  const x = isCore ? input.reciprocal() : input;
  run(x);
  const variables: readonly Variable[] = nn.allVariables(module);
  const problems = nameDifferences(variables.map(described), given.variables);
  const ranges = variables.map(({ shape, dtype }) =>
    range(shape, dtype === "i32" ? "i32" : "f32", 0),
  );
  if (given.checkpoint !== undefined) {
    const { index, shards } = given.checkpoint;
    restoreSonnet(variables, decodeTensorBundle(given.id, bytesOf(index), shards.map(bytesOf)));
    for (const [i, variable] of variables.entries()) {
      const want = [...(await (ranges[i] as Tensor).data())] as number[];
      problems.push(...(await differences(`restored ${variable.name}`, variable, want, 0)));
    }
  }
  if (given.outputs === null) return problems;
  variables.forEach((variable, i) => assign(variable, ranges[i] as Tensor));
  const outputs = run(x);
  for (const [name, { values }] of Object.entries(given.outputs)) {
    problems.push(...(await differences(`output ${name}`, outputs[name], values)));
  }
  for (const [name, values] of Object.entries(given.vars_after ?? {})) {
    const variable = variables[Number.parseInt(name)];
    problems.push(...(await differences(`variable ${name}`, variable, values)));
  }
  return problems;
}
