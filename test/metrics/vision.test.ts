import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../src/index.ts";
import { PSNR, SSIM } from "../../src/metrics/index.ts";
import { resultOf } from "../support/batches.ts";

// References: scikit-image 0.26; structural_similarity with gaussian_weights=True and
// use_sample_covariance=False.

const SHAPE = [13, 15, 2] as const;
const SIZE = 13 * 15 * 2;

const pattern = (factor: number): number[] =>
  Array.from({ length: SIZE }, (_, i) => Math.fround(((i * factor) % 251) / 250));

const smooth = Array.from({ length: SIZE }, (_, i) => {
  const [y, x, c] = [Math.floor(i / 30), Math.floor(i / 2) % 15, i % 2];
  return Math.fround((Math.sin(y / 3 + c) + Math.cos(x / 4)) / 4 + 0.5);
});

const first = [pattern(7), pattern(11), smooth];
const second = [
  pattern(7).map((x) => Math.fround(Math.fround(x * Math.fround(0.8)) + Math.fround(0.1))),
  pattern(13),
  smooth.map((x, i) => Math.fround(x + Math.fround(0.01) * ((i % 3) - 1))),
];
const images = (list: readonly number[][]): Tensor =>
  tensor(list.flat(), { shape: [list.length, ...SHAPE] });
const PAIR = [images(first), images(second)] as const;
const BATCHES = [[3], [2, 1]];

describe("PSNR", () => {
  test.each(BATCHES)("in batches of %i…", async (...sizes) => {
    expect(await resultOf(new PSNR(), PAIR, sizes)).toBeCloseTo(24.87848986436003, 4);
  });

  test("bytes, no difference, nothing, NaN, wrong calls", async () => {
    const metric = new PSNR({ dataRange: 255 });
    expect(metric.name).toBe("psnr");
    expect(await metric.result()).toBeNaN();
    const flat = tensor(Array<number>(256).fill(250), { shape: [1, 16, 16, 1], dtype: "u32" });
    const noise = Array.from({ length: 256 }, (_, i) => 250 + (i % 2));
    const noisy = tensor(noise, { shape: [1, 16, 16, 1], dtype: "u32" });
    expect(await resultOf(metric, [noisy, flat])).toBeCloseTo(51.141103565318915, 4);
    expect(await resultOf(metric, [flat, flat])).toBe(Infinity);
    expect(await resultOf(metric, [PAIR[0].mul(NaN), PAIR[1]])).toBeNaN();
    expect(() => metric.update(tensor([1]), tensor([1]))).toThrow(/PSNR: images must be \[batch/);
    expect(() => metric.update(flat, PAIR[0])).toThrow(/PSNR: predictions and targets must have/);
    expect(() => new PSNR({ dataRange: 0 })).toThrow(/dataRange must be a positive number/);
  });
});

describe("SSIM", () => {
  test.each(BATCHES)("in batches of %i…", async (...sizes) => {
    expect(await resultOf(new SSIM(), PAIR, sizes)).toBeCloseTo(0.7252183327860457, 5);
  });

  test("each image, and another window", async () => {
    const metric = new SSIM();
    const want = [0.9754123863892202, 0.2027320678877225, 0.9975105440811944];
    for (const [i, value] of want.entries()) {
      const [x, y] = PAIR.map((all) => all.slice([[i, i + 1]])) as [Tensor, Tensor];
      expect(await resultOf(metric, [x, y])).toBeCloseTo(value, 5);
    }
    const other = new SSIM({ windowSize: 9, sigma: 1 });
    expect(await resultOf(other, PAIR)).toBeCloseTo(0.7298764738585172, 5);
  });

  test("flat bytes, no difference, nothing, NaN, wrong calls", async () => {
    const metric = new SSIM({ dataRange: 255 });
    expect(metric.name).toBe("ssim");
    expect(await metric.result()).toBeNaN();
    const flat = tensor(Array<number>(256).fill(250), { shape: [1, 16, 16, 1] });
    const noise = Array.from({ length: 256 }, (_, i) => 250 + (i % 2));
    const noisy = tensor(noise, { shape: [1, 16, 16, 1] });
    expect(await resultOf(metric, [noisy, flat])).toBeCloseTo(0.9957443225949254, 5);
    expect(await resultOf(metric, [PAIR[0], PAIR[0]])).toBe(1);
    expect(await resultOf(metric, [PAIR[0].mul(NaN), PAIR[1]])).toBeNaN();
    expect(() => metric.update(PAIR[0], flat)).toThrow(/SSIM: predictions and targets/);
    const small = flat.slice([null, [0, 10]]);
    expect(() => metric.update(small, small)).toThrow(
      /SSIM: images must be as large as the window/,
    );
    expect(() => new SSIM({ windowSize: 8 })).toThrow(/windowSize must be an odd number/);
    expect(() => new SSIM({ sigma: -1 })).toThrow(/sigma must be a positive/);
  });
});
