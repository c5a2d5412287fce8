import { describe, expect, test } from "vitest";
import { type Variable, setSeed } from "../../src/index.ts";
import {
  GridWorld,
  ReplayBuffer,
  TimeLimit,
  VectorEnvironment,
  valueIteration,
} from "../../src/environments/index.ts";
import { Linear } from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import {
  type AgentEvent,
  DQNTrain,
  EvaluateAgent,
  PPOTrain,
  ReinforceTrain,
  type TrainResult,
  type TrainSettings,
} from "../../src/scenarios/index.ts";
import { MemoryWorkspace, RunLog } from "../../src/workspace/index.ts";

const WORLD = { map: ["..T", "S.G"], stepReward: -0.1, slip: 0.1 };

const worlds = (count = 8) =>
  new VectorEnvironment(count, () => new TimeLimit(new GridWorld(WORLD), 6));

/** A run of a scenario, and everything that it changes. */
interface Agent {
  readonly run: (options?: { signal: AbortSignal }) => AsyncGenerator<AgentEvent, TrainResult>;
  /** Scores of actions. */
  readonly network: Linear;
  readonly variables: () => readonly Variable[];
}

interface Row {
  readonly make: (settings: TrainSettings) => Agent;
  /** Steps until the way is found. */
  readonly steps: number;
  /** Of the first steps, on Node: the same on every host but for rounding. */
  readonly losses: readonly number[];
}

/** Small runs of what a user writes: with one-hot observations linear layers are tables. */
const ROWS: Readonly<Record<string, Row>> = {
  DQNTrain: {
    make(settings) {
      setSeed(1);
      const [network, target] = [new Linear(4), new Linear(4)];
      const optimizer = new Adam({ learningRate: 0.05 });
      const sizes = { updates: 4, batchSize: 32, warmUp: 64, targetEvery: 3 };
      const train = new DQNTrain({ ...settings, ...sizes, discount: 0.9 });
      const replay = new ReplayBuffer({ capacity: 200 });
      const exploration = (step: number) => (step < 20 ? 0.8 : 0.2);
      const parts = { network, target, optimizer, replay, exploration, environments: worlds() };
      const variables = () => [...network.variables, ...target.variables, ...optimizer.variables];
      return { network, variables, run: (options) => train.run(parts, options) };
    },
    steps: 40,
    losses: [0.074631, 0.08109, 0.069703, 0.140765],
  },
  PPOTrain: {
    make(settings) {
      setSeed(1);
      const [policy, value] = [new Linear(4), new Linear(1)];
      const optimizer = new Adam({ learningRate: 0.1 });
      const sizes = { rolloutSteps: 8, minibatches: 2, epochs: 3 };
      const train = new PPOTrain({ ...settings, ...sizes, entropyWeight: 0.01 });
      const parts = { policy, value, optimizer, environments: worlds() };
      const variables = () => [...policy.variables, ...value.variables, ...optimizer.variables];
      return { network: policy, variables, run: (options) => train.run(parts, options) };
    },
    steps: 12,
    losses: [0.10623, 0.12538, 0.186192, 0.15498],
  },
  ReinforceTrain: {
    make(settings) {
      setSeed(1);
      const [policy, baseline] = [new Linear(4), new Linear(1)];
      const optimizer = new Adam({ learningRate: 0.2 });
      const train = new ReinforceTrain({ ...settings, entropyWeight: 0.01 });
      const parts = { policy, baseline, optimizer, environments: worlds() };
      const variables = () => [...policy.variables, ...baseline.variables, ...optimizer.variables];
      return { network: policy, variables, run: (options) => train.run(parts, options) };
    },
    steps: 20,
    losses: [0.314148, 0.245029, 0.105304, -0.132737],
  },
};

async function watch(agent: Agent): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of agent.run()) events.push(event);
  return events;
}

async function bits({ variables }: Agent): Promise<number[][]> {
  const arrays = await Promise.all(variables().map((variable) => variable.data()));
  return arrays.map(({ buffer }) => [...new Uint8Array(buffer)]);
}

const ofType = <T extends AgentEvent["type"]>(events: readonly AgentEvent[], type: T) =>
  events.filter((event): event is Extract<AgentEvent, { type: T }> => event.type === type);

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

describe.each(Object.entries(ROWS))("%s", (_, { make, steps, losses }) => {
  test("finds the way to the goal, and tells about it", async () => {
    const workspace = new MemoryWorkspace();
    const agent = make({ steps, logEvery: 4, workspace });
    const events = await watch(agent);
    const episodes = ofType(events, "episode");
    const returns = episodes.map((episode) => episode.return);
    expect(mean(returns.slice(-24))).toBeGreaterThan(mean(returns.slice(0, 24)) + 0.2);
    expect(Math.max(...episodes.map(({ length }) => length))).toBeLessThanOrEqual(6);
    const frames = episodes.map((episode) => episode.frames);
    expect(frames).toEqual([...frames].sort((a, b) => a - b));
    const log = await new RunLog(workspace).read();
    const told = log.filter((line) => "return" in line);
    expect(told.reduce((sum, line) => sum + (line.episodes as number), 0)).toBe(episodes.length);
    expect(told.at(-1)?.frames).toBe(frames.at(-1));

    const evaluate = new EvaluateAgent({ episodes: 5, seed: 3 });
    const metrics = await evaluate({ network: agent.network, environments: worlds() });
    const { values } = valueIteration(new GridWorld(WORLD), 1);
    expect(metrics.return).toBeGreaterThan((values[3] as number) - 0.15);
  });

  test("a run that was stopped and resumed gives the bits of one that was not", async () => {
    const whole = make({ steps: 6, logEvery: 1 });
    const wanted = ofType(await watch(whole), "step").map((event) => event.losses);
    losses.forEach((loss, i) => expect(wanted[i]?.loss).toBeCloseTo(loss, 4));
    const workspace = new MemoryWorkspace();
    const settings = { workspace, saveEvery: 2, logEvery: 1, resume: true, steps: 6 };
    // Killed after step 3: what came after the checkpoint of step 2 is lost.
    for await (const event of make(settings).run()) {
      if (event.type === "step" && event.step === 3) break;
    }
    const controller = new AbortController();
    for await (const event of make(settings).run({ signal: controller.signal })) {
      if (event.type === "start") expect(event.step).toBe(2);
      if (event.type === "step" && event.step === 3) controller.abort();
    }
    const resumed = make(settings);
    const rest = ofType(await watch(resumed), "step").map((event) => event.losses);
    expect(rest).toEqual(wanted.slice(-rest.length));
    expect(await bits(resumed)).toEqual(await bits(whole));
    const eager = ofType(await watch(make({ steps: 3, logEvery: 1, compiled: false })), "step");
    eager.forEach(({ loss }, i) => expect(loss).toBeCloseTo(wanted[i]?.loss as number, 5));
  });
});
