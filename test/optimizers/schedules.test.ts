import { describe, expect, test } from "vitest";
import { Variable, compile, tensor } from "../../src/index.ts";
import * as optimizers from "../../src/optimizers/index.ts";
import {
  type Optimizer,
  type Schedule,
  constantRate,
  cosineDecay,
  cosineRestarts,
  exponentialDecay,
  inverseSquareRoot,
  lateScalar,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
  stepDecay,
  warmup,
} from "../../src/optimizers/index.ts";

const halves = stepDecay({ initial: 1, every: 10, factor: 0.5 });

/** Steps and rates. Those of the first five are PyTorch's, by its documented formulas in Python. */
const TABLE: readonly [string, Schedule, readonly number[], readonly number[]][] = [
  [
    "oneCycle",
    oneCycle({ peak: 1, steps: 10 }),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12],
    [0.04, 0.52, 1, 0.950484632, 0.8117456539, 0.6112620219, 0.3887419781, 0.1882583461, 0.049519368, 4e-6, 4e-6], // prettier-ignore
  ],
  [
    "oneCycle, as in the paper",
    oneCycle({ peak: 1, steps: 10, isSymmetric: true, shape: "linear" }),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [0.04, 0.52, 1, 0.52, 0.04, 0.0320008, 0.0240016, 0.0160024, 0.0080032, 4e-6],
  ],
  [
    "cosineRestarts",
    cosineRestarts({ initial: 1, steps: 3, factor: 2, final: 0.1 }),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [1, 0.775, 0.325, 1, 0.9397114317, 0.775, 0.55, 0.325, 0.1602885683, 1, 0.9846666218],
  ],
  [
    "polynomialDecay",
    polynomialDecay({ initial: 0.5, steps: 5, power: 2 }),
    [0, 1, 2, 3, 4, 5, 6],
    [0.5, 0.32, 0.18, 0.08, 0.02, 0, 0],
  ],
  [
    "piecewiseConstant",
    piecewiseConstant({ boundaries: [3, 5], rates: [1, 0.1, 0.01] }),
    [0, 2, 3, 4, 5, 9],
    [1, 1, 0.1, 0.1, 0.01, 0.01],
  ],
  [
    // Transformers': 512^−0.5 · min((t + 1)^−0.5, (t + 1) · 4000^−1.5).
    "inverseSquareRoot",
    inverseSquareRoot({ peak: 1 / Math.sqrt(512 * 4000), warmupSteps: 4000 }),
    [0, 1999, 3999, 15999],
    [1.746928107421711e-7, 3.493856214843422e-4, 6.987712429686843e-4, 3.493856214843421e-4],
  ],
  [
    "a line",
    polynomialDecay({ initial: 1, steps: 4, final: 0.2 }),
    [0, 1, 4, 5],
    [1, 0.8, 0.2, 0.2],
  ],
  ["constantRate", constantRate(0.3), [0, 100], [0.3, 0.3]],
  [
    "cosineDecay",
    cosineDecay({ initial: 1, steps: 100, final: 0.2 }),
    [0, 50, 100, 150],
    [1, 0.6, 0.2, 0.2],
  ],
  ["stepDecay", halves, [0, 9, 10, 25], [1, 1, 0.5, 0.25]],
  ["exponentialDecay", exponentialDecay({ initial: 2, factor: 0.9 }), [0, 1, 2], [2, 1.8, 1.62]],
  ["warmup", warmup(halves, 4), [0, 1, 3, 4, 14], [0.25, 0.5, 1, 1, 0.5]],
];

test.each(TABLE)("%s", (_, schedule, steps, rates) => {
  expect(steps.map(schedule)).toEqual(rates.map((rate) => expect.closeTo(rate, 9)));
});

test("wrong schedules say what to change", () => {
  expect(() => cosineDecay({ initial: 1, steps: 0 })).toThrow(/steps must be an integer from 1/);
  expect(() => cosineRestarts({ initial: 1, steps: 3, factor: 0.5 })).toThrow(/factor must be/);
  expect(() => piecewiseConstant({ boundaries: [5, 3], rates: [1, 2, 3] })).toThrow(
    /boundaries must rise, with one rate more than them. Got boundaries 5, 3 and rates 1, 2, 3/,
  );
  expect(() => piecewiseConstant({ boundaries: [5], rates: [1] })).toThrow(/one rate more/);
  expect(() => oneCycle({ peak: 1, steps: 10, rise: 1 })).toThrow(/before and after the peak/);
  expect(() => oneCycle({ peak: 1, steps: 10, rise: 0.6, isSymmetric: true })).toThrow(/rise must/);
  expect(() => warmup(halves, -1)).toThrow(/steps must be an integer from 0/);
});

type Rated = Optimizer & { learningRate: number };
type Class = new (options: { learningRate: number; momentum: number }) => Rated;

/** Every optimizer of the library. */
const CLASSES = Object.entries(optimizers).filter(([name, value]) => {
  return (
    name !== "Optimizer" &&
    (value as { prototype?: object }).prototype instanceof optimizers.Optimizer
  );
}) as unknown as [string, Class][];

describe("a compiled step follows its schedule", () => {
  const schedule = oneCycle({ peak: 0.1, steps: 7 });

  /** Bits of parameters and state after seven steps, and how often the step's JavaScript ran. */
  const train = async (Optimizer: Class, isCompiled: boolean) => {
    const w = new Variable(tensor([1, -2, 0.5]), { name: "w" });
    const optimizer = new Optimizer({ learningRate: 1, momentum: 0.9 });
    let runs = 0;
    const step = (x: ReturnType<typeof tensor>) => {
      runs++;
      return optimizer.minimize(() => w.mul(x).square().sum(), [w]);
    };
    const run = isCompiled ? compile(step) : step;
    for (let t = 0; t < 7; t++) {
      optimizer.learningRate = schedule(t);
      run(tensor([t, 1, 2]));
    }
    const lists = await Promise.all([w, ...optimizer.variables].map((one) => one.data()));
    return { bits: lists.map((list) => [...list]), runs };
  };

  test("there are twelve optimizers", () => expect(CLASSES).toHaveLength(12));

  test.each(CLASSES)("%s has the bits of eager steps, and is recorded twice", async (_, Class) => {
    const [compiled, eager] = [await train(Class, true), await train(Class, false)];
    expect(compiled.bits).toEqual(eager.bits);
    // The first call makes the optimizer's slots.
    expect([compiled.runs, eager.runs]).toEqual([2, 7]);
  });

  test("and so do numbers of one's own", async () => {
    let rate = 2;
    const scaled = compile((x: ReturnType<typeof tensor>) => x.mul(lateScalar(() => rate)));
    for (rate of [2, 3, 4])
      expect(await scaled(tensor([1, 10])).array()).toEqual([rate, 10 * rate]);
    scaled.dispose();
  });
});
