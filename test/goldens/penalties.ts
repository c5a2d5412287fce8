// Penalties on gradients, as in GANs: gradients of gradients through a small critic.

import { type Tensor, grad, leakyRelu, matmul, mean, norm, sum } from "../../src/index.ts";
import * as renga from "../../src/index.ts";
import type { Named } from "./case.ts";
import type { Run } from "./run.ts";

const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  leaky_relu: (x) => leakyRelu(x, { alpha: 0.2 }),
  relu: renga.relu,
  elu: (x) => renga.elu(x),
  gelu: (x) => renga.gelu(x),
  sigmoid: renga.sigmoid,
  silu: renga.silu,
  softplus: renga.softplus,
  tanh: renga.tanh,
};

/** The critic of the cases, one number per row. */
function critic(x: Tensor, p: Named, activation: unknown): Tensor {
  const act = ACTIVATIONS[activation as string] as (x: Tensor) => Tensor;
  const first = act(matmul(x, p.w1 as Tensor).add(p.b1 as Tensor));
  const second = act(matmul(first, p.w2 as Tensor).add(p.b2 as Tensor));
  return matmul(second, p.w3 as Tensor).add(p.b3 as Tensor);
}

/** Distance of the gradient's length from 1 between real and made-up examples. */
function penaltyOf(p: Named, activation: unknown): { penalty: Tensor; norms: Tensor } {
  const { real, fake, eps } = p as { real: Tensor; fake: Tensor; eps: Tensor };
  const between = eps.mul(real).add(renga.sub(1, eps).mul(fake));
  const [g] = grad(() => sum(critic(between, p, activation)), [between]);
  const norms = norm(g as Tensor, 1);
  return { penalty: mean(norms.sub(1).square()), norms };
}

export const PENALTIES: Readonly<Record<string, Run>> = {
  gradient_penalty: (p, { activation }) => {
    return p.eps === undefined ? undefined : penaltyOf(p, activation);
  },
  r1_penalty: (p, { activation, gamma }) => {
    const real = p.real as Tensor;
    const [g] = grad(() => sum(critic(real, p, activation)), [real]);
    return mean(sum((g as Tensor).square(), 1)).mul((gamma as number) / 2);
  },
  wgan_gp_critic_loss: (p, { activation, lambda_: weight }) => {
    const { real, fake } = p as { real: Tensor; fake: Tensor };
    const gap = mean(critic(fake, p, activation)).sub(mean(critic(real, p, activation)));
    return gap.add(penaltyOf(p, activation).penalty.mul(weight as number));
  },
};
