import { expect, test } from "vitest";
import { CartPole, Pendulum } from "../../src/environments/index.ts";

// NumPy 2: the two equations of motion of Florian 2007, solved as a linear system at each step.
const ACTIONS = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
const WANTED: Readonly<Record<number, readonly number[]>> = {
  0: [0.0096, 0.1746791957, 0.0308, -0.243068718],
  4: [0.0235255587, 0.1731626369, 0.0124330878, -0.2095015287],
  9: [0.0330083904, 0.367650986, 0.0038214652, -0.4882037725],
  15: [0.1357161281, 1.5408653461, -0.1439444658, -2.3162086243],
  17: [0.2012729789, 1.9329543573, -0.2432587934, -2.9937705089],
};

test("CartPole moves as the published equations say, until the pole falls", () => {
  const cart = new CartPole();
  cart.reset();
  cart.restore({ ...cart.state(), variables: [0.01, -0.02, 0.03, 0.04] });
  ACTIONS.forEach((action, i) => {
    const { observation, reward, terminated, truncated } = cart.step(action);
    const [x, xDot, theta, thetaDot] = cart.state().variables;
    [x, xDot, theta, thetaDot].forEach((value, k) => {
      expect(observation[k]).toBe(Math.fround(value));
      if (WANTED[i] !== undefined) expect(value).toBeCloseTo(WANTED[i][k] as number, 9);
    });
    expect([reward, terminated, truncated]).toEqual([1, i === 17, false]);
  });
  expect(() => cart.step(0)).toThrow(/an episode must be going on/);
});

test("CartPole ends at the edge of the track and begins near the middle", () => {
  const cart = new CartPole(4);
  for (let i = 0; i < 20; i++) expect(Math.max(...cart.reset().map(Math.abs))).toBeLessThan(0.05);
  cart.restore({ ...cart.state(), variables: [2.39, 0.4, 0, 0] });
  expect(cart.step(1).terminated).toBe(false);
  expect(cart.step(1).terminated).toBe(true);
});

test("Pendulum swings as its equations say", () => {
  const pendulum = new Pendulum();
  pendulum.reset();
  pendulum.restore({ ...pendulum.state(), theta: 2.5, thetaDot: -0.3 });
  // NumPy 2, from the equations.
  const wanted = [
    [2, -6.263, -0.81437207, 0.58034311, 0.44885411],
    [-2, -6.3868642, -0.83097162, 0.5563148, 0.58411144],
    [5, -6.54902755, -0.86538558, 0.50110657, 1.30134754],
    [0.5, -7.0168014, -0.9059119, 0.42346621, 1.75217747],
    [-1, -7.62138374, -0.94232727, 0.33469286, 1.91977713],
  ] as const;
  for (const [torque, reward, ...observation] of wanted) {
    const step = pendulum.step([torque]);
    expect(step.reward).toBeCloseTo(reward, 6);
    observation.forEach((value, k) => expect(step.observation[k]).toBeCloseTo(value, 6));
  }
  pendulum.restore({ ...pendulum.state(), theta: 1.5, thetaDot: 7.9 });
  expect(pendulum.step(2).observation[2]).toBe(8);
});
