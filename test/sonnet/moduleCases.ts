// Runs one reference case of modules: outputs, gradients, state, and names.

import { GradientTape, type Tensor, type Variable, assign, tensor } from "../../src/index.ts";
import { type Made, moduleOf } from "./modules.ts";
import { type Described, differences, nameDifferences, wave } from "./numbers.ts";

interface Numbers {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

interface Step {
  readonly outputs: Readonly<Record<string, Numbers>>;
  readonly loss: number;
  readonly grads: Readonly<Record<string, readonly number[] | null>>;
  readonly input_grads: readonly (readonly number[] | null)[];
  readonly state: Readonly<Record<string, readonly number[]>>;
}

/** A module with an input, and what comes of some steps. */
export interface ModuleCase {
  readonly id: string;
  readonly ctor: string;
  readonly inputs: readonly Numbers[];
  readonly variables: readonly Described[];
  readonly steps: readonly Step[];
  readonly eval_after?: Readonly<Record<string, Numbers>>;
}

/** A variable as the cases tell it. */
export const described = ({ name, shape, dtype, trainable }: Variable): Described => [
  name,
  shape,
  dtype,
  trainable,
];

const trainable = (module: Made["module"]): Variable[] =>
  module.variables.filter((variable) => variable.trainable);

/** Undefined if the case is none of ours. */
export async function moduleProblems(given: ModuleCase): Promise<string[] | undefined> {
  const made = moduleOf(given.id, given.ctor);
  const [first] = given.inputs;
  if (made === undefined || first === undefined || given.inputs.length !== 1) return undefined;
  const { module, call } = made;
  const isWhole = first.dtype === "int32";
  const data = isWhole ? Int32Array.from(first.values) : Float32Array.from(first.values);
  const x = tensor(data, { shape: first.shape });
  call(x, false);
  // Sonnet's numbers are f32 too, and deep nets add up what that leaves out.
  const rtol = given.ctor.startsWith("nets.ResNet") ? 1e-3 : 1e-4;
  const problems = nameDifferences(module.variables.map(described), given.variables);
  // A codebook that no gradient moves is filled like a trainable one.
  const isFilled = given.ctor.includes("embeddings filled");
  const filled = isFilled ? module.variables.slice(0, 1) : trainable(module);
  filled.forEach((variable, k) => assign(variable, wave(variable.shape, 0.4, k + 1)));
  for (const step of given.steps) {
    problems.push(...(await stepProblems(made, { x, isWhole, step, rtol })));
  }
  if (given.eval_after?.y !== undefined) {
    const isNet = given.ctor.startsWith("nets.");
    const { y } = call(isNet ? x : x.mul(2).add(1), false);
    problems.push(...(await differences("output after", y, given.eval_after.y.values, rtol)));
  }
  return problems;
}

interface StepGiven {
  readonly x: Tensor;
  readonly isWhole: boolean;
  readonly step: Step;
  readonly rtol: number;
}

async function stepProblems({ module, call }: Made, given: StepGiven): Promise<string[]> {
  const { x, isWhole, step, rtol } = given;
  const sources: Tensor[] = [...trainable(module), ...(isWhole ? [] : [x])];
  const tape = new GradientTape();
  tape.watch(...sources);
  const outputs = call(x, true);
  const loss = Object.values(outputs)
    .filter(({ dtype }) => dtype === "f32")
    .map((y) => {
      const cotangent = Float32Array.from({ length: y.size }, (_, i) => Math.cos(0.9 * i + 0.3));
      return y.mul(tensor(cotangent, { shape: y.shape })).sum();
    })
    .reduce((a, b) => a.add(b));
  const grads = tape.gradient(loss, sources);
  tape.dispose();
  const variables = module.variables;
  const lists = [
    ...Object.entries(step.outputs).map(([name, want]) => {
      return differences(`output ${name}`, outputs[name], want.values, rtol);
    }),
    differences("loss", loss, [step.loss], rtol),
    ...Object.entries(step.grads).map(([name, want]) => {
      return differences(`gradient ${name}`, grads[Number.parseInt(name)], want, rtol);
    }),
    ...(isWhole
      ? []
      : [differences("input gradient", grads.at(-1), step.input_grads[0] ?? null, rtol)]),
    ...Object.entries(step.state).map(([name, want]) => {
      return differences(`state ${name}`, variables[Number.parseInt(name)], want, rtol);
    }),
  ];
  return (await Promise.all(lists)).flat();
}
