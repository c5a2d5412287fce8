import { expect, test } from "vitest";
import { generalizedAdvantages } from "../../src/environments/index.ts";

const experience = {
  rewards: [1, 0.5, 0, -1, 2, 1, -0.5, 0.25, 1, 1],
  values: [0.2, 0.1, 0.4, -0.3, 0.5, 0.6, -0.1, 0.2, 0.3, 0.7],
  nextValues: [0.4, -0.3, 0.5, 0.6, 9, 0.2, 0.3, 0.8, 0.25, -0.4],
  terminated: [0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
  truncated: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
};

test("the sums of equation 16, within episodes", () => {
  const options = { environments: 2, discount: 0.9, lambda: 0.8 };
  const { advantages, returns } = generalizedAdvantages(experience, options);
  // NumPy 2: Σₖ (γλ)ᵏ δₜ₊ₖ as a double sum, up to the episode's end.
  const wanted = [1.9736, 0.602873, 1.13, 0.656768, 1.5, 1.1344, 0.536, 0.77, 0.925, -0.06];
  wanted.forEach((value, i) => {
    expect(advantages[i]).toBeCloseTo(value, 6);
    expect(returns[i]).toBeCloseTo(value + (experience.values[i] as number), 6);
  });
});

test("λ = 1 gives discounted returns, λ = 0 differences", () => {
  const one = { rewards: [1, 2, 3], values: [5, 6, 7], nextValues: [6, 7, 8] };
  const rest = { terminated: [0, 0, 1], truncated: [0, 0, 0] };
  const { returns } = generalizedAdvantages({ ...one, ...rest }, { discount: 0.5, lambda: 1 });
  expect([...returns]).toEqual([1 + 2 / 2 + 3 / 4, 2 + 3 / 2, 3]);
  const { advantages } = generalizedAdvantages({ ...one, ...rest }, { discount: 0.5, lambda: 0 });
  expect([...advantages]).toEqual([1 + 3 - 5, 2 + 3.5 - 6, 3 - 7]);
});

test("arrays of other lengths and factors that are none", () => {
  const short = { ...experience, values: [1] };
  expect(() => generalizedAdvantages(short)).toThrow(/values 1/);
  expect(() => generalizedAdvantages(experience, { environments: 3 })).toThrow(/3 environments/);
  expect(() => generalizedAdvantages(experience, { lambda: 2 })).toThrow(/lambda must lie/);
});
