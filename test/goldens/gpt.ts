// The training case of a small transformer.

import * as renga from "../../src/index.ts";
import { type Tensor, type Variable, matmul, mean, stack } from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import type { Named } from "./case.ts";
import type { Scheduled } from "./optimizers.ts";
import type { Task } from "./stage.ts";
import { row } from "./trajectories.ts";

const HEADS = 2;

const dense = (x: Tensor, w: Tensor | undefined, b: Tensor | undefined): Tensor => {
  return matmul(x, w as Tensor, { bias: b as Tensor });
};

function layerNorm(x: Tensor, scale: Tensor | undefined, offset: Tensor | undefined): Tensor {
  const centered = x.sub(mean(x, [-1], { keepDims: true }));
  const variance = mean(centered.square(), [-1], { keepDims: true });
  const normal = centered.mul(renga.rsqrt(variance.add(1e-5)));
  return normal.mul(scale as Tensor).add(offset as Tensor);
}

/** Causal attention of [batch, length, width]. */
function attention(x: Tensor, v: Named): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  const size = width / HEADS;
  const parts = renga.split(dense(x, v.wqkv, v.bqkv), 3, -1).map((part) => {
    return part.reshape([batch, length, HEADS, size]).transpose([0, 2, 1, 3]);
  });
  const [q, k, values] = parts as [Tensor, Tensor, Tensor]; // [batch, heads, length, size]
  const scores = matmul(q, k, { transposeB: true }).mul(1 / Math.sqrt(size));
  const places = renga.arange(length);
  const isPast = renga.lessEqual(places.reshape([1, length]), places.reshape([length, 1]));
  const weights = renga.softmax(renga.where(isPast, scores, -1e30));
  const mixed = matmul(weights, values).transpose([0, 2, 1, 3]).reshape([batch, length, width]);
  return dense(mixed, v.wo, v.bo);
}

function logitsOf(ids: Tensor, v: Named): Tensor {
  const table = v.wte as Tensor;
  let x = renga.gather(table, ids).add(v.wpe as Tensor);
  x = x.add(attention(layerNorm(x, v.g1, v.e1), v));
  const hidden = renga.gelu(dense(layerNorm(x, v.g2, v.e2), v.w1, v.b1), { approximate: "tanh" });
  x = x.add(dense(hidden, v.w2, v.b2));
  return matmul(layerNorm(x, v.gf, v.ef), table, { transposeB: true });
}

/** Trains it, then runs the first batch once more. */
export function runGpt(
  { given, x, stage }: Task,
  v: Readonly<Record<string, Variable>>,
  optimizer: Scheduled,
): Named {
  const [ids, labels] = [x.X as Tensor, x.Y as Tensor];
  const step = stage((input: Tensor, wanted: Tensor) => {
    return optimizer.minimize(() => crossEntropy(logitsOf(input, v), wanted), Object.values(v));
  });
  const losses: Tensor[] = [];
  for (let t = 0; t < (given.attrs.steps as number); t++) {
    losses.push(step(row(ids, t), row(labels, t)));
  }
  const finals = Object.entries(v).map(([name, w]) => [`${name}_final`, w] as const);
  return {
    losses: stack(losses),
    logits_after: logitsOf(row(ids, 0), v),
    ...Object.fromEntries(finals),
  };
}
