// Training cases: whole networks, from given weights on given batches.

import * as renga from "../../src/index.ts";
import { type Tensor, Variable, matmul, relu, stack, sum, tanh } from "../../src/index.ts";
import { binaryCrossEntropyWithLogits, crossEntropy } from "../../src/losses/index.ts";
import { globalNorm } from "../../src/optimizers/index.ts";
import { type Adversaries, runDcgan, runGan, runWganGp } from "./adversarial.ts";
import type { Case, Named } from "./case.ts";
import { runGpt } from "./gpt.ts";
import { type Scheduled, makeOptimizer } from "./optimizers.ts";
import type { Task } from "./stage.ts";
import { row } from "./trajectories.ts";

const SETTINGS = ["lr", "b1", "b2", "eps", "momentum", "weight_decay", "decay", "amsgrad"];

/** A new optimizer as a case's attributes name it; undefined when not covered. */
function optimizerOf({ attrs }: Case): Scheduled | undefined {
  const given = Object.entries(attrs).filter(([name]) => SETTINGS.includes(name));
  return makeOptimizer(attrs.optimizer as string, Object.fromEntries(given));
}

/** Variables of the trained inputs, by name. */
function variablesOf(given: Case, x: Named): Readonly<Record<string, Variable>> {
  const trained = given.inputs.filter(({ grad }) => grad === true);
  return Object.fromEntries(
    trained.map(({ name }) => [name, new Variable(x[name] as Tensor, { name })]),
  );
}

const finals = (v: Readonly<Record<string, Variable>>): Named => {
  return Object.fromEntries(Object.entries(v).map(([name, w]) => [`${name}_final`, w]));
};

/** Trains a classifier, then looks at the test rows. */
function runClassifier(
  { given, x, stage }: Task,
  net: (input: Tensor, v: Named) => Tensor,
): Named | undefined {
  const optimizer = optimizerOf(given);
  if (optimizer === undefined) return undefined;
  const v = variablesOf(given, x);
  const variables = Object.values(v);
  const step = stage((input: Tensor, labels: Tensor) => {
    const loss = (): Tensor => crossEntropy(net(input, v), labels);
    const norm = globalNorm(renga.grad(loss, variables));
    return { norm, loss: optimizer.minimize(loss, variables) };
  });
  const [losses, norms]: [Tensor[], Tensor[]] = [[], []];
  for (let t = 0; t < (given.attrs.steps as number); t++) {
    const { norm, loss } = step(row(x.X as Tensor, t), row(x.Y as Tensor, t));
    norms.push(norm);
    losses.push(loss);
  }
  const logits = net(x.XT as Tensor, v);
  const hits = renga.equal(renga.argMax(logits), x.YT as Tensor).cast("i32");
  return {
    losses: stack(losses),
    grad_norms: stack(norms),
    test_loss: crossEntropy(logits, x.YT as Tensor),
    test_correct: sum(hits),
    ...finals(v),
  };
}

const dense = (x: Tensor, w: Tensor | undefined, b: Tensor | undefined): Tensor => {
  return matmul(x, w as Tensor, { bias: b as Tensor });
};

const mlp = (input: Tensor, { w1, b1, w2, b2 }: Named): Tensor => {
  return dense(relu(dense(input.div(16), w1, b1)), w2, b2);
};

/** The largest of each 2 × 2 block. */
function maxPool2(x: Tensor): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  return renga.max(x.reshape([n, h / 2, 2, w / 2, 2, c]), [2, 4]);
}

const cnn = (input: Tensor, { c1, d1, c2, d2, w, b }: Named): Tensor => {
  const image = input.div(16).reshape([input.shape[0] as number, 8, 8, 1]);
  const block = (x: Tensor, filter: Tensor, bias: Tensor): Tensor => {
    return maxPool2(relu(renga.conv(x, filter, { bias, padding: "same" })));
  };
  const hidden = block(block(image, c1 as Tensor, d1 as Tensor), c2 as Tensor, d2 as Tensor);
  return dense(hidden.reshape([input.shape[0] as number, -1]), w, b);
};

function runVae({ given, x, stage }: Task): Named | undefined {
  const optimizer = optimizerOf(given);
  if (optimizer === undefined) return undefined;
  const v = variablesOf(given, x);
  const step = stage((pixels: Tensor, noise: Tensor): Named => {
    const input = pixels.div(16);
    const batch = input.shape[0] as number;
    using tape = new renga.GradientTape();
    const hidden = tanh(dense(input, v.e1_w, v.e1_b));
    const [mu, logVariance] = [dense(hidden, v.mu_w, v.mu_b), dense(hidden, v.lv_w, v.lv_b)];
    const z = mu.add(logVariance.div(2).exp().mul(noise));
    const logits = dense(tanh(dense(z, v.d1_w, v.d1_b)), v.d2_w, v.d2_b);
    const reconstruction = binaryCrossEntropyWithLogits(logits, input, { reduction: "sum" });
    const divergence = sum(mu.square().add(logVariance.exp()).sub(logVariance).sub(1)).mul(0.5);
    const parts = { recon_loss: reconstruction.div(batch), kl_loss: divergence.div(batch) };
    const loss = parts.recon_loss.add(parts.kl_loss);
    optimizer.apply(tape.gradient(loss, Object.values(v)), Object.values(v));
    return { ...parts, losses: loss };
  });
  const curves: Record<string, Tensor[]> = { losses: [], recon_loss: [], kl_loss: [] };
  for (let t = 0; t < (given.attrs.steps as number); t++) {
    const parts = step(row(x.X as Tensor, t), row(x.noise as Tensor, t));
    for (const [name, part] of Object.entries(parts)) curves[name]?.push(part);
  }
  const stacked = Object.entries(curves).map(([name, list]) => [name, stack(list)]);
  return { ...(Object.fromEntries(stacked) as Named), ...finals(v) };
}

/** Both players of a case: variables whose names begin with g and with d. */
function adversaries({ given, x }: Task): Adversaries | undefined {
  const [generatorOptimizer, criticOptimizer] = [optimizerOf(given), optimizerOf(given)];
  if (generatorOptimizer === undefined || criticOptimizer === undefined) return undefined;
  const v = variablesOf(given, x);
  const beginning = (letter: string): Variable[] => {
    return Object.entries(v).flatMap(([name, w]) => (name.startsWith(letter) ? [w] : []));
  };
  return { v, g: beginning("g"), d: beginning("d"), generatorOptimizer, criticOptimizer };
}

const withAdversaries =
  (run: (task: Task, players: Adversaries) => Named | undefined) =>
  (task: Task): Named | undefined => {
    const players = adversaries(task);
    return players && run(task, players);
  };

const RUNS: Readonly<Record<string, (task: Task) => Named | undefined>> = {
  mlp_classifier: (task) => runClassifier(task, mlp),
  cnn_classifier: (task) => runClassifier(task, cnn),
  vae: runVae,
  gan: withAdversaries(runGan),
  wgan_gp: withAdversaries(runWganGp),
  dcgan: withAdversaries(runDcgan),
  gpt: (task) => {
    const optimizer = optimizerOf(task.given);
    return optimizer && runGpt(task, variablesOf(task.given, task.x), optimizer);
  },
};

/** Runs a training case; undefined when not covered. */
export function runTraining(task: Task): Named | undefined {
  return RUNS[task.given.op]?.(task);
}
