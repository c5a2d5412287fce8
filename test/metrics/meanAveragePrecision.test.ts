import { describe, expect, test } from "vitest";
import { tensor } from "../../src/index.ts";
import { type Detections, MeanAveragePrecision, type Objects } from "../../src/metrics/index.ts";

/** Left, top, right, bottom, score, label. */
type Found = readonly (readonly [number, number, number, number, number, number])[];
/** Left, top, right, bottom, label, crowd, area. */
type Wanted = readonly (readonly [number, number, number, number, number, number, number])[];

const boxes = (rows: readonly (readonly number[])[]) =>
  tensor(
    rows.flatMap((row) => row.slice(0, 4)),
    { shape: [rows.length, 4], dtype: "f32" },
  );
const column = (rows: readonly (readonly number[])[], at: number, dtype: "f32" | "i32" | "bool") =>
  tensor(
    rows.map((row) => row[at] as number),
    { shape: [rows.length], dtype },
  );

const detections = (rows: Found): Detections => ({
  boxes: boxes(rows),
  scores: column(rows, 4, "f32"),
  labels: column(rows, 5, "i32"),
});
const objects = (rows: Wanted): Objects => ({
  boxes: boxes(rows),
  labels: column(rows, 4, "i32"),
  isCrowd: column(rows, 5, "bool"),
  areas: column(rows, 6, "f32"),
});

const IMAGES: readonly (readonly [Found, Wanted])[] = [
  [
    [
      [10, 10, 50, 50, 0.9, 0],
      [22, 10, 62, 52, 0.8, 0],
      [60, 60, 90, 100, 0.7, 1],
      [0, 0, 20, 20, 0.3, 1],
    ],
    [
      [15, 10, 55, 52, 0, 0, 40 * 42],
      [11, 10, 50, 52, 0, 0, 39 * 42],
      [60, 62, 92, 100, 1, 0, 32 * 38],
      [5, 5, 15, 15, 1, 0, 100],
    ],
  ],
  [
    [
      [0, 0, 120, 110, 0.95, 1],
      [10, 10, 40, 40, 0.6, 0],
      [10, 12, 40, 44, 0.5, 0],
      [200, 200, 230, 220, 0.4, 2],
      [110, 110, 150, 150, 0.97, 0],
      [95, 120, 190, 190, 0.65, 0],
    ],
    [
      [0, 5, 118, 110, 1, 0, 118 * 105],
      [10, 10, 40, 42, 0, 0, 30 * 32],
      [100, 100, 200, 200, 0, 1, 10000],
    ],
  ],
  [[], [[5, 5, 25, 25, 0, 0, 400]]],
  [
    [
      [1, 1, 9, 9, 0.2, 0],
      [120, 120, 160, 160, 0.85, 0],
    ],
    [],
  ],
];

const FOUND = IMAGES.map(([found]) => detections(found));
const WANTED = IMAGES.map(([, wanted]) => objects(wanted));

describe("MeanAveragePrecision", () => {
  test("all numbers of pycocotools 2.0, in one batch or several", async () => {
    const metric = new MeanAveragePrecision();
    expect(metric.name).toBe("meanAveragePrecision");
    const want = {
      averagePrecision: 0.5155940594059406,
      averagePrecision50: 0.6460396039603961,
      averagePrecision75: 0.5222772277227723,
      small: 0.22722772277227718,
      medium: 0.7097359735973596,
      large: 0.9,
      averageRecall1: 0.3958333333333333,
      averageRecall10: 0.5708333333333333,
      averageRecall: 0.5708333333333333,
    };
    for (const sizes of [[4], [1, 1, 2]]) {
      metric.reset();
      let from = 0;
      for (const size of sizes) {
        metric.update(FOUND.slice(from, from + size), WANTED.slice(from, from + size));
        from += size;
      }
      const { perClass, ...numbers } = await metric.details();
      expect(Object.keys(numbers)).toEqual(Object.keys(want));
      for (const [key, value] of Object.entries(want)) {
        expect(numbers[key as keyof typeof numbers], key).toBeCloseTo(value, 10);
      }
      expect(perClass).toEqual([
        { label: 0, averagePrecision: expect.closeTo(0.46683168316831686, 10) },
        { label: 1, averagePrecision: expect.closeTo(0.5643564356435643, 10) },
      ]);
      expect(await metric.result()).toBeCloseTo(want.averagePrecision, 10);
    }
  });

  test("other thresholds, fewer detections, areas of the boxes", async () => {
    const metric = new MeanAveragePrecision({ thresholds: [0.75], maxDetections: 1 });
    const bare = WANTED.map(({ boxes, labels }) => ({ boxes, labels }));
    metric.update(FOUND.slice(0, 1), bare.slice(0, 1));
    const { averagePrecision, averagePrecision50, small, medium } = await metric.details();
    // Each class finds one of two, so up to recall 0.5.
    expect(averagePrecision).toBeCloseTo(51 / 101, 10);
    expect(averagePrecision50).toBeNaN();
    expect(small).toBe(0);
    expect(medium).toBeCloseTo((1 + 51 / 101) / 2, 10);
  });

  test("nothing, NaN and wrong calls", async () => {
    const metric = new MeanAveragePrecision();
    expect(await metric.result()).toBeNaN();
    metric.update([detections([])], [objects([])]);
    expect((await metric.details()).averageRecall).toBeNaN();
    metric.update([detections([[0, 0, 1, 1, NaN, 0]])], [objects([[0, 0, 1, 1, 0, 0, 1]])]);
    expect(await metric.result()).toBeNaN();
    expect(() => metric.update([], WANTED)).toThrow(/objects for every image. Got 0 and 4/);
    const [some] = FOUND as [Detections];
    const odd = { ...some, scores: tensor([1]) };
    expect(() => metric.update([odd], WANTED.slice(0, 1))).toThrow(/must be \[n, 4\].*\[1\]/);
    expect(() => new MeanAveragePrecision({ thresholds: [0] })).toThrow(/every threshold/);
    expect(() => new MeanAveragePrecision({ maxDetections: 0 })).toThrow(/maxDetections/);
  });
});
