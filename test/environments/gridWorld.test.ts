import { describe, expect, test } from "vitest";
import { HostRandom } from "../../src/index.ts";
import { GridWorld, valueIteration } from "../../src/environments/index.ts";

/** The world of Russell & Norvig, Artificial Intelligence: A Modern Approach, figure 17.1. */
const WORLD = { map: ["...G", ".#.T", "...."], slip: 0.2, stepReward: -0.04 };

describe("GridWorld", () => {
  test("walls and edges stop, goals and traps end", () => {
    const world = new GridWorld({ map: ["S#G", "..T"], stepReward: -0.1 });
    const walk = (actions: readonly number[]): [number, number, boolean][] =>
      actions.map((action) => {
        const { observation, reward, terminated } = world.step(action);
        return [observation.indexOf(1), reward, terminated];
      });
    world.reset();
    const stay = [0, -0.1, false];
    expect(walk([0, 1, 3])).toEqual([stay, stay, stay]);
    expect(walk([2, 1, 1])).toEqual([[3, -0.1, false], [4, -0.1, false], [5, -1.1, true]]); // prettier-ignore
    world.restore({ ...world.state(), place: 5, isRunning: true });
    expect(walk([0])).toEqual([[2, 0.9, true]]);
  });

  test("who slips goes to one of the sides, as often to each", () => {
    const world = new GridWorld({ map: ["...", ".S.", "..."], slip: 0.5, seed: 2 });
    const counts = new Map<number, number>();
    for (let i = 0; i < 2000; i++) {
      world.reset();
      const place = world.step(1).observation.indexOf(1);
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    expect(new Set(counts.keys())).toEqual(new Set([1, 5, 7]));
    // Within three deviations of a binomial count.
    expect(Math.abs((counts.get(5) ?? 0) - 1000)).toBeLessThan(68);
    expect(Math.abs((counts.get(1) ?? 0) - 500)).toBeLessThan(59);
  });

  test("starts are all free places, or the marked ones", () => {
    const places = (map: readonly string[]): Set<number> => {
      const world = new GridWorld({ map });
      return new Set(Array.from({ length: 100 }, () => world.reset().indexOf(1)));
    };
    expect(places([".#G", ".T."])).toEqual(new Set([0, 3, 5]));
    expect(places(["S#G", ".TS"])).toEqual(new Set([0, 5]));
  });

  test("maps and probabilities that are none", () => {
    expect(() => new GridWorld({ map: ["..", "."] })).toThrow(/rows of equal length/);
    expect(() => new GridWorld({ map: [".x"] })).toThrow(/signs \. # G T S/);
    expect(() => new GridWorld({ map: [] })).toThrow(/map must be rows/);
    expect(() => new GridWorld({ map: ["#G"] })).toThrow(/a place to start from/);
    expect(() => new GridWorld({ map: [".G"], slip: 1.5 })).toThrow(/probability. Got 1.5/);
  });
});

describe("valueIteration", () => {
  test("gives the utilities of the book", () => {
    const { values, policy } = valueIteration(new GridWorld(WORLD), 1);
    // Russell & Norvig 2010, third edition, figures 17.2 (a) and 17.3.
    const wanted = [0.812, 0.868, 0.918, 0, 0.762, 0, 0.66, 0, 0.705, 0.655, 0.611, 0.388];
    wanted.forEach((value, place) => expect(values[place]).toBeCloseTo(value, 3));
    expect([0, 1, 2, 4, 6, 8, 9, 10, 11].map((place) => policy[place])).toEqual([
      1, 1, 1, 0, 0, 0, 3, 3, 3,
    ]);
  });

  test("its policy earns what it says", () => {
    const world = new GridWorld({ ...WORLD, map: ["...G", ".#.T", "S..."], seed: 5 });
    const { values, policy } = valueIteration(world, 0.9);
    let total = 0;
    for (let i = 0; i < 2000; i++) {
      let place = world.reset().indexOf(1);
      let weight = 1;
      for (let isOver = false; !isOver; weight *= 0.9) {
        const { observation, reward, terminated } = world.step(policy[place] as number);
        total += weight * reward;
        place = observation.indexOf(1);
        isOver = terminated;
      }
    }
    expect(total / 2000).toBeCloseTo(values[8] as number, 1);
  });

  test("values that grow without end are told", () => {
    const world = new GridWorld({ map: [".G"], stepReward: 2 });
    expect(() => valueIteration(world, 1)).toThrow(/the values must settle/);
  });
});

test("random numbers go on from where they were", () => {
  const random = new HostRandom(3, 4);
  for (let i = 0; i < 6; i++) random.u32();
  const other = HostRandom.from(random.state());
  const draw = (from: HostRandom): number[] => Array.from({ length: 9 }, () => from.u32());
  expect(draw(other)).toEqual(draw(random));
  expect(random.state()).toEqual({ seed: 3, stream: 4, position: 15 });
});
