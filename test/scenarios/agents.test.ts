import { describe, expect, test } from "vitest";
import { GridWorld, valueIteration } from "../../src/environments/index.ts";
import type { Linear } from "../../src/nn/index.ts";
import { type EpisodeEvent, EvaluateAgent } from "../../src/scenarios/index.ts";
import { MemoryWorkspace, RunLog } from "../../src/workspace/index.ts";
import { AGENTS, WORLD, worlds } from "./agentRows.ts";
import type { TrainingRow } from "./rows.ts";

/** Until the way is found. */
const STEPS = { DQNTrain: 40, PPOTrain: 12, ReinforceTrain: 20 };

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

describe.each(Object.entries(STEPS))("%s", (name, steps) => {
  test("finds the way to the goal, and tells about it", async () => {
    const workspace = new MemoryWorkspace();
    const row = AGENTS[name] as TrainingRow;
    const { begin, parts } = row({ steps, logEvery: 4, workspace });
    const episodes: EpisodeEvent[] = [];
    for await (const event of begin({})) {
      if (event.type === "episode") episodes.push(event as EpisodeEvent);
    }
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
    const { policy, network = policy } = parts as { policy: Linear; network?: Linear };
    const metrics = await evaluate({ network, environments: worlds() });
    const { values } = valueIteration(new GridWorld(WORLD), 1);
    expect(metrics.return).toBeGreaterThan((values[3] as number) - 0.15);
  });
});
