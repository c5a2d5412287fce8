// Training cases: whole networks, from given weights on given batches.

import * as renga from "../../src/index.ts";
import { type Tensor, Variable, matmul, mean, relu, stack, sum, tanh } from "../../src/index.ts";
import { binaryCrossEntropyWithLogits, crossEntropy } from "../../src/losses/index.ts";
import { globalNorm } from "../../src/optimizers/index.ts";
import { type Adversaries, runDcgan, runGan, runWganGp } from "./adversarial.ts";
import type { Case, Named } from "./case.ts";
import { runGpt } from "./gpt.ts";
import { type Scheduled, makeOptimizer } from "./optimizers.ts";
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
  given: Case,
  x: Named,
  net: (input: Tensor, v: Named) => Tensor,
): Named | undefined {
  const optimizer = optimizerOf(given);
  if (optimizer === undefined) return undefined;
  const v = variablesOf(given, x);
  const variables = Object.values(v);
  const [losses, norms]: [Tensor[], Tensor[]] = [[], []];
  for (let t = 0; t < (given.attrs.steps as number); t++) {
    const loss = (): Tensor => {
      return crossEntropy(net(row(x.X as Tensor, t), v), row(x.Y as Tensor, t));
    };
    norms.push(globalNorm(renga.grad(loss, variables)));
    losses.push(optimizer.minimize(loss, variables));
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

function runVae(given: Case, x: Named): Named | undefined {
  const optimizer = optimizerOf(given);
  if (optimizer === undefined) return undefined;
  const v = variablesOf(given, x);
  const curves: Record<string, Tensor[]> = { losses: [], recon_loss: [], kl_loss: [] };
  for (let t = 0; t < (given.attrs.steps as number); t++) {
    const input = row(x.X as Tensor, t).div(16);
    const batch = input.shape[0] as number;
    let parts: Named = {};
    const loss = (): Tensor => {
      const hidden = tanh(dense(input, v.e1_w, v.e1_b));
      const [mu, logVariance] = [dense(hidden, v.mu_w, v.mu_b), dense(hidden, v.lv_w, v.lv_b)];
      const z = mu.add(
        logVariance
          .div(2)
          .exp()
          .mul(row(x.noise as Tensor, t)),
      );
      const logits = dense(tanh(dense(z, v.d1_w, v.d1_b)), v.d2_w, v.d2_b);
      const reconstruction = binaryCrossEntropyWithLogits(logits, input, { reduction: "sum" });
      const divergence = sum(mu.square().add(logVariance.exp()).sub(logVariance).sub(1)).mul(0.5);
      parts = { recon_loss: reconstruction.div(batch), kl_loss: divergence.div(batch) };
      return (parts.recon_loss as Tensor).add(parts.kl_loss as Tensor);
    };
    const { value, grads } = renga.valueAndGrad(loss, Object.values(v));
    optimizer.apply(grads, Object.values(v));
    for (const [name, part] of Object.entries({ ...parts, losses: value })) {
      curves[name]?.push(part.add(0));
    }
  }
  const stacked = Object.entries(curves).map(([name, list]) => [name, stack(list)]);
  return { ...(Object.fromEntries(stacked) as Named), ...finals(v) };
}

/** Both players of a case: variables whose names begin with g and with d. */
function adversaries(given: Case, x: Named): Adversaries | undefined {
  const [generatorOptimizer, criticOptimizer] = [optimizerOf(given), optimizerOf(given)];
  if (generatorOptimizer === undefined || criticOptimizer === undefined) return undefined;
  const v = variablesOf(given, x);
  const beginning = (letter: string): Variable[] => {
    return Object.entries(v).flatMap(([name, w]) => (name.startsWith(letter) ? [w] : []));
  };
  return { v, g: beginning("g"), d: beginning("d"), generatorOptimizer, criticOptimizer };
}

const withAdversaries =
  (run: (given: Case, x: Named, players: Adversaries) => Named | undefined) =>
  (given: Case, x: Named): Named | undefined => {
    const players = adversaries(given, x);
    return players && run(given, x, players);
  };

const RUNS: Readonly<Record<string, (given: Case, x: Named) => Named | undefined>> = {
  mlp_classifier: (given, x) => runClassifier(given, x, mlp),
  cnn_classifier: (given, x) => runClassifier(given, x, cnn),
  vae: runVae,
  gan: withAdversaries(runGan),
  wgan_gp: withAdversaries(runWganGp),
  dcgan: withAdversaries(runDcgan),
  gpt: (given, x) => {
    const optimizer = optimizerOf(given);
    return optimizer && runGpt(given, x, variablesOf(given, x), optimizer);
  },
};

/** Runs a training case; undefined when not covered. */
export function runTraining(given: Case, x: Named): Named | undefined {
  return RUNS[given.op]?.(given, x);
}
