import { describe, expect, test } from "vitest";
import {
  type PlaneDistribution,
  type Point,
  checkerboard,
  circles,
  gaussianGrid,
  gaussianMixture,
  gaussianRing,
  pinwheel,
  pointFeed,
  spirals,
  swissRoll,
  twoMoons,
} from "../../src/data/index.ts";

interface Drawn {
  readonly x: number;
  readonly y: number;
  readonly part: number;
}

function drawn(distribution: PlaneDistribution, count = 400, seed = 3): Drawn[] {
  const { inputs, labels } = distribution.sample(count, seed).fields;
  return Array.from({ length: count }, (_, i) => ({
    x: inputs?.data[2 * i] as number,
    y: inputs?.data[2 * i + 1] as number,
    part: labels?.data[i] as number,
  }));
}

/** How far a point of each distribution, drawn without noise, is from what defines it. */
const MISS: readonly (readonly [PlaneDistribution, (point: Drawn) => number])[] = [
  [
    swissRoll({ noise: 0 }),
    ({ x, y }) => {
      const t = 5 * Math.hypot(x, y);
      const isInside = t > 1.5 * Math.PI - 1e-3 && t < 4.5 * Math.PI + 1e-3;
      return isInside ? Math.hypot(x - (t * Math.cos(t)) / 5, y - (t * Math.sin(t)) / 5) : 1;
    },
  ],
  [
    twoMoons({ noise: 0 }),
    ({ x, y, part }) => {
      const isHalf = part === 0 ? y >= -1e-6 : y <= 0.5 + 1e-6;
      return isHalf ? Math.abs(Math.hypot(x - part, y - part / 2) - 1) : 1;
    },
  ],
  [
    circles({ noise: 0, radii: [1, 0.5, 3] }),
    ({ x, y, part }) => Math.hypot(x, y) - ([1, 0.5, 3][part] as number),
  ],
  [
    spirals({ noise: 0, arms: 3 }),
    ({ x, y, part }) => {
      const r = Math.hypot(x, y) / 2;
      const angle = 2 * Math.PI * (1.5 * r + part / 3);
      return (
        Math.hypot(x - 2 * r * Math.cos(angle), y - 2 * r * Math.sin(angle)) + Number(r > 1.001)
      );
    },
  ],
  [
    checkerboard({ side: 6 }),
    ({ x, y }) => {
      const isOn = Math.abs(Math.floor(x) + Math.floor(y)) % 2 === 0;
      return isOn && Math.max(Math.abs(x), Math.abs(y)) <= 3 ? 0 : 1;
    },
  ],
  [
    pinwheel({ arms: 4, tangentialSigma: 1e-9 }),
    ({ x, y, part }) => {
      // Where 1 + 0.3 a is negative the arm goes on beyond the middle.
      const misses = [1, -1].map((sign) => {
        const r = (sign * Math.hypot(x, y)) / 2;
        const angle = (Math.PI / 2) * part + 0.25 * Math.exp(r);
        return Math.hypot(x - 2 * r * Math.cos(angle), y - 2 * r * Math.sin(angle));
      });
      return Math.min(...misses);
    },
  ],
];

describe.each(MISS)("$name", (distribution, miss) => {
  test("lies where its formula says, in all parts", () => {
    const points = drawn(distribution);
    for (const point of points) expect(Math.abs(miss(point))).toBeLessThan(1e-5);
    expect(new Set(points.map(({ part }) => part)).size).toBe(distribution.parts);
  });

  test("a point depends on the seed and its place alone", () => {
    expect(drawn(distribution, 9)).toEqual(drawn(distribution, 20).slice(0, 9));
    expect(drawn(distribution, 9, 4)).not.toEqual(drawn(distribution, 9));
  });
});

test("a feed brings new points without end, and goes on from any place", async () => {
  const make = () => pointFeed(twoMoons(), { batchSize: 3, seed: 7 });
  const feed = make();
  const first = await feed.peek();
  expect(await feed.next()).toEqual(first);
  const state = feed.state();
  const second = await feed.next();
  expect(second).toEqual(twoMoons().sample(3, 7, 3).fields);
  expect(second).not.toEqual(first);
  const other = make();
  other.restore(JSON.parse(JSON.stringify(state)));
  expect(await other.next()).toEqual(second);
  expect(() => pointFeed(twoMoons(), { batchSize: 0 })).toThrow(/positive integer/);
});

test("noise is as wide as asked for", () => {
  const points = drawn(circles({ noise: 0.1, radii: [1] }), 2000);
  const squares = points.map(({ x, y }) => (Math.hypot(x, y) - 1) ** 2);
  const deviation = Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length);
  expect(deviation).toBeGreaterThan(0.095);
  expect(deviation).toBeLessThan(0.105);
});

describe("mixtures of Gaussians", () => {
  test("eight on a ring, 25 on a grid", () => {
    const ring = gaussianRing();
    expect(ring.modes[0]).toEqual([2, 0]);
    expect(ring.modes[3]?.[1]).toBeCloseTo(Math.SQRT2, 12);
    const grid = gaussianGrid();
    expect(grid.modes).toHaveLength(25);
    expect(grid.modes[7]).toEqual([0, -2]);
    expect([ring.sigma, grid.sigma]).toEqual([0.02, 0.05]);
  });

  test("their own points cover them, with the share of three deviations", () => {
    for (const mixture of [gaussianRing(), gaussianGrid()]) {
      const { inputs } = mixture.sample(4000, 1).fields;
      const { covered, modes, share, counts } = mixture.coverage(inputs?.data ?? []);
      expect(covered).toBe(modes);
      expect(share).toBeGreaterThan(0.982); // 1 − e^(−9/2) = 0.9889 within four deviations of a share
      expect(share).toBeLessThan(0.996);
      expect(counts.reduce((a, b) => a + b, 0)).toBe(share * 4000);
    }
  });

  test("collapsed and stray points", () => {
    const mixture = gaussianMixture(
      "two",
      [
        [0, 0],
        [4, 0],
      ] as Point[],
      0.5,
    );
    const points = [0, 0, 1.4, 0, 0, -1.6, 2, 0, 4, 1];
    expect(mixture.coverage(points)).toEqual({
      covered: 2,
      modes: 2,
      share: 3 / 5,
      counts: [2, 1],
    });
    expect(mixture.coverage(points, 2).covered).toBe(1);
    expect(() => mixture.coverage([1, 2, 3])).toThrow(/3 numbers/);
    expect(() => gaussianMixture("bad", [[0, 0]], 0)).toThrow(/sigma must be positive/);
    expect(() => gaussianRing({ modes: 0 })).toThrow(/parts must be a positive integer/);
    expect(() => mixture.sample(-1)).toThrow(/whole number from 0. Got -1/);
  });
});
