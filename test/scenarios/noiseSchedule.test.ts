import { describe, expect, test } from "vitest";
import { cosineNoise, linearNoise, noiseSchedule } from "../../src/scenarios/index.ts";
import { denoisingSteps } from "../../src/scenarios/denoisingSteps.ts";

// Wanted numbers: NumPy, the papers' formulas.
describe("noise schedules", () => {
  test("linearNoise has the paper's variances for 1000 steps, and ends alike for others", () => {
    const { alphaBars } = linearNoise();
    expect(alphaBars).toHaveLength(1000);
    expect(alphaBars[0]).toBeCloseTo(0.9999, 10);
    expect(alphaBars[499]).toBeCloseTo(0.07858724288, 10);
    expect(alphaBars[999]).toBeCloseTo(4.03582977e-5, 12);
    expect(linearNoise({ steps: 50 }).alphaBars[49]).toBeCloseTo(7.7447657e-6, 12);
    const given = linearNoise({ steps: 3, first: 0.1, last: 0.3 }).alphaBars;
    [0.9, 0.72, 0.504].forEach((want, i) => expect(given[i]).toBeCloseTo(want, 12));
  });

  test("cosineNoise follows its curve until β is bounded", () => {
    const { alphaBars } = cosineNoise();
    expect(alphaBars[0]).toBeCloseTo(0.9999587158, 9);
    expect(alphaBars[499]).toBeCloseTo(0.4938435904, 9);
    expect(alphaBars[998]).toBeCloseTo(2.4287669e-6, 12);
    expect(alphaBars[999]).toBeCloseTo((alphaBars[998] as number) * 1e-3, 12);
  });

  test("variances must be variances", () => {
    expect(() => noiseSchedule([])).toThrow(/between 0 and 1. Got none/);
    expect(() => linearNoise({ steps: 10 })).toThrow(/between 0 and 1. Got 1.11.* Take more steps/);
    expect(() => cosineNoise({ steps: 1 })).toThrow(/cosineNoise: steps must be an integer from 2/);
  });
});

describe("denoisingSteps", () => {
  const betas = [0.05, 0.1, 0.2, 0.3, 0.4];
  const schedule = noiseSchedule(betas);

  test("all of them with η = 1 are the posterior's", () => {
    const steps = denoisingSteps(schedule, 5, 1).reverse();
    let before = 1;
    // Ho et al. 2020, eq. 7.
    betas.forEach((beta, t) => {
      const here = before * (1 - beta);
      const step = steps[t] as (typeof steps)[number];
      expect(step.t).toBe(t);
      expect(step.ofExample).toBeCloseTo((Math.sqrt(before) * beta) / (1 - here), 12);
      expect(step.ofX).toBeCloseTo((Math.sqrt(1 - beta) * (1 - before)) / (1 - here), 12);
      expect(step.sigma ** 2).toBeCloseTo((beta * (1 - before)) / (1 - here), 12);
      before = here;
    });
  });

  test("some of them, with η = 0, keep x₀ and ε", () => {
    const steps = denoisingSteps(schedule, 2, 0);
    expect(steps.map(({ t }) => t)).toEqual([4, 2]);
    const share = (t: number): number => schedule.alphaBars[t] as number;
    const at = (alphaBar: number): number => Math.sqrt(alphaBar) * 0.7 - Math.sqrt(1 - alphaBar);
    [share(2), 1].forEach((next, i) => {
      const { t, scale, share: part, ofX, ofExample, sigma } = steps[i] as (typeof steps)[number];
      const x = at(share(t));
      expect(scale * x + part).toBeCloseTo(0.7, 12);
      expect(ofExample * 0.7 + ofX * x).toBeCloseTo(at(next), 12);
      expect(sigma).toBe(0);
    });
    expect(() => denoisingSteps(schedule, 6, 1)).toThrow(/at most the schedule's 5. Got 6/);
  });
});
