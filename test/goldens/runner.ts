// Runs one reference case and says how it went.

import { GradientTape, Tensor, init, mul, scope, sum } from "../../src/index.ts";
import { type Case, type CaseTensor, type Named, difference, toTensor } from "./case.ts";
import { OPS } from "./ops.ts";
import { SECOND_ORDER } from "./secondOrder.ts";
import { type Stage, compiling, eager, reordered } from "./stage.ts";
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
  const run = OPS[given.op] ?? SECOND_ORDER[given.op];
  const result = run?.(inputs, given.attrs);
  if (!(result instanceof Tensor)) return result;
  return { [given.outputs[0]?.name ?? "y"]: result };
}

/** The outputs and gradients of an op. */
function differentiate(given: Case, inputs: Named, cotangents: Named): Computed | undefined {
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

const ROUNDS = 3;

/** All of a case. An op runs three times if it is compiled, the second time on other values. */
function compute(given: Case, stage: Stage): Computed | undefined {
  const x = named(given.inputs);
  if (given.kind === "optimizer" || given.kind === "training") {
    const task = { given, x, stage };
    const outputs = given.kind === "optimizer" ? runOptimizer(task) : runTraining(task);
    return outputs && { outputs, grads: {} };
  }
  const cotangents = named(given.cotangents);
  const run = stage((inputs: Named, dys: Named) => differentiate(given, inputs, dys));
  if (stage === eager) return run(x, cotangents);
  const rounds = Array.from({ length: ROUNDS }, (_, i) => {
    return i === 1 ? run(reordered(x), reordered(cotangents)) : run(x, cotangents);
  });
  return rounds.at(-1);
}

/** Runs a case given as JSON text. */
export function runCase(json: string): Promise<CaseResult> {
  return runStaged(json, eager);
}

/** Runs a case given as JSON text with its function compiled, or its training steps. */
export async function runCompiledCase(json: string): Promise<CaseResult> {
  const { stage, problem, end } = compiling();
  try {
    const result = await runStaged(json, stage);
    const message = result.status === "passed" ? problem() : undefined;
    return message === undefined ? result : { ...result, status: "failed", message };
  } finally {
    end();
  }
}

async function runStaged(json: string, stage: Stage): Promise<CaseResult> {
  const given = JSON.parse(json) as Case;
  const { id, group, op, tol } = given;
  const done = (status: CaseResult["status"], message = ""): CaseResult => {
    return { id, group, op, status, message };
  };
  try {
    await init();
    const computed = scope(() => compute(given, stage));
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
