// Sequences a few positions at a time, against all at once.

import { describe, expect, test } from "vitest";
import { type Tensor, compile, rotaryEmbedding, scope, setSeed, tensor } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";

const at = (position: number): Tensor => tensor(Int32Array.of(position), { shape: [] });

const LENGTH = 6;

/** The outputs of `count` positions at a time, side by side. */
async function inParts<State>(
  x: Tensor,
  counts: readonly number[],
  state: State,
  step: (part: Tensor, state: State, position: Tensor) => nn.Stepped<State>,
): Promise<number[]> {
  const rows: number[][][] = [];
  let start = 0;
  for (const count of counts) {
    const part = x.slice([null, [start, start + count]]).contiguous();
    const [y, next] = step(part, state, at(start));
    rows.push((await y.array()) as unknown as number[][]);
    state = next;
    start += count;
  }
  const batch = x.shape[0] as number;
  return Array.from({ length: batch }, (_, b) => rows.map((part) => part[b])).flat(4) as never;
}

describe("attention step by step", () => {
  const variants: readonly [string, nn.TransformerBlockOptions][] = [
    ["plain", { numHeads: 2 }],
    [
      "turned, with shared keys and norms behind",
      {
        numHeads: 2,
        numKeyValueHeads: 1,
        keySize: 6,
        valueSize: 5,
        rotary: true,
        normPlace: "post",
      },
    ],
  ];
  test.each(variants)("%s: a block gives what it gives to all at once", async (_, options) => {
    setSeed(1);
    const block = new nn.TransformerBlock(options);
    const x = randomTensor([2, LENGTH, 8]);
    const whole = [...((await block(x, { isCausal: true }).data()) as Float32Array)];
    const eager = (part: Tensor, cache: nn.KeyValueCache, position: Tensor) => {
      return block.step(part, cache, position);
    };
    const single = compile(eager);
    const step: typeof eager = (part, ...rest) =>
      (part.shape[1] === 1 ? single : eager)(part, ...rest);
    for (const counts of [
      [1, 1, 1, 1, 1, 1],
      [3, 1, 2],
    ]) {
      // A cache may be longer than what is in it.
      const cache = block.initialState(2, LENGTH + 1);
      const y = await inParts(x, counts, cache, step);
      await expectClose(tensor(y), whole, [whole.length], { atol: 1e-5 });
    }
    expect(single.explain().split("dispatches")).toHaveLength(2);
    single.dispose();
  });

  test("a soft cap goes with it, and names are those of a call", async () => {
    setSeed(2);
    const attention = new nn.MultiHeadAttention({ numHeads: 1 });
    const x = randomTensor([1, 3, 4]);
    const whole = attention(x, { isCausal: true, softCap: 0.1 });
    const y = await inParts(x, [2, 1], attention.initialState(1, 3), (part, cache, position) => {
      return attention.step(part, cache, position, { softCap: 0.1 });
    });
    await expectClose(tensor(y), (await whole.data()) as Float32Array, [12], { atol: 1e-5 });
    const block = new nn.TransformerBlock({ numHeads: 1 });
    expect(() => block.initialState(1, 3)).toThrow(/size of the keys must be known.*Call the/);
    const cache = attention.initialState(1, 3);
    scope(() => void block.step(x, cache, at(0)));
    const called = new nn.TransformerBlock({ numHeads: 1 });
    called(x);
    const names = (module: nn.Module): string[] => module.variables.map(({ name }) => name);
    expect(names(block)).toEqual(names(called));
  });
});

describe("positions on the GPU", () => {
  const x = randomTensor([2, 3, 4]);

  test("are those of a number", async () => {
    setSeed(3);
    const learned = new nn.LearnedPositions(9);
    const sines = new nn.SinusoidalPositions();
    for (const [given, wanted] of [
      [learned(x, { offset: at(5) }), learned(x, { offset: 5 })],
      [sines(x, { offset: at(5), length: 9 }), sines(x, { offset: 5 })],
      [rotaryEmbedding(x, { offset: at(5), length: 9 }), rotaryEmbedding(x, { offset: 5 })],
    ] as const) {
      await expectClose(given, (await wanted.data()) as Float32Array, [2, 3, 4]);
    }
  });

  test("need a length where there is a table", () => {
    expect(() => new nn.SinusoidalPositions()(x, { offset: at(1) })).toThrow(/needs the length/);
    expect(() => rotaryEmbedding(x, { offset: at(1) })).toThrow(/needs the length of all/);
  });
});

describe("recomputed", () => {
  test("gives the logits of the positions asked for", async () => {
    setSeed(4);
    const embed = new nn.Embed({ vocabSize: 5, embedDim: 4 });
    const block = new nn.TransformerBlock({ numHeads: 1 });
    const model = (codes: Tensor): Tensor => block(embed(codes), { isCausal: true });
    const codes = tensor(Int32Array.from([0, 3, 1, 4, 2, 2, 0, 1]), { shape: [2, 4] });
    const whole = (await model(codes).data()) as Float32Array;
    const incremental = nn.recomputed(model, LENGTH);
    const state = incremental.initialState(2, 100) as Tensor;
    expect(state.shape).toEqual([2, LENGTH]);
    const y = await inParts(codes, [2, 1, 1], state, (part, before, position) => {
      const step = incremental.step(part, before, position);
      return [step.logits, step.state as Tensor];
    });
    await expectClose(tensor(y), whole, [32], { atol: 1e-5 });
    const flat = nn.recomputed(() => tensor([1, 2]), LENGTH);
    expect(() => flat.step(codes, state, at(0))).toThrow(/must give \[batch, length, vocabulary\]/);
  });
});
