// Images made worse: what each corruption does, by its definition.

import { describe, expect, test } from "vitest";
import { Generator, type Tensor, broadcastTo, tensor } from "../../src/index.ts";
import { type Corruption, corruptions } from "../../src/augment/index.ts";
import { expectClose } from "../support/check.ts";

const SIDE = 10;
/** A gentle slope, from 0.3 to 0.7. */
const SLOPE = Array.from({ length: SIDE * SIDE }, (_, i) => 0.3 + 0.4 * (i / (SIDE * SIDE - 1)));
const images = (): Tensor =>
  broadcastTo(tensor(SLOPE, { shape: [1, SIDE, SIDE, 1] }), [32, SIDE, SIDE, 1]);

async function rowsOf(worsen: Corruption, severity: number): Promise<number[][]> {
  const data = [...(await worsen(images(), severity, new Generator(1)).data())];
  return Array.from({ length: 32 }, (_, i) => data.slice(100 * i, 100 * (i + 1)));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe("corruptions", () => {
  test("brightness and contrast", async () => {
    const x = images();
    const brighter = corruptions.brightness(x, 4, new Generator());
    const wanted = SLOPE.map((value) => Math.min(1, value + 0.4));
    await expectClose(brighter.slice([0]), wanted, [SIDE, SIDE, 1]);
    const flat = corruptions.contrast(x, 2, new Generator());
    await expectClose(flat.slice([0]), SLOPE.map((value) => 0.5 + 0.3 * (value - 0.5)), [SIDE, SIDE, 1]); // prettier-ignore
  });

  test("noise has its deviation, another one for each image", async () => {
    const rows = await rowsOf(corruptions.gaussianNoise, 1);
    const errors = rows.flatMap((row) => row.map((value, i) => value - (SLOPE[i] as number)));
    expect(Math.sqrt(mean(errors.map((error) => error ** 2)))).toBeCloseTo(0.08, 2);
    expect(rows[0]).not.toEqual(rows[1]);
    expect(await rowsOf(corruptions.gaussianNoise, 1)).toEqual(rows);
    const strong = (await rowsOf(corruptions.gaussianNoise, 5)).flat();
    expect([Math.min(...strong), Math.max(...strong)]).toEqual([0, 1]);
  });

  test("blur keeps the mean and takes differences away", async () => {
    const spreads: number[] = [];
    for (const severity of [1, 3, 5]) {
      const [row = []] = await rowsOf(corruptions.blur, severity);
      expect(mean(row)).toBeCloseTo(0.5, 5);
      spreads.push(Math.max(...row) - Math.min(...row));
    }
    expect(spreads.toSorted((a, b) => b - a)).toEqual(spreads);
    expect(spreads[2]).toBeLessThan(0.4);
  });

  test("shift moves by whole pixels, so far in any direction", async () => {
    const rows = await rowsOf(corruptions.shift, 5); // 2.2 pixels
    const ways = rows.map((row) => {
      for (let dy = -3; dy <= 3; dy++) {
        for (let dx = -3; dx <= 3; dx++) {
          const fits = row.every((value, i) => {
            const [y, x] = [Math.floor(i / SIDE) + dy, (i % SIDE) + dx];
            const isIn = y >= 0 && y < SIDE && x >= 0 && x < SIDE;
            return Math.abs(value - (isIn ? (SLOPE[y * SIDE + x] as number) : 0)) < 1e-6;
          });
          if (fits) return [dy, dx] as const;
        }
      }
      throw new Error("no shift of the image");
    });
    for (const [dy, dx] of ways) expect(Math.abs(Math.hypot(dy, dx) - 2.2)).toBeLessThan(0.71);
    expect(new Set(ways.map(String)).size).toBeGreaterThan(6);
  });

  test("occlusion makes a part of a square grey", async () => {
    const rows = await rowsOf(corruptions.occlusion, 4); // 5 × 5 pixels
    const hidden = rows.map((row) => {
      return row.filter((value, i) => Math.abs(value - (SLOPE[i] as number)) > 1e-6).length;
    });
    expect(Math.max(...hidden)).toBeGreaterThan(20);
    expect(Math.max(...hidden)).toBeLessThanOrEqual(25);
    expect(Math.min(...hidden)).toBeGreaterThan(4);
  });

  test("there are five severities", () => {
    for (const [name, worsen] of Object.entries(corruptions)) {
      const wrong = (): Tensor => worsen(images(), 6, new Generator());
      expect(wrong).toThrow(new RegExp(`${name}: severity must be a whole number from 1 to 5`));
    }
  });
});
