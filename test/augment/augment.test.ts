import { describe, expect, test } from "vitest";
import {
  Generator,
  ShapeError,
  type Tensor,
  UsageError,
  broadcastTo,
  compile,
  memory,
  reshape,
  scope,
  tensor,
} from "../../src/index.ts";
import {
  type ImageTransform,
  chain,
  colorJitter,
  cutmix,
  cutout,
  gaussianBlur,
  gaussianNoise,
  gridSample,
  mixup,
  normalize,
  randomAffine,
  randomCrop,
  randomErasing,
  randomFlip,
  randomRotation,
  randomShift,
} from "../../src/augment/index.ts";
import { symmetricBeta } from "../../src/augment/symmetricBeta.ts";
import { channelStatistics } from "../../src/data/index.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";

const [H, W] = [4, 5];
/** Pixel (r, c) is ((7r + 3c) mod 11) / 10. */
const PIXELS = Array.from({ length: H * W }, (_, i) => {
  return ((7 * Math.floor(i / W) + 3 * (i % W)) % 11) / 10;
});

/** The image so many times, with one channel. */
function images(batch: number): Tensor {
  return broadcastTo(tensor(PIXELS, { shape: [1, H, W, 1] }), [batch, H, W, 1]);
}

async function rowsOf(x: Tensor): Promise<number[][]> {
  const [data, size] = [[...(await x.data())], x.size / (x.shape[0] as number)];
  return Array.from({ length: x.shape[0] as number }, (_, i) =>
    data.slice(i * size, (i + 1) * size),
  );
}

/** Runs a transform of 64 images with a generator of its own. */
async function drawn(make: (generator: Generator) => ImageTransform, x = images(64)) {
  return rowsOf(make(new Generator(3))(x));
}

const close = (a: readonly number[], b: readonly number[], within = 1e-5): boolean =>
  a.length === b.length && a.every((value, i) => Math.abs(value - (b[i] as number)) <= within);

const moved = (dr: number, dc: number, fill = 0): number[] =>
  PIXELS.map((_, i) => {
    const [r, c] = [Math.floor(i / W) + dr, (i % W) + dc];
    return r >= 0 && r < H && c >= 0 && c < W ? (PIXELS[r * W + c] as number) : fill;
  });

describe("flips and crops", () => {
  test("each image is itself or its mirror image, by the probability", async () => {
    const mirrored = {
      horizontal: PIXELS.map((_, i) => PIXELS[i - (i % W) + W - 1 - (i % W)] as number),
      vertical: PIXELS.map((_, i) => PIXELS[(H - 1 - Math.floor(i / W)) * W + (i % W)] as number),
    };
    for (const direction of ["horizontal", "vertical"] as const) {
      const rows = await drawn((generator) =>
        randomFlip({ direction, probability: 0.25, generator }),
      );
      const flipped = rows.filter((row) => close(row, mirrored[direction])).length;
      expect(rows.filter((row) => close(row, PIXELS)).length).toBe(64 - flipped);
      expect(flipped).toBeGreaterThan(5);
      expect(flipped).toBeLessThan(30);
    }
  });

  test("padded crops are moved by whole pixels, all of them at some time", async () => {
    const rows = await drawn((generator) =>
      randomShift({ pixels: [1, 2], outside: 0.5, generator }),
    );
    const seen = new Set<string>();
    for (const row of rows) {
      const places = [-1, 0, 1].flatMap((dr) => [-2, -1, 0, 1, 2].map((dc) => [dr, dc] as const));
      const place = places.find(([dr, dc]) => close(row, moved(dr, dc, 0.5)));
      expect(place).toBeDefined();
      seen.add(`${place}`);
    }
    expect(seen.size).toBeGreaterThan(12);
  });

  test("windows of another size, mirrored nowhere, edges repeated", async () => {
    const small = await drawn((generator) => randomCrop({ size: [2, 3], generator }));
    expect(small[0]).toHaveLength(6);
    // Nine places, two of which look like two others.
    expect(new Set(small.map((row) => row.join())).size).toBe(7);
    expect(small.every((row) => close([(row[4] as number) - (row[3] as number)], [0.3]) || row[4] as number < (row[3] as number))).toBe(true); // prettier-ignore
    const edge = await drawn((generator) => randomCrop({ padding: 1, size: [6, 7], outside: "edge", generator })); // prettier-ignore
    expect(close(edge[0]?.slice(0, 3) ?? [], [PIXELS[0], PIXELS[0], PIXELS[1]] as number[])).toBe(
      true,
    );
    expect(() => randomCrop({ size: 5 })(images(2))).toThrow(/5 × 5 for \[2, 4, 5, 1\]/);
    expect(() => randomCrop({ padding: -1 })).toThrow(/padding must be at least 0/);
    expect(() => randomFlip()(tensor([1, 2]))).toThrow(ShapeError);
  });
});

describe("between pixels", () => {
  // SciPy 1.17, ndimage.map_coordinates with order=1, modes grid-constant (cval 0, 0.5) and nearest.
  const PLACES = [0, 0, 0.5, 0.25, 2.75, 3.5, -0.5, 1, 3.25, 4.5, 1, -2, 3, 4];
  test.each([
    [0, [0, 0.425, 0.3625, 0.15, 0, 0, 0]],
    [0.5, [0, 0.425, 0.3625, 0.4, 0.3125, 0.5, 0]],
    ["edge", [0, 0.425, 0.3625, 0.3, 0, 0.7, 0]],
  ] as const)("outside is %s", async (outside, want) => {
    const places = tensor(PLACES, { shape: [1, 1, 7, 2] });
    await expectClose(gridSample(images(1), places, { outside }), want, [1, 1, 7, 1]);
  });

  test("gradients of images and places", async () => {
    const places = tensor([0.5, 0.25, 2.75, 3.5, 1.3, 2.6, -0.6, 3.3], { shape: [2, 2, 1, 2] });
    await expectGradients((x, at) => gridSample(x, at), [randomTensor([2, H, W, 2], 4), places], {
      step: 1e-3,
    });
    expect(() => gridSample(images(1), places)).toThrow(/places must be \[batch, h, w, 2\]/);
  });

  // prettier-ignore
  test("rotation as scikit-image's, scale and shift by their formula", async () => {
    // scikit-image 0.26, transform.rotate(x, 30, order=1).
    const turned = [0.061371, 0.396178, 0.744615, 0.601786, 0.372724, 0.202276, 0.572604, 0.30347, 0.308013, 0.369143, 0.658494, 0.791987, 0.79653, 0.527396, 0.402989, 0.19702, 0.498214, 0.355385, 0.37488, 0.159687];
    await expectClose(randomRotation({ degrees: [30, 30] })(images(1)), turned, [1, H, W, 1]);
    // SciPy 1.17, ndimage.map_coordinates at the places of the formula.
    const scaled = [0.390396, 0.482119, 0.49641, 0.5335, 0.576154, 0.677681, 0.522233, 0.359185, 0.358707, 0.245214, 0.854786, 0.741293, 0.740815, 0.577767, 0.422319, 0.523846, 0.5665, 0.60359, 0.617881, 0.673643];
    await expectClose(randomAffine({ degrees: [30, 30], scale: [1.5, 1.5] })(images(1)), scaled, [1, H, W, 1]);
    await expectClose(randomAffine({ shift: [1, 1] })(images(1)), moved(-1, -1), [1, H, W, 1]);
    const rows = await drawn((generator) => randomRotation({ degrees: 20, generator }), images(4));
    expect(new Set(rows.map((row) => row.join())).size).toBe(4);
    expect(() => randomRotation({ degrees: [2, 1] })).toThrow(UsageError);
  });
});

describe("parts taken out", () => {
  /** First and last row and column of what is filled, and whether all of it is. */
  const filledIn = (row: readonly number[]) => {
    const at = row.flatMap((value, i) => (value === -1 ? [i] : []));
    const [rs, cs] = [at.map((i) => Math.floor(i / W)), at.map((i) => i % W)];
    const [height, width] = [rs, cs].map((of) => Math.max(...of) - Math.min(...of) + 1);
    return { height, width, isWhole: at.length === (height as number) * (width as number) };
  };

  test("a square whose middle is in the image, the rest as it was", async () => {
    for (const row of await drawn((generator) => cutout({ size: 3, fill: -1, generator }))) {
      const { height, width, isWhole } = filledIn(row);
      expect(isWhole && Number(height) >= 2 && Number(width) >= 2).toBe(true);
      expect(Number(height) <= 3 && Number(width) <= 3).toBe(true);
      row.forEach((value, i) =>
        expect(value === -1 || close([value], [PIXELS[i] as number])).toBe(true),
      );
    }
    expect(() => cutout({ size: 0.5 })).toThrow(/size must be a positive integer/);
  });

  test("rectangles of a part of the image, by the probability", async () => {
    const options = { probability: 0.5, area: [0.2, 0.4], ratio: [0.5, 2], fill: -1 } as const;
    const rows = await drawn((generator) => randomErasing({ ...options, generator }));
    const erased = rows.filter((row) => row.includes(-1));
    expect(erased.length).toBeGreaterThan(18);
    expect(erased.length).toBeLessThan(46);
    for (const { height, width, isWhole } of erased.map(filledIn)) {
      expect(isWhole).toBe(true);
      // 4 to 8 pixels before sides are rounded.
      expect(Number(height) * Number(width)).toBeGreaterThanOrEqual(2);
      expect(Number(height) * Number(width)).toBeLessThanOrEqual(12);
    }
    const noisy = await drawn((generator) =>
      randomErasing({ probability: 1, fill: "noise", generator }),
    );
    expect(noisy.every((row) => !close(row, PIXELS))).toBe(true);
  });
});

describe("colours, noise and blur", () => {
  const colored = (): Tensor => randomTensor([8, 2, 2, 3], 5, 0.2, 0.8);
  const GREY = [0.299, 0.587, 0.114];
  const greyOf = (pixel: readonly number[]): number =>
    pixel.reduce((sum, value, c) => sum + value * (GREY[c] as number), 0);
  const pixelsOf = (row: readonly number[]): number[][] =>
    [0, 1, 2, 3].map((i) => row.slice(3 * i, 3 * i + 3));

  /** For each image, (y − base) / (x − base), which must be one number for all of it. */
  async function factors(
    make: (generator: Generator) => ImageTransform,
    base: (row: readonly number[], i: number) => number,
  ): Promise<number[]> {
    const before = await rowsOf(colored());
    const after = await drawn(make, colored());
    return after.map((row, n) => {
      const x = before[n] as number[];
      const ratios = row.map((y, i) => (y - base(x, i)) / ((x[i] as number) - base(x, i)));
      const clear = ratios.filter((_, i) => Math.abs((x[i] as number) - base(x, i)) > 0.05);
      for (const ratio of clear) expect(ratio).toBeCloseTo(clear[0] as number, 3);
      return clear[0] as number;
    });
  }

  test("brightness, contrast and saturation are factors per image", async () => {
    const meanGrey = (row: readonly number[]): number =>
      pixelsOf(row).reduce((sum, pixel) => sum + greyOf(pixel) / 4, 0);
    const cases = [
      ["brightness", () => 0],
      ["contrast", meanGrey],
      ["saturation", (row: readonly number[], i: number) => greyOf(pixelsOf(row)[Math.floor(i / 3)] as number)], // prettier-ignore
    ] as const;
    for (const [name, base] of cases) {
      const found = await factors(
        (generator) => colorJitter({ [name]: 0.25, range: null, generator }),
        base,
      );
      expect(Math.min(...found)).toBeGreaterThanOrEqual(0.75);
      expect(Math.max(...found)).toBeLessThanOrEqual(1.25);
      expect(Math.max(...found) - Math.min(...found)).toBeGreaterThan(0.1);
    }
  });

  test("hue turns colours and leaves greys", async () => {
    const yiq = (pixel: readonly number[]): readonly [number, number, number] => {
      const [r, g, b] = pixel as [number, number, number];
      return [
        greyOf(pixel),
        0.5959 * r - 0.2746 * g - 0.3213 * b,
        0.2115 * r - 0.5227 * g + 0.3112 * b,
      ];
    };
    const before = await rowsOf(colored());
    const after = await drawn(
      (generator) => colorJitter({ hue: 0.1, range: null, generator }),
      colored(),
    );
    after.forEach((row, n) => {
      const angles = pixelsOf(row).map((pixel, i) => {
        const [[y, a, b], [z, c, d]] = [
          yiq(pixelsOf(before[n] as number[])[i] as number[]),
          yiq(pixel),
        ];
        expect(z).toBeCloseTo(y, 4);
        expect(Math.hypot(c, d)).toBeCloseTo(Math.hypot(a, b), 4);
        return Math.atan2(a * d - b * c, a * c + b * d);
      });
      for (const angle of angles) expect(angle).toBeCloseTo(angles[0] as number, 2);
      expect(Math.abs(angles[0] as number)).toBeLessThan(0.2 * Math.PI + 1e-3);
    });
    const bright = await drawn((generator) => colorJitter({ brightness: 1, generator }), colored());
    expect(Math.max(...bright.flat())).toBe(1);
    expect(() => colorJitter({ hue: 0.1 })(images(1))).toThrow(/need three channels. Got 1/);
    expect(() => colorJitter({ contrast: 2 })).toThrow(/contrast must be in \[0, 1\]/);
  });

  test("noise has its deviation, of each image its own", async () => {
    const rows = await drawn((generator) => gaussianNoise({ deviation: 0.5, generator }));
    const noise = rows.flatMap((row) => row.map((value, i) => value - (PIXELS[i] as number)));
    const { mean, deviation } = channelStatistics({ dtype: "f32", shape: [noise.length, 1], data: Float32Array.from(noise) }); // prettier-ignore
    expect(Math.abs(mean[0] as number)).toBeLessThan(0.06);
    expect(Math.abs((deviation[0] as number) - 0.5)).toBeLessThan(0.03);
    const spread = await drawn((generator) => gaussianNoise({ deviation: [0, 1], generator }));
    const widths = spread.map((row) =>
      Math.hypot(...row.map((value, i) => value - (PIXELS[i] as number))),
    );
    expect(Math.max(...widths)).toBeGreaterThan(5 * Math.min(...widths));
  });

  // prettier-ignore
  test("blur as SciPy's", async () => {
    // SciPy 1.17, ndimage.gaussian_filter(x, 0.7, mode="reflect", truncate=5).
    const want = [0.221522, 0.40534, 0.557218, 0.62451, 0.374842, 0.532086, 0.627781, 0.516638, 0.505329, 0.547008, 0.544739, 0.592368, 0.58097, 0.421362, 0.384553, 0.725108, 0.475427, 0.534529, 0.511299, 0.217372];
    await expectClose(gaussianBlur({ sigma: 0.7 })(images(1)), want, [1, H, W, 1], { atol: 1e-5 });
    await expectClose(gaussianBlur({ sigma: 0 })(images(1)), PIXELS, [1, H, W, 1]);
    const rows = await drawn((generator) => gaussianBlur({ sigma: [0.5, 2], probability: 0.5, generator }));
    const sharp = rows.filter((row) => close(row, PIXELS)).length;
    expect(sharp > 18 && sharp < 46).toBe(true);
  });

  test("normalize by the statistics of a data set", async () => {
    const data = {
      dtype: "f32",
      shape: [4, 2],
      data: Float32Array.of(1, 5, 3, 5, 5, 5, 7, 5),
    } as const;
    const prepare = normalize(channelStatistics(data));
    const half = 1 / Math.sqrt(5);
    await expectClose(prepare(tensor([[1, 5], [7, 6]])), [-3 * half, 0, 3 * half, 1], [2, 2]); // prettier-ignore
    expect(() => prepare(tensor([1]))).toThrow(/\[1\] for 2 channels/);
    expect(() => normalize({ mean: [1], deviation: [] })).toThrow(UsageError);
  });
});

describe("mixing", () => {
  /** Image i is i everywhere. */
  const numbered = (): Tensor => {
    const values = Float32Array.from({ length: 32 * H * W }, (_, i) => Math.floor(i / (H * W)));
    return tensor(values, { shape: [32, H, W, 1] });
  };
  const labels = (): Tensor => tensor(Int32Array.from({ length: 32 }, (_, i) => i));

  test("mixup: inputs and labels with the same share of the same other", async () => {
    const mix = mixup({ classes: 32, alpha: 1, generator: new Generator(2) });
    const [inputs, soft] = mix(numbered(), labels());
    const [xs, qs] = [await rowsOf(inputs), await rowsOf(soft)];
    qs.forEach((q, i) => {
      expect(q.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      const foretold = q.reduce((sum, share, label) => sum + share * label, 0);
      for (const value of xs[i] as number[]) expect(value).toBeCloseTo(foretold, 4);
    });
    const partners = qs.map((q, i) => q.findIndex((share, label) => label !== i && share > 0));
    expect(new Set(partners).size).toBeGreaterThan(25);
    // Labels that are mixed already are mixed again.
    expect(mix(numbered(), soft)[1].shape).toEqual([32, 32]);
    expect(() => mix(numbered(), labels().slice([[0, 3]]))).toThrow(
      /labels must be \[batch\] classes/,
    );
    expect(() => mixup({ classes: 2, alpha: 0 })).toThrow(/alpha must be a positive number/);
  });

  test("cutmix: labels by the parts of the area", async () => {
    const [inputs, soft] = cutmix({ classes: 32, generator: new Generator(2) })(
      numbered(),
      labels(),
    );
    const [xs, qs] = [await rowsOf(inputs), await rowsOf(soft)];
    xs.forEach((row, i) => {
      const others = row.filter((value) => value !== i);
      expect(new Set(others).size).toBeLessThanOrEqual(1);
      expect(qs[i]?.[i]).toBeCloseTo(1 - others.length / (H * W), 5);
      if (others[0] !== undefined)
        expect(qs[i]?.[others[0]]).toBeCloseTo(others.length / (H * W), 5);
    });
  });

  // SciPy 1.17, stats.beta.cdf(q, α, α) at q = 0.01, 0.1, 0.3, 0.5, 0.9.
  test.each([
    [0.2, [0.2098, 0.3367, 0.4332, 0.5, 0.6633]],
    [0.5, [0.0638, 0.2048, 0.369, 0.5, 0.7952]],
    [1, [0.01, 0.1, 0.3, 0.5, 0.9]],
    [3, [0, 0.0086, 0.1631, 0.5, 0.9914]],
  ] as const)("Beta(α, α) for α = %d", async (alpha, want) => {
    const values = await symmetricBeta(new Generator(1), [8192], alpha).data();
    want.forEach((share, i) => {
      const below = values.filter((value) => value <= ([0.01, 0.1, 0.3, 0.5, 0.9][i] as number));
      expect(Math.abs(below.length / 8192 - share)).toBeLessThan(0.02); // 3.6 deviations at ½
    });
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});

describe("in a training step", () => {
  const make = (generator: Generator): ImageTransform =>
    chain(
      randomCrop({ padding: 1, generator }),
      randomFlip({ generator }),
      randomRotation({ degrees: 10, generator }),
      cutout({ size: 2, generator }),
      gaussianBlur({ sigma: [0, 1], generator }),
      normalize({ mean: [0.5], deviation: [0.25] }),
    );

  test("compiled it draws what it draws as it is, anew at each call, and goes on from a state", async () => {
    const [plain, own] = [new Generator(9), new Generator(9)];
    const x = images(4);
    const eager = make(plain);
    const step = compile(make(own));
    const seen: number[][][] = [];
    for (let call = 0; call < 3; call++) {
      const [want, got] = [await rowsOf(eager(x)), await rowsOf(step(x))];
      got.forEach((row, i) => expect(close(row, want[i] as number[], 1e-5)).toBe(true));
      seen.push(got);
    }
    expect(seen[0]).not.toEqual(seen[1]);
    const state = own.state();
    const next = await rowsOf(step(x));
    own.restore(state);
    expect(await rowsOf(step(x))).toEqual(next);
    const other = new Generator();
    other.restore(JSON.parse(JSON.stringify(state)) as typeof state);
    const again = compile(make(other));
    expect(await rowsOf(again(x))).toEqual(next);
    step.dispose();
    again.dispose();
  });

  test("nothing of it stays in memory", () => {
    const x = images(4);
    const transform = make(new Generator(1));
    transform(x).dispose();
    const before = memory().bytes;
    scope(() => void transform(x));
    transform(reshape(x, [4, H, W, 1])).dispose();
    expect(memory().bytes).toBeLessThanOrEqual(before);
  });
});
