// Runs one reference case and says how it went.

import { GradientTape, Tensor, init, mul, scope, sum } from "../../src/index.ts";
import { type Case, type CaseTensor, type Named, difference, toTensor } from "./case.ts";
import { OPS } from "./ops.ts";
import { SECOND_ORDER } from "./secondOrder.ts";
import { runTraining } from "./training.ts";
import { runOptimizer } from "./trajectories.ts";

export interface CaseResult {
  readonly id: string;
  readonly group: string;
  readonly op: string;
  readonly status: "passed" | "failed" | "not covered";
  readonly message: string;
}

interface Computed {
  readonly outputs: Named;
  readonly grads: Readonly<Record<string, Tensor | null>>;
}

function named(tensors: readonly CaseTensor[] = []): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((given) => [given.name, toTensor(given)]));
}

function outputsOf(given: Case, inputs: Named): Named | undefined {
  if (given.kind === "optimizer") return runOptimizer(given, inputs);
  if (given.kind === "training") return runTraining(given, inputs);
  const run = OPS[given.op] ?? SECOND_ORDER[given.op];
  const result = run?.(inputs, given.attrs);
  if (!(result instanceof Tensor)) return result;
  return { [given.outputs[0]?.name ?? "y"]: result };
}

function compute(given: Case): Computed | undefined {
  const inputs = named(given.inputs);
  const cotangents = named(given.cotangents);
  const wanted = (given.grads ?? []).map(({ name }) => name);
  const sources = wanted.map((name) => inputs[name] as Tensor);
  using tape = new GradientTape();
  tape.watch(...sources);
  const outputs = outputsOf(given, inputs);
  if (outputs === undefined) return undefined;
  if (wanted.length === 0) return { outputs, grads: {} };
  const terms = Object.entries(cotangents).map(([name, dy]) =>
    sum(mul(outputs[name] as Tensor, dy)),
  );
  const total = terms.reduce((a, b) => a.add(b));
  const grads = tape.gradient(total, sources);
  return { outputs, grads: Object.fromEntries(wanted.map((name, i) => [name, grads[i] ?? null])) };
}

/** Runs a case given as JSON text. */
export async function runCase(json: string): Promise<CaseResult> {
  const given = JSON.parse(json) as Case;
  const { id, group, op, tol } = given;
  const done = (status: CaseResult["status"], message = ""): CaseResult => {
    return { id, group, op, status, message };
  };
  try {
    await init();
    const computed = scope(() => compute(given));
    if (computed === undefined) return done("not covered");
    const problems = await Promise.all([
      ...given.outputs.map((want) => {
        return difference(computed.outputs[want.name], want, tol.outputs[want.name]);
      }),
      ...(given.grads ?? []).map((want) => {
        return difference(computed.grads[want.name], want, tol.grads?.[want.name]);
      }),
    ]);
    const problem = problems.find((text) => text !== undefined);
    return problem === undefined ? done("passed") : done("failed", problem);
  } catch (error) {
    return done("failed", (error as Error).message);
  }
}
