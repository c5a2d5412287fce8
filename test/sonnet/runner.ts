// Runs one reference case of modules on the GPU: outputs, gradients, state, and names.

import { GradientTape, type Tensor, type Variable, assign, init, tensor } from "../../src/index.ts";
import { type Made, moduleOf } from "./modules.ts";

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

/** A case with its name. */
export interface SonnetCase {
  readonly id: string;
  readonly ctor: string;
  readonly inputs: readonly Numbers[];
  /** Name, shape, dtype, whether it is trainable. */
  readonly variables: readonly (readonly [string, readonly number[], string, boolean])[];
  readonly steps: readonly Step[];
  readonly eval_after?: Readonly<Record<string, Numbers>>;
}

/** What a case came to. */
export interface Outcome {
  readonly id: string;
  readonly group: string;
  readonly op: string;
  readonly status: "passed" | "failed" | "not covered" | "reference wrong";
  readonly message?: string;
}

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

function wave(shape: readonly number[], amplitude: number, phase: number): Tensor {
  const data = Float32Array.from({ length: size(shape) }, (_, i) => {
    return amplitude * Math.sin(1.7 * i + phase);
  });
  return tensor(data, { shape });
}

const trainable = (module: Made["module"]): Variable[] =>
  module.variables.filter((variable) => variable.trainable);

const bareName = (name: string): string => name.replace(/:0$/, "");

async function differences(
  what: string,
  got: Tensor | null | undefined,
  want: readonly number[] | null,
  rtol: number,
): Promise<string[]> {
  if (got === null || got === undefined) return want === null ? [] : [`${what} is missing`];
  if (want === null) return [];
  const values = await got.data();
  if (values.length !== want.length) return [`${what} has ${values.length} numbers`];
  const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [Number(values[i]), want[i] as number];
    if (Math.abs(a - b) <= 1e-5 + rtol * Math.abs(b) + 2e-6 * largest) continue;
    return [`${what}[${i}] is ${a}, wanted ${b}`];
  }
  return [];
}

function nameDifferences(found: readonly Variable[], wanted: SonnetCase["variables"]): string[] {
  const text = ([name, shape, , trainable]: SonnetCase["variables"][number]): string =>
    `${bareName(name)} [${shape.join()}]${trainable ? "" : " fixed"}`;
  const got = found.map(({ name, shape, trainable }) => text([name, shape, "", trainable]));
  const want = wanted.map(text);
  return got.join("; ") === want.join("; ") ? [] : [`variables are ${got.join("; ")}`];
}

/**
 * Gradients of Sonnet's UnrolledLSTM on CPUs are not those of its loss: TensorFlow's kernel for them
 * exchanges the f and the g gate. Ours are held against differences of the loss in test/nn, and against
 * staticUnroll of an LSTM.
 */
const WRONG = /^(input )?gradient\b/;

/** Runs the case; never throws. @param text  its JSON. */
export async function runSonnetCase(text: string): Promise<Outcome> {
  const given = JSON.parse(text) as SonnetCase;
  const about = { id: given.id, group: "modules", op: given.ctor.replace(/\(.*/, "") };
  await init();
  try {
    const problems = await problemsOf(given);
    if (problems === undefined) return { ...about, status: "not covered" };
    if (problems.length === 0) return { ...about, status: "passed" };
    const message = problems.slice(0, 3).join("; ");
    const isTheirs = about.op === "UnrolledLSTM" && problems.every((text) => WRONG.test(text));
    return { ...about, status: isTheirs ? "reference wrong" : "failed", message };
  } catch (error) {
    return { ...about, status: "failed", message: String(error) };
  }
}

/** Undefined if the case is none of ours. */
async function problemsOf(given: SonnetCase): Promise<string[] | undefined> {
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
  const problems = nameDifferences(module.variables, given.variables);
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
