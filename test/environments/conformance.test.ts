import { describe, expect, test } from "vitest";
import { HostRandom, UsageError } from "../../src/index.ts";
import {
  type Action,
  CartPole,
  Catch,
  type Environment,
  FrameStack,
  GridWorld,
  NormalizeObservation,
  Pendulum,
  TimeLimit,
} from "../../src/environments/index.ts";

const MAKE: Readonly<Record<string, () => Environment>> = {
  CartPole: () => new CartPole(),
  Catch: () => new Catch(),
  FrameStack: () => new FrameStack(new Catch({ rows: 5, columns: 4 }), 3),
  GridWorld: () => new GridWorld({ map: ["..T", ".#G"], slip: 0.3 }),
  NormalizeObservation: () => new NormalizeObservation(new Pendulum()),
  Pendulum: () => new Pendulum(),
  TimeLimit: () => new TimeLimit(new CartPole(), 7),
};

/** What random actions lead to, episode after episode. */
function trajectory(environment: Environment, random: HostRandom, steps: number): number[][] {
  const { actions } = environment;
  const draw = (): Action =>
    actions.type === "discrete" ? random.integer(actions.count) : [random.uniform(-3, 3)];
  return Array.from({ length: steps }, () => {
    const { observation, reward, terminated, truncated } = environment.step(draw());
    const isOver = terminated || truncated;
    const first = isOver ? environment.reset() : [];
    return [...observation, reward, Number(terminated), Number(truncated), ...first];
  });
}

describe.each(Object.entries(MAKE))("%s", (_, make) => {
  test("the same seed and actions give the same; another seed does not", () => {
    const runs = [3, 3, 4].map((seed) => {
      const environment = make();
      const first = environment.reset(seed);
      const size = environment.observationShape.reduce((product, n) => product * n, 1);
      expect(first).toHaveLength(size);
      return [[...first], ...trajectory(environment, new HostRandom(1), 60)];
    });
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).not.toEqual(runs[0]);
  });

  test("restored it goes on as it would have", () => {
    const environment = make();
    environment.reset(5);
    trajectory(environment, new HostRandom(2), 17);
    const state: unknown = JSON.parse(JSON.stringify(environment.state()));
    const wanted = trajectory(environment, new HostRandom(3), 60);
    const other = make();
    other.restore(state);
    expect(trajectory(other, new HostRandom(3), 60)).toEqual(wanted);
  });

  test("steps need an episode and an action that there is", () => {
    const environment = make();
    expect(() => environment.step(0)).toThrow(/reset\(\) before the first step/);
    environment.reset();
    const before = environment.state();
    expect(() => environment.step(NaN)).toThrow(UsageError);
    if (environment.actions.type === "discrete") {
      expect(() => environment.step(environment.actions.type === "discrete" ? 9 : 0)).toThrow(/9/);
    }
    expect(environment.state()).toEqual(before);
  });

  test("its picture shows what changes", () => {
    const environment = make();
    environment.reset(1);
    const { width, height, data } = environment.render();
    expect(data).toHaveLength(4 * width * height);
    expect(data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    trajectory(environment, new HostRandom(4), 3);
    expect(environment.render().data).not.toEqual(data);
  });
});
