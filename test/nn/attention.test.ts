// Modules of transformers against their definitions.

import { describe, expect, test } from "vitest";
import {
  type Tensor,
  assign,
  concat,
  scaledDotProductAttention,
  setSeed,
  tensor,
} from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";

const values = async (x: Tensor): Promise<number[]> => [...((await x.data()) as Float32Array)];

describe("MultiHeadAttention", () => {
  test("is attention head by head", async () => {
    setSeed(1);
    const attention = new nn.MultiHeadAttention({ numHeads: 2, withBias: false });
    const [x, memory] = [randomTensor([1, 3, 4]), randomTensor([1, 5, 6])];
    const y = attention(x, { key: memory });
    const weights = (layer: nn.Linear | undefined): Tensor => (layer as nn.Linear).w;
    const q = x.matmul(weights(attention.query));
    const k = memory.matmul(weights(attention.key));
    const v = memory.matmul(weights(attention.value));
    const parts = [0, 2].map((at) => {
      const [qh, kh, vh] = [q, k, v].map((one) => one.slice([null, null, [at, at + 2]]));
      return scaledDotProductAttention(qh as Tensor, kh as Tensor, vh as Tensor);
    });
    const wanted: number[] = [];
    const [a, b] = [await values(parts[0] as Tensor), await values(parts[1] as Tensor)];
    for (let i = 0; i < 3; i++)
      wanted.push(...a.slice(2 * i, 2 * i + 2), ...b.slice(2 * i, 2 * i + 2));
    const joined = tensor(Float32Array.from(wanted), { shape: [1, 3, 4] });
    await expectClose(y, await values(joined.matmul(weights(attention.output))), [1, 3, 4]);
  });

  test("with shared keys equals one whose heads have the same", async () => {
    setSeed(2);
    const few = new nn.MultiHeadAttention({ numHeads: 4, numKeyValueHeads: 1, withBias: false });
    const all = new nn.MultiHeadAttention({ numHeads: 4, withBias: false });
    const x = randomTensor([2, 3, 8]);
    const mask = tensor([[[true, false, true]], [[true, true, false]]], { dtype: "bool" }); // prettier-ignore
    const call = { mask: mask.reshape([2, 1, 1, 3]) };
    few(x, call);
    all(x, call);
    for (const part of ["query", "output"] as const) {
      assign((all[part] as nn.Linear).w, (few[part] as nn.Linear).w);
    }
    for (const part of ["key", "value"] as const) {
      const { w } = few[part] as nn.Linear;
      assign((all[part] as nn.Linear).w, concat([w, w, w, w], 1));
    }
    await expectClose(few(x, call), await values(all(x, call)), [2, 3, 8]);
    const perHead = { mask: randomTensor([4, 3, 3]) };
    await expectClose(few(x, perHead), await values(all(x, perHead)), [2, 3, 8]);
  });

  test("says what is wrong", () => {
    expect(() => new nn.MultiHeadAttention({ numHeads: 0 })).toThrow(/whole and positive/);
    expect(() => new nn.MultiHeadAttention({ numHeads: 4, numKeyValueHeads: 3 })).toThrow(
      /multiple/,
    );
    const three = new nn.MultiHeadAttention({ numHeads: 3 });
    expect(() => three(randomTensor([1, 2, 4]))).toThrow(/must divide the features/);
    expect(() => three(randomTensor([2, 4]))).toThrow(/\[batch, positions, features\]/);
  });
});

describe("TransformerBlock", () => {
  test("does not look ahead when it is causal", async () => {
    const block = new nn.TransformerBlock({ numHeads: 2, rotary: true, norm: "rms" });
    const x = randomTensor([1, 4, 8]);
    const whole = await values(block(x, { isCausal: true }));
    const part = await values(block(x.slice([null, [0, 3]]), { isCausal: true }));
    await expectClose(tensor(Float32Array.from(part)), whole.slice(0, 24), [24], { atol: 1e-5 });
  });

  test("with norms behind the sums has outputs of mean 0 and variance 1", async () => {
    const block = new nn.TransformerBlock({ numHeads: 1, normPlace: "post" });
    const y = await values(block(randomTensor([1, 1, 16])));
    const mean = y.reduce((a, b) => a + b) / 16;
    expect(Math.abs(mean)).toBeLessThan(1e-5);
    expect(y.reduce((a, b) => a + b * b, 0) / 16).toBeCloseTo(1, 2);
  });

  test("drops out in training alone", async () => {
    const block = new nn.TransformerBlock({ numHeads: 1, dropoutRate: 0.5 });
    const x = randomTensor([1, 2, 4]);
    const [a, b] = [block(x, { isTraining: false }), block(x, { isTraining: false })];
    expect(await values(a)).toEqual(await values(b));
    expect(await values(block(x, { isTraining: true }))).not.toEqual(await values(a));
    expect(() => block(x)).toThrow(/must say whether it trains/);
  });
});

describe("positions", () => {
  test("sinusoidal ones go on from an offset", async () => {
    const positions = new nn.SinusoidalPositions({ base: 100 });
    const zero = tensor(new Float32Array(12), { shape: [3, 4] });
    const y = await values(positions(zero, { offset: 1 }));
    const wanted = [1, 2, 3].flatMap((p) => [
      Math.sin(p),
      Math.sin(p / 10),
      Math.cos(p),
      Math.cos(p / 10), // prettier-ignore
    ]);
    await expectClose(tensor(Float32Array.from(y)), wanted, [12]);
    expect(() => positions(randomTensor([2, 3]))).toThrow(/must be even/);
    expect(() => positions(randomTensor([2]))).toThrow(/positions, features/);
  });

  test("numbers become sines and cosines", async () => {
    const embed = new nn.SinusoidalEmbed(4, { base: 100 });
    const wanted = [3, 700].flatMap((t) => [
      Math.sin(t),
      Math.sin(t / 10),
      Math.cos(t),
      Math.cos(t / 10), // prettier-ignore
    ]);
    const steps = tensor([3, 700], { dtype: "i32" });
    await expectClose(embed(steps), wanted, [2, 4], { atol: 1e-4 });
    expect(() => new nn.SinusoidalEmbed(3)).toThrow(/size must be even and positive. Got 3/);
  });

  test("learned ones end", () => {
    const positions = new nn.LearnedPositions(4);
    expect(positions(randomTensor([2, 3, 2]), { offset: 1 }).shape).toEqual([2, 3, 2]);
    expect(() => positions(randomTensor([3, 2]), { offset: 2 })).toThrow(/there are 4 positions/);
  });
});
