// Reference losses.

import * as renga from "../../src/index.ts";
import { type Tensor, mean, softmax } from "../../src/index.ts";
import * as losses from "../../src/losses/index.ts";
import { GAMES } from "./adversarial.ts";
import type { Named } from "./case.ts";
import type { Run } from "./run.ts";

type Attrs = Readonly<Record<string, unknown>>;

type Reduced = { reduction: "mean" | "sum" | "none" };

const reductionOf = (attrs: Attrs): Reduced => {
  return { reduction: (attrs.reduction ?? "mean") as "mean" };
};

/** Options of the library by their names in the cases; what is not given is left out. */
function optionsOf<T>(attrs: Attrs, names: Readonly<Record<string, string>>): T & Reduced {
  const given = Object.entries(names).filter(([name]) => attrs[name] !== undefined);
  const options = Object.fromEntries(given.map(([name, option]) => [option, attrs[name]]));
  return { ...reductionOf(attrs), ...(options as T) };
}

type Compare = (a: Tensor, b: Tensor, options: Reduced) => Tensor;

/** A loss of a prediction and a target, whatever the case calls them. */
const compare =
  (loss: Compare, names: Readonly<Record<string, string>> = {}): Run =>
  (x, attrs) => {
    const [first, second] = Object.values(x) as [Tensor, Tensor];
    return loss(first, second, optionsOf(attrs, names));
  };

const weightOf = ({ w, weight }: Named): { classWeights?: Tensor } => {
  const classWeights = w ?? weight;
  return classWeights === undefined ? {} : { classWeights };
};

const entropy: Run = (x, attrs) => {
  const labels = (x.labels ?? x.target) as Tensor;
  const names = { label_smoothing: "labelSmoothing", ignore_index: "ignoreIndex" };
  const options = optionsOf<losses.CrossEntropyOptions>(attrs, names);
  return losses.crossEntropy(x.logits as Tensor, labels, { ...options, ...weightOf(x) });
};

const likelihood: Run = (x, attrs) => {
  const options = optionsOf<losses.ClassLossOptions>(attrs, { ignore_index: "ignoreIndex" });
  const logProbabilities = (x.logp ?? x.x) as Tensor;
  return losses.negativeLogLikelihood(logProbabilities, (x.labels ?? x.target) as Tensor, {
    ...options,
    ...weightOf(x),
  });
};

const sigmoidEntropy: Run = ({ logits, target, pw, w, weight }, attrs) => {
  if (w !== undefined || weight !== undefined) return undefined;
  return losses.binaryCrossEntropyWithLogits(logits as Tensor, target as Tensor, {
    ...reductionOf(attrs),
    ...(pw === undefined ? {} : { posWeight: pw }),
  });
};

const distillation: Run = ({ student, teacher }, { T }) => {
  const temperature = T as number;
  const q = softmax((teacher as Tensor).div(temperature));
  const logP = renga.logSoftmax((student as Tensor).div(temperature));
  return losses.klDivergence(logP, q).mul(temperature ** 2);
};

const divergence: Run = (x, attrs) => {
  const [logProbabilities, targets] = Object.values(x) as [Tensor, Tensor];
  const reduction = attrs.reduction === "batchmean" ? "batchMean" : attrs.reduction;
  return losses.klDivergence(logProbabilities, targets, {
    reduction: (reduction ?? "mean") as "mean",
    isLogTarget: attrs.log_target === true,
  });
};

const cosineEmbedding: Run = (x, attrs) => {
  const [a, b, targets] = Object.values(x) as [Tensor, Tensor, Tensor];
  const options = optionsOf<losses.CosineEmbeddingOptions>(attrs, { margin: "margin" });
  return losses.cosineEmbeddingLoss(a, b, targets, options);
};

const triplet: Run = (x, attrs) => {
  const [anchor, positive, negative] = Object.values(x) as [Tensor, Tensor, Tensor];
  const options = optionsOf(attrs, { margin: "margin", p: "ord", swap: "swap" });
  return losses.tripletLoss(anchor, positive, negative, options);
};

/** exp(x) − y·x of log rates, or x − y·log(x + ε) of rates. */
const poisson: Run = (x, attrs) => {
  const [rate, target] = Object.values(x) as [Tensor, Tensor];
  if (attrs.full === true) return undefined;
  const epsilon = (attrs.eps ?? 1e-8) as number;
  const loss =
    attrs.log_input === false
      ? rate.sub(target.mul(rate.add(epsilon).log()))
      : rate.exp().sub(target.mul(rate));
  const { reduction } = reductionOf(attrs);
  return reduction === "none" ? loss : reduction === "sum" ? renga.sum(loss) : mean(loss);
};

const games = Object.entries(GAMES).flatMap(([name, { critic, generator }]) => {
  const ofCritic: Run = ({ d_real, d_fake }) => critic(d_real as Tensor, d_fake as Tensor);
  const ofGenerator: Run = ({ d_fake }) => generator(d_fake as Tensor);
  return [
    [`gan_d_${name}`, ofCritic],
    [`gan_g_${name}`, ofGenerator],
  ] as const;
});

const absolute = compare(losses.meanAbsoluteError);
const huber = compare(losses.huberLoss, { delta: "delta" });
const smooth = compare(losses.smoothL1Loss, { beta: "beta" });
const margin = compare(losses.multiMarginLoss, { margin: "margin", p: "power" });

export const LOSSES: Readonly<Record<string, Run>> = {
  softmax_cross_entropy: entropy,
  nll: likelihood,
  sigmoid_cross_entropy: sigmoidEntropy,
  bce: compare(losses.binaryCrossEntropy),
  mse: compare(losses.meanSquaredError),
  mae: absolute,
  l1: absolute,
  huber,
  smooth_l1: smooth,
  hinge: compare(losses.hingeLoss, { margin: "margin" }),
  multi_margin: margin,
  kl_div: divergence,
  kl: divergence,
  distillation,
  cosine_embedding: cosineEmbedding,
  cosine_distance: compare(losses.cosineSimilarityLoss),
  triplet,
  triplet_margin: triplet,
  poisson_nll: poisson,
  ...Object.fromEntries(games),
};
