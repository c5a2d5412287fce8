// Weights of f16 and int8, computed with by LiteRT, against the network they came from.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConvNet } from "../../examples/images/net.ts";
import { type FileSource, readIdx } from "../../src/data/index.ts";
import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import * as nn from "../../src/nn/index.ts";
import { Adam } from "../../src/optimizers/index.ts";
import { exportTflite } from "../../src/tflite/index.ts";
import { openLiteRt } from "../../tools/hosts/liteRt.mjs";
import { randomTensor } from "../support/check.ts";
import type { Sent } from "./liteRt.ts";

let lite: Awaited<ReturnType<typeof openLiteRt>>;
beforeAll(async () => {
  lite = await openLiteRt();
}, 60_000);
afterAll(() => lite.close());

/** LiteRT's one output for numbers of a shape. */
async function outputOf(
  bytes: Uint8Array,
  shape: readonly number[],
  values: number[],
): Promise<number[]> {
  const runs = [[{ dtype: "float32", shape, values }]];
  const file = Buffer.from(bytes).toString("base64");
  const answer = JSON.parse(await lite.run(JSON.stringify({ file, runs }))) as {
    readonly outputs?: Sent[][];
    readonly error?: string;
  };
  if (answer.outputs === undefined) throw new Error(answer.error);
  return [...(answer.outputs[0]?.[0]?.values ?? [])];
}

const nets = {
  convolutions: () => [new ConvNet(), [2, 28, 28]] as const,
  products: () => [new nn.MLP([64, 64, 10]), [4, 32]] as const,
  transposed: () => [new nn.Conv2DTranspose(8, 3, { stride: 2 }), [2, 5, 5, 16]] as const,
  depthwise: () => [new nn.DepthwiseConv2D(3), [2, 5, 5, 32]] as const,
};

test.each(
  Object.entries(nets).flatMap(([name, make]) => [
    [name, "f16", make, 2e-3] as const,
    [name, "int8", make, 3e-2] as const,
  ]),
)("%s, weights of %s: near", async (_, weights, make, limit) => {
  renga.setSeed(3);
  const [net, shape] = make();
  const x = randomTensor([...shape]);
  const wanted = [...((await net(x).data()) as Float32Array)];
  const bytes = await exportTflite(net, x, { weights });
  const got = await outputOf(bytes, shape, [...((await x.data()) as Float32Array)]);
  const scale = Math.max(...wanted.map(Math.abs));
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - Number(got[i]))));
  expect(worst / scale).toBeGreaterThan(0);
  expect(worst / scale).toBeLessThan(limit);
});

/** Where MNIST lies, which is not in the repository. */
const mnist = process.env.RENGA_MNIST ?? "";
const source: FileSource = {
  read: async (name) =>
    new Uint8Array(await readFile(join(mnist, `${name.replace(".gz", "")}.gz`))),
  describe: (name) => join(mnist, name),
};

test.skipIf(!existsSync(join(mnist, "t10k-labels-idx1-ubyte.gz")))(
  "digits: int8 weights agree with f32 in 99 of 100 answers",
  async () => {
    renga.setSeed(3);
    const [pixels, labels] = await Promise.all([
      readIdx(source, "train-images-idx3-ubyte"),
      readIdx(source, "train-labels-idx1-ubyte"),
    ]);
    const imagesOf = (data: ArrayLike<number>, start: number, count: number): Tensor => {
      const part = Float32Array.from({ length: count * 784 }, (_, i) => {
        return (data[start * 784 + i] as number) / 255;
      });
      return renga.tensor(part, { shape: [count, 784] });
    };
    const model = new nn.MLP([64, 10]);
    const adam = new Adam({ learningRate: 3e-3 });
    for (let step = 0; step < 200; step++) {
      const x = imagesOf(pixels.data, step * 128, 128);
      const wanted = renga.tensor(Int32Array.from(labels.data.slice(step * 128, step * 128 + 128)));
      model(x);
      const { grads } = renga.valueAndGrad(
        () => crossEntropy(model(x), wanted),
        model.trainableVariables,
      );
      adam.apply(grads, model.trainableVariables);
      x.dispose();
    }
    const digits = await readIdx(source, "t10k-images-idx3-ubyte");
    const answers = await readIdx(source, "t10k-labels-idx1-ubyte");
    const count = 1000;
    const example = imagesOf(digits.data, 0, count);
    const files = [await exportTflite(model, example), await exportTflite(model, example, { weights: "int8" })]; // prettier-ignore
    let [same, right, total] = [0, 0, 0];
    for (let start = 0; start < 10_000; start += count) {
      const x = imagesOf(digits.data, start, count);
      const values = Array.from((await x.data()) as Float32Array);
      const tops = [];
      for (const file of files) {
        const logits = await outputOf(file, [count, 784], values);
        tops.push(Array.from({ length: count }, (_, i) => top(logits.slice(i * 10, i * 10 + 10))));
      }
      for (let i = 0; i < count; i++) {
        same += Number(tops[0]?.[i] === tops[1]?.[i]);
        right += Number(tops[0]?.[i] === answers.data[start + i]);
        total++;
      }
    }
    console.log(`int8 agrees in ${same} of ${total}; f32 is right in ${right}`);
    expect(right / total).toBeGreaterThan(0.9);
    expect(same / total).toBeGreaterThanOrEqual(0.99);
  },
  120_000,
);

const top = (logits: readonly number[]): number => logits.indexOf(Math.max(...logits));
