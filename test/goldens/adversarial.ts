// Training cases with two players.

import * as renga from "../../src/index.ts";
import { type Tensor, type Variable, leakyRelu, matmul, mean, stack } from "../../src/index.ts";
import { relu, softplus, sum, tanh } from "../../src/index.ts";
import type { Named } from "./case.ts";
import type { Scheduled } from "./optimizers.ts";
import type { Task } from "./stage.ts";
import { row } from "./trajectories.ts";

/** The variables of both players, and who trains them. */
export interface Adversaries {
  readonly v: Readonly<Record<string, Variable>>;
  readonly g: readonly Variable[];
  readonly d: readonly Variable[];
  readonly generatorOptimizer: Scheduled;
  readonly criticOptimizer: Scheduled;
}

/** What each player minimises, given the critic's outputs. */
interface Game {
  readonly critic: (real: Tensor, fake: Tensor) => Tensor;
  readonly generator: (fake: Tensor) => Tensor;
}

/** Adversarial losses by name. */
export const GAMES: Readonly<Record<string, Game>> = {
  nonsaturating: {
    critic: (real, fake) => mean(softplus(real.neg())).add(mean(softplus(fake))),
    generator: (fake) => mean(softplus(fake.neg())),
  },
  wasserstein: {
    critic: (real, fake) => mean(fake).sub(mean(real)),
    generator: (fake) => mean(fake).neg(),
  },
  lsgan: {
    critic: (real, fake) => mean(real.sub(1).square()).add(mean(fake.square())).mul(0.5),
    generator: (fake) => mean(fake.sub(1).square()).mul(0.5),
  },
  hinge: {
    critic: (real, fake) => mean(relu(renga.sub(1, real))).add(mean(relu(fake.add(1)))),
    generator: (fake) => mean(fake).neg(),
  },
};

/** The game that a case's text names. */
function gameOf(text: string): Game | undefined {
  const plain = text.toLowerCase().replaceAll("-", "");
  if (/least|lsgan/.test(plain)) return GAMES.lsgan;
  return Object.entries(GAMES).find(([name]) => plain.includes(name))?.[1];
}

const dense = (x: Tensor, w: Tensor | undefined, b: Tensor | undefined): Tensor => {
  return matmul(x, w as Tensor, { bias: b as Tensor });
};

/**
 * `dense` with the bias as one more row of the weights. Where the gradients of a critic's bias cancel
 * in exact arithmetic, Adam makes steps of whatever rounding leaves: a matmul leaves less than a sum.
 */
const joinedDense = (x: Tensor, w: Tensor | undefined, b: Tensor | undefined): Tensor => {
  const column = renga.ones([x.shape[0] as number, 1]);
  const rows = renga.concat([w as Tensor, (b as Tensor).expandDims(0)], 0);
  return matmul(renga.concat([x, column], 1), rows);
};

const leaky = (x: Tensor): Tensor => leakyRelu(x, { alpha: 0.2 });

const generate = (z: Tensor, v: Named): Tensor => {
  const hidden = tanh(dense(tanh(dense(z, v.g1, v.g1b)), v.g2, v.g2b));
  return dense(hidden, v.g3, v.g3b);
};

const judge = (x: Tensor, v: Named): Tensor => {
  return joinedDense(
    leaky(joinedDense(leaky(joinedDense(x, v.d1, v.d1b)), v.d2, v.d2b)),
    v.d3,
    v.d3b,
  );
};

interface Nets {
  readonly generate: (z: Tensor, v: Named) => Tensor;
  readonly judge: (x: Tensor, v: Named) => Tensor;
  /** Real examples from the data of a step. */
  readonly real: (data: Tensor) => Tensor;
}

/** Alternates one step of the critic and one of the generator. */
function play(task: Task, players: Adversaries, nets: Nets): Named | undefined {
  const { given, x, stage } = task;
  const game = gameOf(given.attrs.loss as string);
  if (game === undefined) return undefined;
  const { v, g, d, generatorOptimizer, criticOptimizer } = players;
  const step = stage((data: Tensor, criticNoise: Tensor, noise: Tensor) => {
    const fake = nets.generate(criticNoise, v);
    const critic = (): Tensor => game.critic(nets.judge(nets.real(data), v), nets.judge(fake, v));
    const generator = (): Tensor => game.generator(nets.judge(nets.generate(noise, v), v));
    return [
      criticOptimizer.minimize(critic, d),
      generatorOptimizer.minimize(generator, g),
    ] as const;
  });
  const examples = (x.real ?? x.X) as Tensor;
  const [criticLosses, generatorLosses]: [Tensor[], Tensor[]] = [[], []];
  for (let t = 0; t < (given.attrs.steps as number); t++) {
    const batch = [row(examples, t), row(x.zd as Tensor, t), row(x.zg as Tensor, t)] as const;
    const [criticLoss, generatorLoss] = step(...batch);
    criticLosses.push(criticLoss);
    generatorLosses.push(generatorLoss);
  }
  const samples = nets.generate(x.zs as Tensor, v);
  return {
    d_losses: stack(criticLosses),
    g_losses: stack(generatorLosses),
    samples,
    d_on_samples: nets.judge(samples, v),
  };
}

/** A GAN on points in the plane. */
export function runGan(task: Task, players: Adversaries): Named | undefined {
  return play(task, players, { generate, judge, real: (data) => data });
}

/** mean (‖∇D(x̂)‖ − 1)² between real and generated points. */
function gradientPenalty(real: Tensor, fake: Tensor, mix: Tensor, v: Named): Tensor {
  const between = real.mul(mix).add(fake.mul(renga.sub(1, mix)));
  const [slope] = renga.grad(() => sum(judge(between, v)), [between]);
  const norms = renga.sqrt(sum((slope as Tensor).square(), -1));
  return mean(norms.sub(1).square());
}

/** A Wasserstein GAN with gradient penalty, and several critic steps to one of the generator. */
export function runWganGp({ given, x, stage }: Task, players: Adversaries): Named {
  const { v, g, d, generatorOptimizer, criticOptimizer } = players;
  const { steps, n_critic: rounds } = given.attrs as { steps: number; n_critic: number };
  const criticStep = stage((real: Tensor, noise: Tensor, mix: Tensor) => {
    const fake = generate(noise, v);
    using tape = new renga.GradientTape();
    const penalty = gradientPenalty(real, fake, mix, v);
    const distance = mean(judge(fake, v)).sub(mean(judge(real, v)));
    const total = distance.add(penalty.mul(10));
    criticOptimizer.apply(tape.gradient(total, d), d);
    return [total, penalty] as const;
  });
  const generatorStep = stage((noise: Tensor) => {
    return generatorOptimizer.minimize(() => mean(judge(generate(noise, v), v)).neg(), g);
  });
  const curves: [Tensor[], Tensor[], Tensor[]] = [[], [], []];
  for (let t = 0; t < steps; t++) {
    for (let k = t * rounds; k < (t + 1) * rounds; k++) {
      const batch = [x.real, x.zd, x.eps].map((all) => row(all as Tensor, k));
      const [value, penalty] = criticStep(...(batch as [Tensor, Tensor, Tensor]));
      curves[0].push(value);
      curves[1].push(penalty);
    }
    curves[2].push(generatorStep(row(x.zg as Tensor, t)));
  }
  const [critic, penalties, generator] = curves.map((list) => stack(list)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const samples = generate(x.zs as Tensor, v);
  return {
    d_losses: critic,
    gp_losses: penalties,
    g_losses: generator,
    samples,
    d_on_samples: judge(samples, v),
  };
}

/** Normalised by the statistics of the batch, then scaled and shifted. */
function batchNorm(x: Tensor, scale: Tensor, offset: Tensor): Tensor {
  const axes = [0, 1, 2];
  const centered = x.sub(mean(x, axes, { keepDims: true }));
  const variance = mean(centered.square(), axes, { keepDims: true });
  return centered
    .mul(renga.rsqrt(variance.add(1e-5)))
    .mul(scale)
    .add(offset);
}

const generateImage = (z: Tensor, v: Named): Tensor => {
  const seed = relu(dense(z, v.g0, v.g0b)).reshape([z.shape[0] as number, 2, 2, 16]);
  const options = { stride: 2, padding: "same" } as const;
  const first = renga.convTranspose(seed, v.g1 as Tensor, options);
  const hidden = relu(batchNorm(first, v.gs1 as Tensor, v.go1 as Tensor));
  const bias = v.g2b as Tensor;
  return tanh(renga.convTranspose(hidden, v.g2 as Tensor, { ...options, bias }));
};

const judgeImage = (x: Tensor, v: Named): Tensor => {
  const block = (input: Tensor, w: Tensor | undefined, b: Tensor | undefined): Tensor => {
    const options = { stride: 2, padding: "same", bias: b as Tensor } as const;
    return leaky(renga.conv(input, w as Tensor, options));
  };
  const hidden = block(block(x, v.d1, v.d1b), v.d2, v.d2b);
  return dense(hidden.reshape([x.shape[0] as number, -1]), v.d3, v.d3b);
};

/** A convolutional GAN on digits. */
export function runDcgan(task: Task, players: Adversaries): Named | undefined {
  const real = (data: Tensor): Tensor => data.div(8).sub(1);
  return play(task, players, { generate: generateImage, judge: judgeImage, real });
}
