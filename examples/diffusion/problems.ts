// What noise is taken away from, and how the outcome is looked at.

import {
  type DataLoader,
  type Dataset,
  type HostArray,
  imageGrid,
  sliceExamples,
} from "../../src/data/index.ts";
import type { Module } from "../../src/nn/index.ts";
import type { Tensor } from "../../src/index.ts";
import type { Emit, ExampleOptions } from "../example.ts";
import { encodePng } from "../png.ts";
import { scatter } from "../scatter.ts";
import { SIDE, digitBatches, digits, pointBatches, points, unscaled } from "./dataset.ts";
import { ImageDenoiser, PointDenoiser } from "./net.ts";

/** One of the problems. */
export interface Problem {
  readonly shape: readonly number[];
  readonly model: (noiseSteps: number) => Module<(x: Tensor, t: Tensor) => Tensor>;
  readonly data: DataLoader;
  /** Two sets of examples, as many as are made at a look. */
  readonly real: readonly [HostArray, HostArray];
  /** By which sets are compared. */
  readonly widths: readonly number[];
  /** What was made, as the examples are. */
  readonly finished: (made: HostArray) => HostArray;
  /** Shows it, and gives a picture. */
  readonly show: (made: HostArray, emit: Emit) => Promise<Uint8Array>;
  /** Bounds of the data, if they have any. */
  readonly clip?: readonly [number, number];
}

/** Of the batches, and of the sets that are compared. */
export interface Sizes {
  readonly batchSize: number;
  readonly count: number;
}

function spiral({ seed }: ExampleOptions, { batchSize, count }: Sizes): Problem {
  const real = points(count, 2);
  return {
    shape: [2],
    model: (noiseSteps) => new PointDenoiser(noiseSteps),
    data: pointBatches(batchSize, seed),
    real: [real, points(count, 3)],
    widths: [0.1, 0.3, 1],
    finished: unscaled,
    show: async (made, emit) => {
      const clouds = { real: Float32Array.from(real.data), made: Float32Array.from(made.data) };
      await emit({ type: "points", name: "made", ...clouds });
      return encodePng(scatter(clouds.real, clouds.made));
    },
  };
}

async function images(options: ExampleOptions, { batchSize, count }: Sizes): Promise<Problem> {
  const all = await digits(options.quick ? undefined : options.files);
  const rows = (part: Dataset): Promise<HostArray> => firstBatch(digitBatches(part, count, 0));
  return {
    shape: [SIDE * SIDE],
    model: (noiseSteps) => new ImageDenoiser(noiseSteps, SIDE * SIDE, options.quick ? 128 : 512),
    data: digitBatches(all, batchSize, options.seed),
    real: [
      await rows(sliceExamples(all, 0, count)),
      await rows(sliceExamples(all, count, 2 * count)),
    ],
    widths: [3, 6, 12],
    finished: (made) => made,
    show: async (made, emit) => {
      const few = made.data.subarray(0, 64 * SIDE * SIDE);
      const shown = { ...made, shape: [few.length / SIDE ** 2, SIDE, SIDE, 1], data: few };
      const { width, height, data: pixels } = imageGrid(shown, 8, { range: [-1, 1] });
      await emit({ type: "image", name: "made", width, height, pixels });
      return encodePng({ width, height, pixels });
    },
    clip: [-1, 1],
  };
}

async function firstBatch(data: DataLoader): Promise<HostArray> {
  return (await data.next())?.inputs as HostArray;
}

/** By name. */
export const PROBLEMS: Readonly<
  Record<string, (options: ExampleOptions, sizes: Sizes) => Problem | Promise<Problem>>
> = { spiral, digits: images };
