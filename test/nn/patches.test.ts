// Patches of images, and rows by their places.

import { describe, expect, test } from "vitest";
import { type Tensor, arange, compile, setSeed, tensor, zeros } from "../../src/index.ts";
import {
  PatchDecoder,
  PatchEncoder,
  patchify,
  takePlaces,
  unpatchify,
} from "../../src/nn/index.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";

const i32 = (values: number[][]): Tensor => tensor(values, { dtype: "i32" });

describe("patchify", () => {
  test("goes row by row, and unpatchify goes back", async () => {
    const [height, width, channels, size] = [4, 6, 2, 2];
    const images = arange(0, 2 * height * width * channels).reshape([2, height, width, channels]);
    const patches = patchify(images, size);
    const at = (b: number, y: number, x: number, c: number): number =>
      ((b * height + y) * width + x) * channels + c;
    const want: number[] = [];
    for (let b = 0; b < 2; b++)
      for (let row = 0; row < 2; row++)
        for (let column = 0; column < 3; column++)
          for (let y = 0; y < size; y++)
            for (let x = 0; x < size; x++)
              for (let c = 0; c < channels; c++)
                want.push(at(b, row * size + y, column * size + x, c));
    await expectClose(patches, want, [2, 6, 8]);
    const back = unpatchify(patches, size, [height, width]);
    await expectClose(back, (await images.data()) as Float32Array, images.shape);
  });

  test("wrong shapes", () => {
    expect(() => patchify(zeros([2, 4, 4]), 2)).toThrow(/patchify: images must be .*expandDims/);
    expect(() => patchify(zeros([2, 4, 5, 1]), 2)).toThrow(/4 × 5 pixels for patches of 2 × 2/);
    expect(() => patchify(zeros([2, 4, 4, 1]), 0)).toThrow(/positive integer/);
    expect(() => unpatchify(zeros([2, 3, 4]), 2, [4, 4])).toThrow(/\[2, 3, 4\] for 2 × 2 patches/);
    expect(() => unpatchify(zeros([2, 4, 5]), 2, [4, 4])).toThrow(/unpatchify/);
  });
});

describe("takePlaces", () => {
  const places = i32([
    [2, 0],
    [1, 2],
  ]);

  test("of each sequence, and of one for all", async () => {
    const x = arange(0, 12).reshape([2, 3, 2]);
    await expectClose(takePlaces(x, places), [4, 5, 0, 1, 8, 9, 10, 11], [2, 2, 2]);
    const shared = arange(0, 6).reshape([3, 2]);
    await expectClose(takePlaces(shared, places), [4, 5, 0, 1, 2, 3, 4, 5], [2, 2, 2]);
    await expectGradients((a) => takePlaces(a, places), [randomTensor([2, 3, 2])]);
    expect(() => takePlaces(zeros([3, 3, 2]), places)).toThrow(/\[3, 3, 2\] and places \[2, 2\]/);
  });
});

describe("a masked autoencoder's networks", () => {
  test("the encoder knows places; the decoder puts tokens where nothing is", async () => {
    setSeed(1);
    const options = { places: 3, size: 4, layers: 0, numHeads: 1 };
    const encoder = new PatchEncoder(options);
    const patches = randomTensor([1, 3, 2]);
    const whole = (await encoder(patches).data()) as Float32Array;
    const [some, kept] = [i32([[2, 0]]), [...whole.subarray(8), ...whole.subarray(0, 4)]];
    await expectClose(encoder(takePlaces(patches, some), some), kept, [1, 2, 4]);
    const decoder = new PatchDecoder({ ...options, outputSize: 1 });
    const latents = randomTensor([1, 2, 4]);
    const run = compile((x: Tensor, at: Tensor) => decoder(x, at));
    const [made, turned] = [run(latents, some), run(latents, i32([[1, 0]]))].map((y) => y.data());
    const [a, b] = [(await made) as Float32Array, (await turned) as Float32Array];
    expect(b[0]).toBe(a[0]); // where the same vector was put in both
    expect(b[1]).not.toBe(a[1]); // a token in one
    run.dispose();
  });
});
