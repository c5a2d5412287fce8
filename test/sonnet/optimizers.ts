// Runs one reference case of optimizers: parameters after each of four steps, and slots at the end.

import { type Tensor, Variable, tensor } from "../../src/index.ts";
import {
  Adam,
  Momentum,
  type Optimizer,
  RMSProp,
  SGD,
  SparseGradient,
} from "../../src/optimizers/index.ts";
import { differences, wave } from "./numbers.ts";

/** A case: an optimizer with dense gradients, or with some rows of the first parameter's. */
export interface OptimizerCase {
  readonly id: string;
  readonly ctor: string;
  readonly isSparse: boolean;
  /** After each step, per parameter. */
  readonly params: readonly (readonly (readonly number[])[])[];
  /** By the place among the optimizer's variables and the variable's name. */
  readonly slots: Readonly<Record<string, readonly number[]>>;
}

/** Sonnet's names of slots, where they are others. */
const SLOTS: Readonly<Record<string, string>> = {
  accumulated_momentum: "accumulatedMomentum",
  mg: "mean",
};

function optimizerOf(text: string): Optimizer | undefined {
  const [, name = "", inner = ""] = /^(\w+)\((.*)\)$/.exec(text) ?? [];
  const [learningRate = 0, momentum = 0] = inner.split(",").map(Number);
  const epsilon = /eps([\d.e-]+)/.exec(inner)?.[1];
  if (name === "SGD") return new SGD({ learningRate });
  if (name === "Adam") return new Adam({ learningRate });
  const useNesterov = inner.includes("nesterov");
  if (name === "Momentum") return new Momentum({ learningRate, momentum, useNesterov });
  if (name !== "RMSProp") return undefined;
  const centered = inner.includes("centered");
  const given = /mom(?:entum)?=?([\d.]+)/.exec(inner)?.[1];
  return new RMSProp({
    learningRate,
    centered,
    ...(epsilon !== undefined && { epsilon: Number(epsilon) }),
    ...(given !== undefined && { momentum: Number(given) }),
  });
}

/** Undefined if the case is none of ours. */
export async function optimizerProblems(given: OptimizerCase): Promise<string[] | undefined> {
  const optimizer = optimizerOf(given.ctor);
  if (optimizer === undefined) return undefined;
  const parameters = [wave([4, 2], 0.4, 1), wave([3], 0.4, 2)].map((value) => new Variable(value));
  const indices = tensor([2, 0, 2], { dtype: "i32" });
  const problems: string[] = [];
  for (const [t, wanted] of given.params.entries()) {
    const first = given.isSparse
      ? new SparseGradient(wave([3, 2], 1, t + 5), indices)
      : wave([4, 2], 1, t + 5);
    optimizer.apply([first, t === 1 ? null : wave([3], 1, t + 7)], parameters);
    for (const [i, want] of wanted.entries()) {
      problems.push(...(await differences(`parameter ${i} after ${t + 1}`, parameters[i], want)));
    }
  }
  const met = new Map<string, number>();
  for (const [key, want] of Object.entries(given.slots)) {
    const part = key.split("/")[1] as string;
    const at = met.get(part) ?? 0;
    met.set(part, at + 1);
    const slot: Tensor | undefined =
      part === "t:0" ? optimizer.step : optimizer.slots[SLOTS[part] ?? part]?.[at];
    problems.push(...(await differences(`slot ${key}`, slot, want)));
  }
  return problems;
}
