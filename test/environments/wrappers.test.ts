import { describe, expect, test } from "vitest";
import {
  CartPole,
  Catch,
  type Environment,
  FrameStack,
  GridWorld,
  NormalizeObservation,
  Pendulum,
  RunningMoments,
  TimeLimit,
} from "../../src/environments/index.ts";

describe("TimeLimit", () => {
  test("cuts off after so many steps, and says so only where it had gone on", () => {
    const world = new TimeLimit(new GridWorld({ map: ["S.G"] }), 2);
    world.reset();
    const right = () => {
      const { terminated, truncated } = world.step(1);
      return [terminated, truncated];
    };
    expect(right()).toEqual([false, false]);
    expect(right()).toEqual([true, false]);
    world.reset();
    world.step(0);
    expect(world.step(0)).toMatchObject({ terminated: false, truncated: true });
    expect(() => world.step(0)).toThrow(/an episode must be going on/);
    expect(() => new TimeLimit(new CartPole(), 0)).toThrow(/maxSteps must be an integer/);
  });
});

describe("FrameStack", () => {
  test("the oldest comes first, the first of an episode many times", () => {
    const game = new Catch({ rows: 3, columns: 2 });
    const stack = new FrameStack(game, 3);
    expect(stack.observationShape).toEqual([3, 2, 3]);
    const first = stack.reset(1);
    const single = (observation: Float32Array, k: number) =>
      observation.filter((_, i) => i % 3 === k);
    expect(single(first, 0)).toEqual(single(first, 2));
    const second = stack.step(0).observation;
    expect([single(second, 0), single(second, 1)]).toEqual([single(first, 0), single(first, 0)]);
    expect(single(second, 2)).not.toEqual(single(first, 2));
  });

  test("channels of a frame stay together", () => {
    const stack = new FrameStack(new FrameStack(new CartPole(), 1), 2);
    expect(stack.observationShape).toEqual([8]);
    const first = stack.reset(1);
    const second = stack.step(1).observation;
    expect(second.slice(0, 4)).toEqual(first.slice(4));
    const scalar = { ...new CartPole(), observationShape: [] } as unknown as Environment;
    expect(() => new FrameStack(scalar, 2)).toThrow(/must have an axis/);
  });
});

describe("NormalizeObservation", () => {
  test("moments are those of all vectors", () => {
    const moments = new RunningMoments(2);
    const rows = [
      [1, 100],
      [2, 140],
      [4, 90],
      [7, 130],
    ];
    for (const row of rows) moments.update(row);
    // Means 3.5 and 115, variances 5.25 and 425.
    const [a, b] = moments.normalize([3.5 + Math.sqrt(5.25), 115 - 2 * Math.sqrt(425)]);
    expect(a).toBeCloseTo(1, 6);
    expect(b).toBeCloseTo(-2, 6);
    expect([...moments.normalize([1e9, -1e9], 1e-8, 5)]).toEqual([5, -5]);
    expect(() => moments.update([1])).toThrow(/1 numbers for 2/);
  });

  test("environments may share moments, and an evaluation leaves them alone", () => {
    const moments = new RunningMoments(3);
    const training = new NormalizeObservation(new Pendulum(), { moments });
    const evaluation = new NormalizeObservation(new Pendulum(), { moments, isTraining: false });
    training.reset(1);
    for (let i = 0; i < 50; i++) training.step(2 * Math.sin(i));
    const before = moments.state();
    const plain = new Pendulum();
    expect(evaluation.reset(3)).toEqual(moments.normalize(plain.reset(3)));
    expect(moments.state()).toEqual(before);
    expect(before.count).toBe(51);
  });
});
