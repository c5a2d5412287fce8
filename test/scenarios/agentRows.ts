// A small run of every scenario whose examples come from acting, or from other runs.

import { setSeed } from "../../src/index.ts";
import {
  GridWorld,
  ReplayBuffer,
  TimeLimit,
  VectorEnvironment,
} from "../../src/environments/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { Linear } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import {
  DQNTrain,
  PPOTrain,
  ReinforceTrain,
  type RunContext,
  RunSeeds,
  SupervisedTrain,
  Sweep,
  choice,
} from "../../src/scenarios/index.ts";
import { type RowSettings, type TrainingRow, floats, shuffled, training } from "./rows.ts";

/** Six places. */
export const WORLD = { map: ["..T", "S.G"], stepReward: -0.1, slip: 0.1 };

/** Eight such worlds. With one-hot observations linear layers are tables. */
export const worlds = (): VectorEnvironment =>
  new VectorEnvironment(8, () => new TimeLimit(new GridWorld(WORLD), 6));

/** A run in a run: the other's settings but for the files, which are its own. */
function inner({ workspace: _, resume: __, ...settings }: RowSettings) {
  return ({ setting, files }: RunContext<{ readonly learningRate?: number }>) => ({
    scenario: new SupervisedTrain({ ...settings, ...files }),
    parts: {
      model: new Linear(2),
      optimizer: new Adam({ learningRate: setting.learningRate ?? 0.02 }),
      loss: meanSquaredError,
      data: shuffled({ inputs: floats([32, 4], 2), labels: floats([32, 2], 3) }),
    },
  });
}

export const AGENTS: Readonly<Record<string, TrainingRow>> = {
  ReinforceTrain(settings) {
    setSeed(1);
    return training(new ReinforceTrain({ ...settings, entropyWeight: 0.01 }), {
      policy: new Linear(4),
      baseline: new Linear(1),
      optimizer: new Adam({ learningRate: 0.2 }),
      environments: worlds(),
    });
  },
  DQNTrain(settings) {
    setSeed(1);
    const sizes = { updates: 4, batchSize: 32, warmUp: 64, targetEvery: 3, discount: 0.9 };
    return training(new DQNTrain({ ...settings, ...sizes }), {
      network: new Linear(4),
      target: new Linear(4),
      optimizer: new Adam({ learningRate: 0.05 }),
      replay: new ReplayBuffer({ capacity: 200 }),
      exploration: (step) => (step < 4 ? 0.8 : 0.2),
      environments: worlds(),
    });
  },
  PPOTrain(settings) {
    setSeed(1);
    const sizes = { rolloutSteps: 8, minibatches: 2, epochs: 3, entropyWeight: 0.01 };
    return training(new PPOTrain({ ...settings, ...sizes }), {
      policy: new Linear(4),
      value: new Linear(1),
      optimizer: new Adam({ learningRate: 0.1 }),
      environments: worlds(),
    });
  },
};

const files = ({ workspace, resume }: RowSettings): Pick<RowSettings, "workspace" | "resume"> => ({
  ...(workspace && { workspace }),
  ...(resume !== undefined && { resume }),
});

/** Runs of runs: the second is the one that is stopped. */
export const MANY_RUNS: Readonly<Record<string, TrainingRow>> = {
  RunSeeds(settings) {
    const parts = { make: inner(settings) };
    const seeds = new RunSeeds({ seeds: 2, ...files(settings) });
    return { parts, begin: (options) => seeds.run(parts, options) };
  },
  Sweep(settings) {
    const space = { learningRate: choice([0.01, 0.1]) };
    const parts = { make: inner(settings) };
    const sweep = new Sweep({ space, metric: "loss", mode: "min", ...files(settings) });
    return { parts, begin: (options) => sweep.run(parts, options) };
  },
};
