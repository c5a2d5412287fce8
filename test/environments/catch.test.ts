import { expect, test } from "vitest";
import { Catch } from "../../src/environments/index.ts";

const rowsOf = (picture: Float32Array, columns: number): string[] => {
  const signs = [...picture].map((value) => (value === 1 ? "o" : ".")).join("");
  return signs.match(new RegExp(`.{${columns}}`, "g")) ?? [];
};

test("a ball that falls aslant bounces off the side", () => {
  const game = new Catch({ rows: 4, columns: 3 });
  game.reset();
  game.restore({ ...game.state(), column: 1, drift: 1 });
  const pictures = [2, 0, 0].map((action) => {
    const { observation, reward, terminated } = game.step(action);
    return [...rowsOf(observation, 3), reward, terminated];
  });
  expect(pictures).toEqual([
    ["...", "..o", "...", "..o", 0, false],
    ["...", "...", ".o.", ".o.", 0, false],
    ["...", "...", "...", "o..", 1, true],
  ]);
});

test("whoever follows the ball catches every one, whoever stays some", () => {
  const game = new Catch({ seed: 3 });
  const play = (choose: (column: number, paddle: number) => number): number => {
    let total = 0;
    for (let i = 0; i < 60; i++) {
      game.reset();
      for (let isOver = false; !isOver;) {
        const { column, drift, paddle } = game.state();
        const isOutside = column + drift < 0 || column + drift > 9;
        const next = isOutside ? column - drift : column + drift;
        const { reward, terminated } = game.step(choose(next, paddle));
        total += reward;
        isOver = terminated;
      }
    }
    return total / 60;
  };
  expect(play((column, paddle) => 1 + Math.sign(column - paddle))).toBe(1);
  expect(play(() => 1)).toBeLessThan(-0.5);
});

test("without slant balls fall straight; a board must have room", () => {
  const game = new Catch({ withSlant: false });
  for (let i = 0; i < 20; i++) {
    game.reset();
    expect(game.state().drift).toBe(0);
  }
  expect(() => new Catch({ rows: 1 })).toThrow(/rows must be an integer of at least 2. Got 1/);
});
