// Three ways to learn to balance a pole.

import { relu, tanh } from "../../src/index.ts";
import {
  CartPole,
  ReplayBuffer,
  TimeLimit,
  VectorEnvironment,
} from "../../src/environments/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { Adam, cosineDecay } from "../../src/optimizers/index.ts";
import {
  type AgentEvent,
  DQNTrain,
  type EvaluateResult,
  PPOTrain,
  ReinforceTrain,
  type RunOptions,
  type TrainResult,
  type TrainSettings,
} from "../../src/scenarios/index.ts";
import { PoleNet } from "./net.ts";

/** CartPole-v1, several at once. */
export function poles(count: number): VectorEnvironment {
  return new VectorEnvironment<unknown>(count, () => new TimeLimit(new CartPole(), 500));
}

/** What an agent is made from. */
export interface AgentOptions {
  readonly settings: TrainSettings & { readonly seed: number };
  readonly evaluate: () => Promise<EvaluateResult>;
}

/** A network to be evaluated, and a run that trains it. */
export interface Agent {
  readonly network: PoleNet;
  readonly environments: VectorEnvironment;
  readonly run: (options: RunOptions) => AsyncGenerator<AgentEvent, TrainResult>;
}

/** How an agent is made, and its usual steps. */
export interface Recipe {
  readonly steps: number;
  readonly evaluateEvery: number;
  readonly logEvery: number;
  readonly make: (options: AgentOptions) => Agent;
}

/** Values of actions from a replay buffer; many actions at random keep the buffer's rows different. */
const dqn: Recipe = {
  steps: 3000,
  evaluateEvery: 100,
  logEvery: 50,
  make({ settings, evaluate }) {
    const { seed, steps } = settings;
    const [network, target] = [new PoleNet([32, 32], 2, relu), new PoleNet([32, 32], 2, relu)];
    const environments = poles(16);
    const train = new DQNTrain({ ...settings, updates: 4, warmUp: 1000, targetRate: 0.01 });
    const parts = {
      ...{ network, target, environments, evaluate, loss: meanSquaredError },
      optimizer: new Adam({ clipGlobalNorm: 10 }),
      schedule: cosineDecay({ initial: 1e-3, steps, final: 5e-5 }),
      replay: new ReplayBuffer({ capacity: 50_000, seed }),
      exploration: (step: number) => Math.max(0.2, 1 - step / 600),
    };
    return { network, environments, run: (options) => train.run(parts, options) };
  },
};

/** A policy and a value from rollouts of 32 steps in 32 environments. */
const ppo: Recipe = {
  steps: 60,
  evaluateEvery: 10,
  logEvery: 2,
  make({ settings, evaluate }) {
    const [policy, value] = [new PoleNet([64, 64], 2, tanh), new PoleNet([64, 64], 1, tanh)];
    const environments = poles(32);
    const train = new PPOTrain({ ...settings, rolloutSteps: 32, epochs: 10, minibatches: 4 });
    const parts = {
      ...{ policy, value, environments, evaluate },
      optimizer: new Adam({ clipGlobalNorm: 0.5 }),
      schedule: (step: number) => 2e-3 * (1 - step / settings.steps),
    };
    return { network: policy, environments, run: (options) => train.run(parts, options) };
  },
};

/** A policy from whole episodes, with a value as baseline. */
const reinforce: Recipe = {
  steps: 300,
  evaluateEvery: 50,
  logEvery: 10,
  make({ settings, evaluate }) {
    const [policy, baseline] = [new PoleNet([32], 2, tanh), new PoleNet([32], 1, tanh)];
    const environments = poles(16);
    const train = new ReinforceTrain(settings);
    const parts = {
      ...{ policy, baseline, environments, evaluate },
      optimizer: new Adam({ learningRate: 1e-2, clipGlobalNorm: 1 }),
    };
    return { network: policy, environments, run: (options) => train.run(parts, options) };
  },
};

/** By name. */
export const RECIPES: Readonly<Record<string, Recipe>> = { dqn, ppo, reinforce };
