import { describe, expect, test } from "vitest";
import { HostRandom, Variable, eye, grad, mean, setSeed, tensor } from "../../src/index.ts";
import {
  CartPole,
  GridWorld,
  Pendulum,
  ReplayBuffer,
  TimeLimit,
  VectorEnvironment,
  valueIteration,
} from "../../src/environments/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import { Linear } from "../../src/nn/index.ts";
import { Adam, SGD, cosineDecay } from "../../src/optimizers/index.ts";
import { DQNTrain, EvaluateAgent, PPOTrain, ReinforceTrain } from "../../src/scenarios/index.ts";
import { drawnActions, greedyActions } from "../../src/scenarios/acting.ts";
import { categorical } from "../../src/scenarios/categorical.ts";
import { clippedObjective } from "../../src/scenarios/clippedObjective.ts";
import { EpisodeFeed } from "../../src/scenarios/episodeFeed.ts";
import { Episodes } from "../../src/scenarios/episodes.ts";
import { qTargets, valueOf } from "../../src/scenarios/qTargets.ts";

const close = (got: ArrayLike<number>, wanted: readonly number[], digits = 5): void => {
  expect(got).toHaveLength(wanted.length);
  wanted.forEach((value, i) => expect(got[i]).toBeCloseTo(value, digits));
};

describe("parts of the losses", () => {
  test("the clipped objective and its gradient", async () => {
    const now = new Variable(tensor([-0.2, -1.5, -0.7, -2, -0.9]));
    const before = tensor([-0.6, -1, -0.75, -1.9, -0.4]);
    const objective = () => clippedObjective(now, before, tensor([1, 1, -0.5, -2, -1.5]), 0.2);
    // NumPy 2: the formula, and its central differences.
    expect(await objective().item()).toBeCloseTo(-0.345756, 5);
    const [gradient] = grad(objective, [now]);
    close((await gradient?.data()) ?? [], [0, 0.1213061, -0.1051271, -0.361935, 0]);
  });

  test("log-probabilities and entropy", async () => {
    const logits = tensor([
      [1, -0.5, 2],
      [0.3, 0.1, -1],
    ]);
    const { logProbabilities, entropy } = categorical(logits, tensor(Int32Array.of(2, 0)));
    // NumPy 2.
    close(await logProbabilities.data(), [-0.371539, -0.737768]);
    close(await entropy.data(), [0.766785, 0.985483]);
  });

  test("targets: the highest value, or the one that the other network would choose", async () => {
    const outcomes = { rewards: tensor([1, 2, 3]), terminated: tensor([0, 0, 1]) };
    const values = tensor([
      [4, 6],
      [8, 2],
      [5, 5],
    ]);
    const choosing = tensor([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    close(await qTargets(outcomes, values, 0.5).data(), [4, 6, 3]);
    close(await qTargets(outcomes, values, 0.5, choosing).data(), [3, 6, 3]);
    close(await valueOf(values, tensor(Int32Array.of(1, 0, 1))).data(), [6, 8, 5]);
  });
});

describe("actions", () => {
  test("the highest score, the first of equal ones", () => {
    const scores = Float32Array.of(1, 3, 2, 5, 5, 0, -2, -3, -1);
    expect([...greedyActions(scores, 3)]).toEqual([1, 0, 2]);
  });

  test("drawn with the probabilities of the logits", () => {
    const logits = new Float32Array(6000).map(
      (_, i) => 500 + Math.log([0.5, 0.2, 0.3][i % 3] ?? 1),
    );
    const counts = [0, 0, 0];
    for (const action of drawnActions(logits, 3, new HostRandom(1))) {
      counts[action] = (counts[action] ?? 0) + 1;
    }
    // Within four deviations of a binomial count.
    [1000, 400, 600].forEach((wanted, i) => {
      expect(Math.abs((counts[i] ?? 0) - wanted)).toBeLessThan([90, 72, 82][i] as number);
    });
  });
});

const WORLD = { map: ["..T", "S.G"], stepReward: -0.1, slip: 0.1 };
const worlds = () => new VectorEnvironment(8, () => new TimeLimit(new GridWorld(WORLD), 6));
const poles = () => new VectorEnvironment(2, () => new TimeLimit(new CartPole(), 20));

describe("DQNTrain", () => {
  test.each([
    { isDouble: true, targetEvery: 4 },
    { isDouble: false, targetRate: 0.1 },
  ])("finds what actions are worth: %o", async (variant) => {
    setSeed(1);
    const [network, target] = [new Linear(4), new Linear(4)];
    const sizes = { steps: 60, updates: 4, actions: 2, batchSize: 64, warmUp: 200 };
    await new DQNTrain({ ...sizes, discount: 0.9, ...variant })({
      network,
      target,
      optimizer: new Adam(),
      schedule: cosineDecay({ initial: 0.1, steps: 60, final: 0.002 }),
      replay: new ReplayBuffer({ capacity: 2000 }),
      // Always at random: nothing is read back.
      exploration: () => 1,
      loss: meanSquaredError,
      environments: worlds(),
    });
    const { values } = valueIteration(new GridWorld(WORLD), 0.9);
    const table = await network(eye(6)).data();
    for (const place of [0, 1, 3, 4]) {
      const best = Math.max(...table.subarray(4 * place, 4 * place + 4));
      expect(Math.abs(best - (values[place] as number)), `place ${place}`).toBeLessThan(0.08);
    }
  });

  test("a target of another make, and settings that are none", async () => {
    const [network, target] = [new Linear(2), new Linear(3)];
    const optimizer = new SGD({ learningRate: 0.1 });
    const replay = new ReplayBuffer({ capacity: 100 });
    const parts = { network, target, optimizer, replay, environments: poles() };
    const train = new DQNTrain({ steps: 1, warmUp: 4, batchSize: 4, isDouble: false });
    await expect(train(parts)).rejects.toThrow(/of the same make. Got \[3\],\[4, 3\] for/);
    expect(() => new DQNTrain({ steps: 1, updates: 0 })).toThrow(/updates must be a positive/);
    expect(() => new DQNTrain({ steps: 1, discount: 2 })).toThrow(/discount must lie in/);
    expect(() => new DQNTrain({ steps: 1, targetEvery: 5, targetRate: 0.1 })).toThrow(/Got both/);
  });
});

describe("wrong parts and settings", () => {
  const optimizer = () => new SGD({ learningRate: 0.1 });

  test("PPOTrain", async () => {
    expect(() => new PPOTrain({ steps: 1, minibatches: 0 })).toThrow(/minibatches must be/);
    expect(() => new PPOTrain({ steps: 1, clipRange: 0 })).toThrow(/clipRange must be positive/);
    const given = { policy: new Linear(2), value: new Linear(1), optimizer: optimizer() };
    const train = new PPOTrain({ steps: 1, rolloutSteps: 5, minibatches: 4 });
    await expect(train({ ...given, environments: poles() })).rejects.toThrow(/4 for 10 rows/);
    const pendulums = new VectorEnvironment(2, () => new Pendulum());
    const other = new PPOTrain({ steps: 1, rolloutSteps: 4 });
    await expect(other({ ...given, environments: pendulums })).rejects.toThrow(/must be discrete/);
  });

  test("ReinforceTrain without a baseline, and episodes that have no end", async () => {
    expect(() => new ReinforceTrain({ steps: 1, maxSteps: 0 })).toThrow(/maxSteps must be/);
    const policy = new Linear(2);
    const given = { policy, optimizer: optimizer(), environments: poles() };
    const { losses } = await new ReinforceTrain({ steps: 2, normalizeAdvantages: false })(given);
    expect(Object.keys(losses)).toEqual(["loss", "policy", "entropy"]);
    // Advantages are returns of at least 1, and log-probabilities negative.
    expect(losses.policy).toBeGreaterThan(0);
    const train = new ReinforceTrain({ steps: 1, maxSteps: 3 });
    await expect(train(given)).rejects.toThrow(/episodes must end. Got one of more than 3 steps/);
  });

  test("EvaluateAgent", async () => {
    expect(() => new EvaluateAgent({ episodes: 0 })).toThrow(/episodes must be a positive/);
    const network = new Linear(3);
    await expect(new EvaluateAgent()({ network, environments: poles() })).rejects.toThrow(
      /one score per action. Got \[2, 3\] for \[2, 2\]/,
    );
    const events = [];
    const drawn = new EvaluateAgent({ episodes: 2, isGreedy: false });
    for await (const event of drawn.run({ network: new Linear(2), environments: poles() })) {
      events.push(event);
    }
    expect(events.map(({ done, total }) => [done, total])).toEqual(
      [1, 2, 3, 4].map((done) => [done, 4]),
    );
    expect(events.filter(({ environment }) => environment === 0)).toHaveLength(2);
  });
});

test("episodes come with the returns of their actions, and rows that weigh nothing", async () => {
  const environments = new VectorEnvironment(2, () => {
    return new TimeLimit(new GridWorld({ map: ["S.G"], stepReward: -0.25 }), 4);
  });
  // Logits that always go right.
  const actor = { scores: async () => Float32Array.of(-99, 99, -99, -99, -99, 99, -99, -99) };
  const feed = new EpisodeFeed({
    ...{ actor: actor as never, environments, episodes: new Episodes() },
    ...{ discount: 0.5, maxSteps: 9, seed: 1 },
  });
  const { observations, actions, returns, weights } = await feed.next();
  expect(observations?.shape).toEqual([64, 3]);
  expect([...(observations?.data.slice(0, 12) ?? [])]).toEqual([
    1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0,
  ]);
  expect([...(actions?.data.slice(0, 5) ?? [])]).toEqual([1, 1, 1, 1, 0]);
  expect([...(returns?.data.slice(0, 5) ?? [])]).toEqual([0.125, 0.75, 0.125, 0.75, 0]);
  expect(await mean(tensor(weights?.data as Float32Array)).item()).toBe(4 / 64);
});
