import { describe, expect, test } from "vitest";
import { type Tensor, memory, setSeed, tensor } from "../../src/index.ts";
import {
  Embed,
  GRU,
  type Increment,
  type IncrementalModel,
  type KeyValueCache,
  LearnedPositions,
  Linear,
  Module,
  TransformerBlock,
  dynamicUnroll,
} from "../../src/nn/index.ts";
import { GenerateText, type GenerateTextSettings } from "../../src/scenarios/index.ts";

const VOCABULARY = 11;
const LENGTH = 8;

/** A transformer that can also go on from a cache. */
class Transformer
  extends Module<(codes: Tensor) => Tensor>
  implements IncrementalModel<KeyValueCache>
{
  readonly maxLength = LENGTH;
  readonly embed = new Embed({ vocabSize: VOCABULARY, embedDim: 8 });
  readonly positions = new LearnedPositions(LENGTH, {
    init: (shape) => tensor(ramp(shape), { shape }),
  });
  readonly block = new TransformerBlock({ numHeads: 2 });
  readonly head = new Linear(VOCABULARY);

  forward(codes: Tensor): Tensor {
    return this.head(this.block(this.positions(this.embed(codes)), { isCausal: true }));
  }

  initialState(batchSize: number, length: number): KeyValueCache {
    return this.block.initialState(batchSize, length);
  }

  step(codes: Tensor, cache: KeyValueCache, position: Tensor): Increment<KeyValueCache> {
    const x = this.positions(this.embed(codes), { offset: position });
    const [y, state] = this.block.step(x, cache, position);
    return { logits: this.head(y), state };
  }
}

/** Values that differ much from position to position. */
function ramp(shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, n) => product * n, 1);
  return Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(7 * i));
}

/** A recurrent network, whose state has no end. */
class Recurrent extends Module<(codes: Tensor) => Tensor> implements IncrementalModel<Tensor> {
  readonly embed = new Embed({ vocabSize: VOCABULARY, embedDim: 8 });
  readonly core = new GRU(12);
  readonly head = new Linear(VOCABULARY);

  forward(codes: Tensor): Tensor {
    return this.step(codes, this.initialState(codes.shape[0] as number)).logits;
  }

  initialState(batchSize: number): Tensor {
    return this.core.initialState(batchSize);
  }

  step(codes: Tensor, before: Tensor): Increment<Tensor> {
    const sequence = this.embed(codes).transpose([1, 0, 2]);
    const [outputs, state] = dynamicUnroll(this.core, sequence, before);
    return { logits: this.head(outputs).transpose([1, 0, 2]), state };
  }
}

function made<T extends Module<(codes: Tensor) => Tensor>>(Kind: new () => T, seed = 5): T {
  setSeed(seed);
  const model = new Kind();
  model(tensor(new Int32Array(2), { shape: [1, 2] }));
  return model;
}

const PROMPT = [3, 1, 4];

const text = async (
  model: IncrementalModel | ((codes: Tensor) => Tensor),
  settings: GenerateTextSettings,
  prompt: readonly number[] = PROMPT,
) => (await new GenerateText(settings)({ model, prompt })).codes;

/** The likeliest token after a text, from all of it at once. */
async function likeliest(model: (codes: Tensor) => Tensor, codes: readonly number[]) {
  const logits = model(tensor(Int32Array.from(codes), { shape: [1, codes.length] }));
  const rows = (await logits.array()) as unknown as number[][][];
  const last = rows[0]?.at(-1) as number[];
  return last.indexOf(Math.max(...last));
}

describe("GenerateText", () => {
  test("with a cache: greedy is what whole sequences say, also over windows", async () => {
    const model = made(Transformer);
    const wanted: number[] = [];
    let window = [...PROMPT];
    for (let i = 0; i < 12; i++) {
      wanted.push(await likeliest(model, window));
      const all = [...PROMPT, ...wanted];
      window = window.length < LENGTH ? [...window, wanted.at(-1) as number] : all.slice(-3);
    }
    expect(new Set(wanted).size).toBeGreaterThan(2);
    const settings = { tokens: 12, temperature: 0, keep: 3 };
    expect(await text(model, settings)).toEqual(wanted);
    expect(await text(model, { ...settings, compiled: false })).toEqual(wanted);
    // The fallback computes each window anew.
    const plain = (codes: Tensor): Tensor => model(codes);
    expect(await text(plain, { ...settings, window: LENGTH })).toEqual(wanted);
  });

  test("with recurrent states: no window is ever full", async () => {
    const model = made(Recurrent);
    const codes = [...PROMPT];
    for (let i = 0; i < 12; i++) codes.push(await likeliest(model, codes));
    expect(await text(model, { tokens: 12, temperature: 0 })).toEqual(codes.slice(3));
  });

  test("chance is that of the seed, and nothing is left on the GPU", async () => {
    const model = made(Recurrent);
    const settings = { tokens: 20, seed: 1, topK: 8 };
    const first = await text(model, settings);
    const before = memory().byKind.tensor.bytes;
    expect(await text(model, settings)).toEqual(first);
    expect(await text(model, { ...settings, compiled: false })).toEqual(first);
    expect(memory().byKind.tensor.bytes).toBeLessThanOrEqual(before);
    expect(await text(model, { ...settings, seed: 2 })).not.toEqual(first);
  });

  test("tokens come one by one, with their text, until one that stops or a signal", async () => {
    const model = made(Recurrent);
    const all = await text(model, { tokens: 9, temperature: 0 });
    const vocabulary = {
      encode: (given: string) => Array.from(given, (character) => character.charCodeAt(0) - 97),
      decode: (codes: Iterable<number>) => {
        return Array.from(codes, (code) => String.fromCharCode(97 + code)).join("");
      },
    };
    const parts = { model, prompt: "dbe", vocabulary };
    const pieces: string[] = [];
    const run = new GenerateText({ tokens: 9, temperature: 0 }).run(parts);
    let next = await run.next();
    for (; next.done !== true; next = await run.next()) {
      expect(next.value).toMatchObject({ index: pieces.length, code: all[pieces.length] });
      pieces.push(next.value.text);
    }
    expect(next.value).toEqual({ codes: all, text: pieces.join(""), reason: "tokens" });
    expect(pieces.join("")).toBe(vocabulary.decode(all));
    const [stop] = all.slice(4) as [number];
    const stopped = await new GenerateText({ tokens: 9, temperature: 0, stop: [stop] })(parts);
    const end = all.indexOf(stop);
    expect(stopped).toMatchObject({ codes: all.slice(0, end), reason: "stop" });
    const controller = new AbortController();
    const endless = new GenerateText({ tokens: 1e6 }).run(parts, { signal: controller.signal });
    let seen = 0;
    let event = await endless.next();
    for (; event.done !== true; event = await endless.next()) if (++seen === 3) controller.abort();
    expect(event.value.reason).toBe("aborted");
    expect(seen).toBeLessThan(1e5);
  });

  test("characters of several bytes come whole", async () => {
    const bytes = [...new TextEncoder().encode("aé€")];
    const rows = Array.from({ length: 256 }, () => new Array<number>(256).fill(0));
    [0, ...bytes].forEach((code, i) => ((rows[code] as number[])[bytes[i] ?? 0] = 9));
    const table = tensor(rows);
    const model = (codes: Tensor): Tensor => new Embed({ existingVocab: table })(codes);
    const vocabulary = {
      encode: (given: string) => new TextEncoder().encode(given),
      decode: (codes: Iterable<number>) => new TextDecoder().decode(Uint8Array.from(codes)),
    };
    const generate = new GenerateText({ tokens: 5, temperature: 0, window: 8, compiled: false });
    const seen: string[] = [];
    const run = generate.run({ model, prompt: [0], vocabulary });
    let next = await run.next();
    for (; next.done !== true; next = await run.next()) seen.push(next.value.text);
    // The last character lacks its last byte.
    expect(seen).toEqual(["a", "", "é", "", ""]);
    expect(next.value.text).toBe("aé\ufffd");
  });

  test("what is wrong is told", async () => {
    const model = (codes: Tensor): Tensor => codes;
    expect(() => new GenerateText({ tokens: 0 })).toThrow(/tokens must be a positive integer/);
    expect(() => new GenerateText({ tokens: 1, topP: 0 })).toThrow(/topP must be in/);
    await expect(text(model, { tokens: 1 })).rejects.toThrow(/without states needs a window/);
    await expect(text(model, { tokens: 1, window: 4 }, [])).rejects.toThrow(/must have a token/);
    await expect(text(model, { tokens: 1, window: 4, keep: 5 })).rejects.toThrow(/Got 5 of 4/);
    const generate = new GenerateText({ tokens: 1, window: 4 });
    await expect(generate({ model, prompt: "a" })).rejects.toThrow(/a text needs a vocabulary/);
  });
});
