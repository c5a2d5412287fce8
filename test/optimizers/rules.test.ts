import { describe, expect, test } from "vitest";
import { Variable, tensor } from "../../src/index.ts";
import {
  Adadelta,
  Adagrad,
  Adam,
  AdamW,
  Adamax,
  LAMB,
  Lion,
  Momentum,
  NAdam,
  type Optimizer,
  RAdam,
  RMSProp,
  SGD,
} from "../../src/optimizers/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";

/** One step of a rule on plain numbers: what p becomes. `s` keeps numbers between steps. */
type Step = (p: number, g: number, t: number, s: Record<string, number>) => number;

const at = (s: Record<string, number>, name: string, start = 0): number => s[name] ?? start;

/** Moments as Adam has them, and their corrections. */
function moments(g: number, t: number, s: Record<string, number>): Record<"m" | "v", number> {
  s.m = 0.9 * at(s, "m") + 0.1 * g;
  s.v = 0.99 * at(s, "v") + 0.01 * g * g;
  return { m: s.m / (1 - 0.9 ** t), v: s.v / (1 - 0.99 ** t) };
}

const BETAS = { learningRate: 0.1, beta2: 0.99 };

const TABLE: readonly [string, () => Optimizer, Step][] = [
  [
    "SGD with L2",
    () => new SGD({ learningRate: 0.1, weightDecay: 0.3 }),
    (p, g) => p - 0.1 * (g + 0.3 * p),
  ],
  [
    "Momentum with dampening",
    () => new Momentum({ learningRate: 0.1, momentum: 0.9, dampening: 0.4 }),
    (p, g, t, s) => p - 0.1 * (s.a = t === 1 ? g : 0.9 * at(s, "a") + 0.6 * g),
  ],
  [
    "AMSGrad",
    () => new Adam({ ...BETAS, amsgrad: true }),
    (p, g, t, s) => {
      const { m } = moments(g, t, s);
      s.w = Math.max(at(s, "w"), at(s, "v"));
      return p - (0.1 * m) / (Math.sqrt(s.w / (1 - 0.99 ** t)) + 1e-8);
    },
  ],
  [
    "AdamW",
    () => new AdamW({ ...BETAS, weightDecay: 0.2 }),
    (p, g, t, s) => {
      const { m, v } = moments(g, t, s);
      return p * (1 - 0.1 * 0.2) - (0.1 * m) / (Math.sqrt(v) + 1e-8);
    },
  ],
  [
    "AdamW, AMSGrad",
    () => new AdamW({ ...BETAS, amsgrad: true }),
    (p, g, t, s) => {
      const { m } = moments(g, t, s);
      s.w = Math.max(at(s, "w"), at(s, "v"));
      return p * (1 - 0.1 * 0.01) - (0.1 * m) / (Math.sqrt(s.w / (1 - 0.99 ** t)) + 1e-8);
    },
  ],
  [
    "Adamax",
    () => new Adamax(BETAS),
    (p, g, t, s) => {
      const { m } = moments(g, t, s);
      s.u = Math.max(0.99 * at(s, "u"), Math.abs(g) + 1e-8);
      return p - (0.1 * m) / s.u;
    },
  ],
  ...([false, true] as const).map((countTwice): [string, () => Optimizer, Step] => [
    `NAdam, ${countTwice ? "counting twice" : "by the paper"}`,
    () => new NAdam({ ...BETAS, momentumDecay: 0.1, countTwice }),
    (p, g, t, s) => {
      const { v } = moments(g, t, s);
      const mu = (n: number): number => 0.9 * (1 - 0.5 * 0.96 ** (n * 0.1));
      s.product = at(s, "product", 1) * mu(t);
      const coming = s.product * mu(t + 1) * (countTwice ? mu(t) : 1);
      const look = ((1 - mu(t)) / (1 - s.product)) * g;
      const ahead = (mu(t + 1) / (1 - coming)) * at(s, "m");
      return p - (0.1 * (look + ahead)) / (Math.sqrt(v) + 1e-8);
    },
  ]),
  ...[0.99, 0.999].map((beta2): [string, () => Optimizer, Step] => [
    `RAdam, β₂ = ${beta2}`,
    () => new RAdam({ learningRate: 0.1, beta2 }),
    (p, g, t, s) => {
      s.m = 0.9 * at(s, "m") + 0.1 * g;
      s.v = beta2 * at(s, "v") + (1 - beta2) * g * g;
      const m = s.m / (1 - 0.9 ** t);
      const limit = 2 / (1 - beta2) - 1;
      const rho = limit - (2 * t * beta2 ** t) / (1 - beta2 ** t);
      if (rho <= 5) return p - 0.1 * m;
      const above = (rho - 4) * (rho - 2) * limit;
      const rectified = Math.sqrt(above / ((limit - 4) * (limit - 2) * rho));
      const length = Math.sqrt(1 - beta2 ** t) / (Math.sqrt(s.v) + 1e-8);
      return p - 0.1 * m * rectified * length;
    },
  ]),
  [
    "Adagrad",
    () => new Adagrad({ learningRate: 0.1, initialAccumulator: 0.5, learningRateDecay: 0.2 }),
    (p, g, t, s) => {
      s.a = at(s, "a", 0.5) + g * g;
      return p - ((0.1 / (1 + (t - 1) * 0.2)) * g) / (Math.sqrt(s.a) + 1e-10);
    },
  ],
  [
    "Adadelta",
    () => new Adadelta(),
    (p, g, _, s) => {
      s.v = 0.9 * at(s, "v") + 0.1 * g * g;
      const change = (Math.sqrt(at(s, "d") + 1e-6) / Math.sqrt(s.v + 1e-6)) * g;
      s.d = 0.9 * at(s, "d") + 0.1 * change * change;
      return p - change;
    },
  ],
  ...([false, true] as const).flatMap((centered) =>
    (["insideRoot", "outsideRoot"] as const).map((place): [string, () => Optimizer, Step] => [
      `RMSProp, ${place}${centered ? ", centered" : ""}`,
      () => {
        const options = { learningRate: 0.1, momentum: 0.5, epsilon: 1e-2, centered };
        return new RMSProp({ ...options, epsilonPlace: place });
      },
      (p, g, _, s) => {
        s.v = 0.9 * at(s, "v") + 0.1 * g * g;
        s.c = centered ? 0.9 * at(s, "c") + 0.1 * g : 0;
        const d = s.v - s.c * s.c;
        const root = place === "insideRoot" ? Math.sqrt(d + 1e-2) : Math.sqrt(d) + 1e-2;
        return p - (s.b = 0.5 * at(s, "b") + (0.1 * g) / root);
      },
    ]),
  ),
  [
    "Lion",
    () => new Lion({ learningRate: 0.1, weightDecay: 0.2 }),
    (p, g, _, s) => {
      const u = Math.sign(0.9 * at(s, "m") + 0.1 * g);
      s.m = 0.99 * at(s, "m") + 0.01 * g;
      return p - 0.1 * (u + 0.2 * p);
    },
  ],
];

const STEPS = 8;
const SIZES = [1, 5, 64, 130];

/** Gradients of a step; those of parameter 2 are null. */
const gradientsAt = (t: number): (Float32Array | null)[] =>
  SIZES.map((n, i) => {
    if (i === 2) return null;
    return Float32Array.from({ length: n }, (_, k) => Math.sin(3 * t + 5 * i + 1.7 * k) + 0.2);
  });

const toGpu = (list: readonly (Float32Array | null)[]) =>
  list.map((values) => values && tensor(values));

describe.each(TABLE)("%s", (_, make, rule) => {
  test("follows its formula; a null gradient leaves parameter and slots alone", async () => {
    const optimizer = make();
    const variables = SIZES.map((n, i) => new Variable(randomTensor([n], i + 1)));
    const want = await Promise.all(variables.map(async (v) => Float64Array.from(await v.data())));
    optimizer.prepare(variables);
    const slotsOf = (i: number) =>
      Promise.all(Object.values(optimizer.slots).map((list) => list[i]?.data()));
    const before = await slotsOf(2);
    const kept = SIZES.map((n) => Array.from({ length: n }, () => ({})));
    for (let t = 1; t <= STEPS; t++) {
      const gradients = gradientsAt(t);
      optimizer.apply(toGpu(gradients), variables);
      gradients.forEach((values, i) => {
        values?.forEach((g, k) => {
          const [p, s] = [want[i]?.[k] as number, kept[i]?.[k] as Record<string, number>];
          (want[i] as Float64Array)[k] = rule(p, g, t, s);
        });
      });
    }
    const tolerance = { rtol: 2e-4, atol: 2e-5 };
    for (const [i, variable] of variables.entries()) {
      await expectClose(variable, want[i] as Float64Array, [SIZES[i] as number], tolerance);
    }
    expect(await slotsOf(2)).toEqual(before);
  });

  test("a loss that is not finite changes nothing and does not count", async () => {
    const optimizer = make();
    const variables = SIZES.map((n, i) => new Variable(randomTensor([n], i + 1)));
    optimizer.apply(toGpu(gradientsAt(1)), variables, tensor(1));
    const all = [...variables, ...optimizer.variables];
    const read = () => Promise.all(all.map((variable) => variable.data()));
    const before = await read();
    for (const loss of [NaN, Infinity, -Infinity]) {
      const bad = gradientsAt(2).map((values) => values?.fill(loss) ?? null);
      optimizer.apply(toGpu(bad), variables, tensor([0, loss]).slice([1]).reshape([]));
    }
    expect(await read()).toEqual(before);
    optimizer.apply(toGpu(gradientsAt(2)), variables, tensor(1));
    expect(await optimizer.step.item()).toBe(2);
    expect((await variables[1]?.data())?.every(Number.isFinite)).toBe(true);
  });

  test("goes on alike from saved slots", async () => {
    const [first, second] = [make(), make()];
    const run = (optimizer: Optimizer, variables: Variable[], from: number, to: number): void => {
      for (let t = from; t < to; t++) optimizer.apply(toGpu(gradientsAt(t)), variables);
    };
    const a = SIZES.map((n, i) => new Variable(randomTensor([n], i + 1)));
    run(first, a, 1, 4);
    const b = a.map((variable) => new Variable(variable.contiguous()));
    second.prepare(b);
    first.variables.forEach((variable, i) => second.variables[i]?.assign(variable));
    run(first, a, 4, 7);
    run(second, b, 4, 7);
    for (const [i, variable] of a.entries()) {
      expect(await b[i]?.data()).toEqual(await variable.data());
    }
  });
});

describe("LAMB", () => {
  test("a loss that is not finite leaves the parameters", async () => {
    const optimizer = new LAMB({ learningRate: 0.1 });
    const variable = new Variable(tensor([3, -4]));
    optimizer.apply([tensor([1, 2])], [variable], tensor(1));
    const before = await variable.data();
    optimizer.apply([tensor([NaN, 2])], [variable], tensor(NaN));
    expect(await variable.data()).toEqual(before);
  });

  test("scales each parameter's step by its own norms; 0 makes the ratio 1", async () => {
    const optimizer = new LAMB({ learningRate: 0.1, beta2: 0.99, weightDecay: 0.1 });
    const starts = [[3, -4, 1, 2, 5], [0, 0], [0.1]];
    const variables = starts.map((values) => new Variable(tensor(values)));
    const want = starts.map((values) => [...values]);
    const kept = want.map((values) => values.map((): Record<string, number> => ({})));
    const length = (values: readonly number[]): number => Math.hypot(...values);
    for (let t = 1; t <= 4; t++) {
      const gradients = want.map((values, i) => values.map((_, k) => Math.sin(t + 3 * i + k)));
      optimizer.apply(
        gradients.map((g) => tensor(g)),
        variables,
      );
      want.forEach((values, i) => {
        const u = values.map((p, k) => {
          const g = Math.fround(gradients[i]?.[k] as number);
          const { m, v } = moments(g, t, kept[i]?.[k] as Record<string, number>);
          return m / (Math.sqrt(v) + 1e-6) + 0.1 * p;
        });
        const ratio = length(values) === 0 ? 1 : length(values) / length(u);
        values.forEach((p, k) => (values[k] = p - 0.1 * ratio * (u[k] as number)));
      });
    }
    for (const [i, variable] of variables.entries()) {
      const values = want[i] as number[];
      await expectClose(variable, values, [values.length], { rtol: 1e-4 });
    }
  });
});
