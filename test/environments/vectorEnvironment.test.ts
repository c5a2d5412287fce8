import { expect, test } from "vitest";
import {
  CartPole,
  Catch,
  GridWorld,
  Pendulum,
  TimeLimit,
  VectorEnvironment,
} from "../../src/environments/index.ts";

test("who is done begins again in the same step; the last observation is kept", () => {
  const worlds = new VectorEnvironment(2, (i) => {
    const map = i === 0 ? ["S..", "..G"] : ["S.G", "..."];
    return new TimeLimit(new GridWorld({ map, stepReward: -0.25 }), 3);
  });
  const places = (observations: Float32Array) => [
    observations.slice(0, 6).indexOf(1),
    observations.slice(6).indexOf(1),
  ];
  expect(places(worlds.reset(1))).toEqual([0, 0]);
  const step = () => {
    const { observations, nextObservations, rewards, terminated, truncated, episodes } =
      worlds.step([1, 1]);
    expect(worlds.observations).toBe(observations);
    const flags = [...terminated, ...truncated];
    return [...places(observations), ...places(nextObservations), ...rewards, ...flags, episodes];
  };
  expect(step()).toEqual([1, 1, 1, 1, -0.25, -0.25, 0, 0, 0, 0, []]);
  const reached = { environment: 1, return: 0.5, length: 2 };
  expect(step()).toEqual([2, 0, 2, 2, -0.25, 0.75, 0, 1, 0, 0, [reached]]);
  const cut = { environment: 0, return: -0.75, length: 3 };
  expect(step()).toEqual([0, 1, 2, 1, -0.25, -0.25, 0, 0, 1, 0, [cut]]);
});

test("each has random numbers of its own, which the seed decides", () => {
  const make = () => new VectorEnvironment(3, () => new CartPole());
  const first = make().reset(4);
  expect(new Set(first).size).toBe(12);
  expect(make().reset(4)).toEqual(first);
  expect(make().reset(5)).not.toEqual(first);
});

test("restored they go on as they would have", () => {
  const make = () => new VectorEnvironment(3, () => new Catch({ rows: 4, columns: 5 }));
  const games = make();
  games.reset(1);
  for (let i = 0; i < 5; i++) games.step([0, 1, 2]);
  const state = JSON.parse(JSON.stringify(games.state())) as ReturnType<typeof games.state>;
  const other = make();
  other.restore(state);
  expect(other.observations).toEqual(games.observations);
  for (let i = 0; i < 12; i++) expect(other.step([2, 0, 1])).toEqual(games.step([2, 0, 1]));
  const four = new VectorEnvironment(4, () => new Catch({ rows: 4, columns: 5 }));
  expect(() => four.restore(state)).toThrow(/3 environments for 4/);
});

test("continuous actions have a row each; wrong counts and mixtures are told", () => {
  const pendulums = new VectorEnvironment(2, () => new Pendulum());
  pendulums.reset(1);
  const { rewards } = pendulums.step(Float32Array.of(1, -1));
  expect(rewards.every((reward) => reward < 0)).toBe(true);
  expect(() => pendulums.step([1])).toThrow(/1 numbers for 2 actions of 1/);
  const mixed = (i: number) => (i === 0 ? new CartPole() : new Pendulum());
  expect(() => new VectorEnvironment<unknown>(2, mixed)).toThrow(/of one kind/);
  const one = new CartPole();
  expect(() => new VectorEnvironment(2, () => one)).toThrow(/an object of its own/);
});
