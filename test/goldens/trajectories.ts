// Optimizer cases: the values of variables and losses step by step.

import {
  type Tensor,
  Variable,
  grad,
  matmul,
  slice,
  stack,
  sum,
  tanh,
  tensor,
} from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { ParameterAverage, globalNorm } from "../../src/optimizers/index.ts";
import type { Named } from "./case.ts";
import { type Scheduled, makeOptimizer, scheduleOf } from "./optimizers.ts";
import type { Task } from "./stage.ts";

export const snapshot = (variable: Tensor): Tensor => variable.add(0);

export const row = (x: Tensor, t: number): Tensor => slice(x, [t]);

/** Averages of the rows of W, one after the other. */
function runAverage({ x: { W }, stage }: Task, decay: number): Named {
  const rows = W as Tensor;
  const parameter = new Variable(row(rows, 0).contiguous());
  const plain = new ParameterAverage([parameter], { decay, zeroDebias: false });
  const debiased = new ParameterAverage([parameter], { decay });
  const [ema, unbiased]: [Tensor[], Tensor[]] = [[], []];
  const step = stage((value: Tensor) => {
    parameter.assign(value);
    plain.update();
    debiased.update();
    return [plain.values(), debiased.values()] as const;
  });
  for (let t = 0; t < (rows.shape[0] as number); t++) {
    const [first, second] = step(row(rows, t));
    ema.push(...first);
    unbiased.push(...second);
  }
  return { ema: stack(ema), ema_debiased: stack(unbiased) };
}

/** The loss of a problem: a quadratic form, or a small classifier. */
function lossOf(x: Named, variables: readonly Variable[]): Tensor {
  const [w, b, w2, b2] = variables as [Variable, Variable, Variable, Variable];
  if (x.A !== undefined) {
    const half = sum(matmul(w, matmul(x.A, w)).mul(0.5));
    return half.sub(sum((x.b as Tensor).mul(w)));
  }
  const hidden = tanh(matmul(x.X as Tensor, w).add(b));
  return crossEntropy(matmul(hidden, w2).add(b2), x.Y as Tensor);
}

/** A step from a given gradient, or from the loss: the norm of the gradient, and the loss before. */
function stepOf(x: Named, optimizer: Scheduled, variables: readonly Variable[]) {
  const loss = (): Tensor => lossOf(x, variables);
  return (gradient?: Tensor): { norm: Tensor; loss?: Tensor } => {
    const norm = globalNorm(gradient === undefined ? grad(loss, variables) : [gradient]);
    if (gradient === undefined) return { norm, loss: optimizer.minimize(loss, variables) };
    optimizer.apply([gradient], variables);
    return { norm };
  };
}

/** Runs an optimizer case; undefined when not covered. */
export function runOptimizer(task: Task): Named | undefined {
  const { given, x, stage } = task;
  const { op, attrs } = given;
  if (op === "ema") return runAverage(task, attrs.decay as number);
  const optimizer = makeOptimizer(op, attrs);
  const schedule = attrs.schedule === undefined ? undefined : scheduleOf(attrs.schedule as string);
  if (optimizer === undefined) return undefined;
  if (attrs.schedule !== undefined && schedule === undefined) return undefined;
  const wanted = new Set(given.outputs.map(({ name }) => name));
  const trained = ["w", "w1", "b1", "w2", "b2"].filter((name) => x[name] !== undefined);
  const variables = trained.map((name) => new Variable(x[name] as Tensor, { name }));
  const step = stage(stepOf(x, optimizer, variables));
  const outputs: Record<string, Tensor> = {};
  const losses: Tensor[] = [];
  const norms: Tensor[] = [];
  const trajectory: Tensor[] = [];
  const rates: number[] = [];
  for (let t = 0; t < (attrs.steps as number); t++) {
    if (schedule !== undefined) optimizer.learningRate = schedule(t);
    rates.push(optimizer.learningRate);
    const { norm, loss } = x.G === undefined ? step() : step(row(x.G, t));
    if (wanted.has("grad_norms")) norms.push(norm);
    if (loss !== undefined) losses.push(loss);
    if (trained.length === 1) trajectory.push(snapshot(variables[0] as Variable));
    trained.forEach((name, i) => {
      const key = `${name}_step${t + 1}`;
      if (wanted.has(key)) outputs[key] = snapshot(variables[i] as Variable);
    });
  }
  if (x.G === undefined) outputs.losses = stack([...losses, lossOf(x, variables)]);
  if (norms.length > 0) outputs.grad_norms = stack(norms);
  if (schedule !== undefined) outputs.lrs = tensor(rates);
  if (trajectory.length > 0) outputs.w_trajectory = stack(trajectory);
  return outputs;
}
