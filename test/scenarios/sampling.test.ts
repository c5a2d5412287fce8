import { describe, expect, test } from "vitest";
import { Generator, tensor } from "../../src/index.ts";
import {
  type SamplingOptions,
  sampleTokens,
  tokenProbabilities,
} from "../../src/scenarios/index.ts";
import { numbers } from "../support/check.ts";

const VOCABULARY = 7;

/** Probabilities by code, by definition; 0 for what may not come. */
function reference(row: readonly number[], options: SamplingOptions): number[] {
  const { temperature = 1, topK = row.length, topP = 1 } = options;
  const order = row.map((_, code) => code).sort((a, b) => (row[b] as number) - (row[a] as number));
  const first = order.slice(0, topK);
  const weights = first.map((code) => Math.exp((row[code] as number) / temperature));
  const total = weights.reduce((a, b) => a + b);
  let before = 0;
  const kept = weights.map((weight) => {
    const isKept = before < topP;
    before += weight / total;
    return isKept ? weight : 0;
  });
  const left = kept.reduce((a, b) => a + b);
  const found = Array<number>(row.length).fill(0);
  first.forEach((code, i) => (found[code] = (kept[i] as number) / left));
  return found;
}

const rows = Array.from({ length: 3 }, (_, i) => [...numbers(VOCABULARY, i + 1, -2, 2)]);
// Equal ones: the first of them is the likelier.
rows.push([1, 0.5, 1, 0.5, 0.5, -1, 0]);

const OPTIONS: readonly SamplingOptions[] = [
  {},
  { temperature: 0.5 },
  { topK: 1 },
  { topK: 3, temperature: 2 },
  { topK: 100 },
  { topP: 0.01 },
  { topP: 0.6 },
  { topP: 0.9, temperature: 1.5 },
  { topK: 4, topP: 0.7 },
];

describe("tokenProbabilities", () => {
  test.each(OPTIONS)("%j: as by definition", async (options) => {
    const { probabilities, codes } = tokenProbabilities(tensor(rows), options);
    const [given, of] = [await probabilities.array(), await codes.array()] as number[][][];
    rows.forEach((row, i) => {
      const wanted = reference(row, options);
      const found = Array<number>(VOCABULARY).fill(0);
      of?.[i]?.forEach((code, j) => (found[code] = given?.[i]?.[j] as number));
      expect(found.map((p) => p > 0)).toEqual(wanted.map((p) => p > 0));
      found.forEach((p, code) => expect(p).toBeCloseTo(wanted[code] as number, 5));
    });
  });

  test("says what is wrong", () => {
    const refused = (options: SamplingOptions) => () => tokenProbabilities(tensor(rows), options);
    expect(refused({ temperature: -1 })).toThrow(/temperature must be 0 or a positive number/);
    expect(refused({ topK: 0 })).toThrow(/topK must be a positive integer. Got 0/);
    expect(refused({ topP: 1.5 })).toThrow(/topP must be in \(0, 1\]/);
  });
});

describe("sampleTokens", () => {
  const COUNT = 4096;
  const [row] = rows as [number[]];
  const many = () => tensor(Array<number[]>(COUNT).fill(row));

  test.each([{}, { topK: 4, topP: 0.9, temperature: 0.8 }])(
    "%j: as often as they are likely",
    async (options) => {
      const drawn = [
        ...((await sampleTokens(many(), options, new Generator(1)).data()) as Int32Array),
      ];
      reference(row, options).forEach((p, code) => {
        const count = drawn.filter((one) => one === code).length;
        if (p === 0) expect(count).toBe(0);
        // Four standard deviations of a binomial count.
        const deviation = Math.sqrt(COUNT * p * (1 - p));
        expect(Math.abs(count - COUNT * p)).toBeLessThanOrEqual(4 * deviation);
      });
      const again = await sampleTokens(many(), options, new Generator(1)).data();
      expect([...(again as Int32Array)]).toEqual(drawn);
    },
  );

  test("the likeliest at temperature 0", async () => {
    const drawn = await sampleTokens(tensor(rows), { temperature: 0 }, new Generator(1)).data();
    expect([...(drawn as Int32Array)]).toEqual(rows.map((one) => one.indexOf(Math.max(...one))));
  });
});
