// Optimizer and training cases: the values of variables and losses step by step.

import {
  type Tensor,
  Variable,
  matmul,
  relu,
  scope,
  slice,
  stack,
  sum,
  tanh,
  tensor,
} from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Adam, Momentum, type Optimizer, SGD } from "../../src/optimizers/index.ts";
import { argMax, equal, grad } from "../../src/index.ts";
import type { Case, Named } from "./case.ts";

type Attrs = Readonly<Record<string, unknown>>;

function makeOptimizer(
  name: string,
  attrs: Attrs,
): (Optimizer & { learningRate: number }) | undefined {
  const known = new Set(["lr", "b1", "b2", "eps", "momentum", "note", "notes", "steps", "problem"]);
  const extra = Object.keys(attrs).filter((key) => !known.has(key));
  if (extra.some((key) => key !== "schedule")) return undefined;
  const learningRate = (attrs.lr ?? 0.1) as number;
  const momentum = attrs.momentum as number;
  if (name === "sgd") return new SGD({ learningRate });
  if (name === "momentum") return new Momentum({ learningRate, momentum });
  if (name === "nesterov") return new Momentum({ learningRate, momentum, useNesterov: true });
  if (name !== "adam") return undefined;
  const [beta1, beta2, epsilon] = [attrs.b1, attrs.b2, attrs.eps] as number[];
  return new Adam({
    learningRate,
    beta1: beta1 ?? 0.9,
    beta2: beta2 ?? 0.999,
    epsilon: epsilon ?? 1e-8,
  });
}

const snapshot = (variable: Tensor): Tensor => variable.add(0);

const row = (x: Tensor, t: number): Tensor => slice(x, [t]);

/** Runs an optimizer case; undefined when not covered. */
export function runOptimizer(given: Case, x: Named): Named | undefined {
  const optimizer = makeOptimizer(given.op, given.attrs);
  if (optimizer === undefined) return undefined;
  const trained = ["w", "w1", "b1", "w2", "b2"].filter((name) => x[name] !== undefined);
  const variables = trained.map((name) => new Variable(x[name] as Tensor, { name }));
  const [w, b, w2, b2] = variables as [Variable, Variable, Variable, Variable];
  const steps = given.attrs.steps as number;
  const loss = (): Tensor => {
    if (x.A !== undefined) {
      const half = sum(matmul(w, matmul(x.A, w)).mul(0.5));
      return half.sub(sum((x.b as Tensor).mul(w)));
    }
    const hidden = tanh(matmul(x.X as Tensor, w).add(b));
    return crossEntropy(matmul(hidden, w2).add(b2), x.Y as Tensor);
  };
  const outputs: Record<string, Tensor> = {};
  const losses: Tensor[] = [];
  const trajectory: Tensor[] = [];
  const rates: number[] = [];
  for (let t = 0; t < steps; t++) {
    if (given.attrs.schedule !== undefined) optimizer.learningRate = 0.1 * 0.5 ** Math.floor(t / 6);
    rates.push(optimizer.learningRate);
    if (x.G !== undefined) optimizer.apply([row(x.G, t)], variables);
    else losses.push(optimizer.minimize(loss, variables));
    if (trained.length === 1) trajectory.push(snapshot(w));
    trained.forEach((name, i) => {
      const key = `${name}_step${t + 1}`;
      const isWanted = given.outputs.some((output) => output.name === key);
      if (isWanted) outputs[key] = snapshot(variables[i] as Variable);
    });
  }
  if (x.G === undefined) outputs.losses = stack([...losses, loss()]);
  if (given.attrs.schedule !== undefined) outputs.lrs = tensor(rates);
  if (trajectory.length > 0) outputs.w_trajectory = stack(trajectory);
  return outputs;
}

/** Runs a training case; undefined when not covered. */
export function runTraining(given: Case, x: Named): Named | undefined {
  if (given.op !== "mlp_classifier") return undefined;
  const { optimizer: name, lr, b1, b2, eps, momentum, steps } = given.attrs;
  const settings = Object.entries({ lr, b1, b2, eps, momentum }).filter(([, v]) => v !== undefined);
  const optimizer = makeOptimizer(name as string, Object.fromEntries(settings));
  if (optimizer === undefined) return undefined;
  const names = ["w1", "b1", "w2", "b2"];
  const variables = names.map((name) => new Variable(x[name] as Tensor, { name }));
  const [w1, bias1, w2, bias2] = variables as [Variable, Variable, Variable, Variable];
  const net = (input: Tensor): Tensor => {
    return matmul(relu(matmul(input.div(16), w1, { bias: bias1 })), w2, { bias: bias2 });
  };
  const losses: Tensor[] = [];
  const norms: Tensor[] = [];
  for (let t = 0; t < (steps as number); t++) {
    const loss = (): Tensor => {
      const labels = row(x.Y as Tensor, t);
      return crossEntropy(net(row(x.X as Tensor, t)), labels);
    };
    const norm = scope(() => {
      const squares = grad(loss, variables).map((g) => sum((g as Tensor).square()));
      return squares.reduce((a, b) => a.add(b)).sqrt();
    });
    norms.push(norm);
    losses.push(optimizer.minimize(loss, variables));
  }
  const logits = net(x.XT as Tensor);
  const hits = equal(argMax(logits), x.YT as Tensor).cast("i32");
  const finals = names.map((name, i) => [`${name}_final`, variables[i] as Tensor] as const);
  return {
    losses: stack(losses),
    grad_norms: stack(norms),
    test_loss: crossEntropy(logits, x.YT as Tensor),
    test_correct: sum(hits),
    ...Object.fromEntries(finals),
  };
}
