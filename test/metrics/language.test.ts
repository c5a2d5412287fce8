import { describe, expect, test } from "vitest";
import { BLEU, ChrF, EditDistance, levenshtein } from "../../src/metrics/index.ts";
import { tokenize13a } from "../../src/metrics/tokenize13a.ts";

// References: sacreBLEU 2.6.

const HYPOTHESES = [
  "The cat sat on the mat.",
  'There is 1,000.5 reasons - "really" & more!',
  "a quick brown dog jumps",
  "Völlig anders: naïve Idee?",
];
const FIRST = [
  "The cat is sitting on the mat.",
  'There are 1,000.5 reasons - "really" & more!',
  "The quick brown fox jumps over the lazy dog",
  "Ganz anders, naive Idee!",
];
const SECOND = [
  "A cat sat upon a mat.",
  "There are 1000.5 good reasons, really!",
  "a quick brown dog leaps",
  "Völlig andere, naïve Ideen?",
];
const BOTH = FIRST.map((text, i) => [text, SECOND[i] as string]);
const SHORT = ["the the the cat", "a b"];
const SHORT_REFERENCES = ["the cat is here", "a c"];

describe("BLEU", () => {
  test("of a corpus with one reference, in one batch or many", async () => {
    const metric = new BLEU();
    expect(await metric.result()).toBeNaN();
    metric.update(HYPOTHESES, FIRST);
    expect(await metric.result()).toBeCloseTo(43.23114428511746, 10);
    const details = await metric.details();
    const precisions = [75.86206896551724, 52, 42.857142857142854, 41.1764705882353];
    expect(details).toEqual({
      precisions: precisions.map((value) => expect.closeTo(value, 10)),
      brevityPenalty: expect.closeTo(0.8416308400672835, 12),
      hypothesisLength: 29,
      referenceLength: 34,
    });
    metric.reset();
    HYPOTHESES.forEach((text, i) => metric.update([text], [FIRST[i] as string]));
    expect(await metric.details()).toEqual(details);
  });

  test.each([
    [{}, 61.90704139049346],
    [{ isLowercase: true }, 61.90704139049346],
    [{ tokenize: "character" }, 88.67800828243742],
    [{ tokenize: "none" }, 55.252377829973454],
    [{ tokenize: (text: string) => text.split(" ") }, 55.252377829973454],
  ] as const)("with two references, %j", async (options, want) => {
    const metric = new BLEU(options);
    metric.update(HYPOTHESES, BOTH);
    expect(await metric.result()).toBeCloseTo(want, 10);
  });

  test.each([
    [{ smoothing: "exponential" }, 29.730177875068023],
    [{ smoothing: "floor" }, 15.811388300841893],
    [{ smoothing: "addOne" }, 42.7287006396234],
    [{ smoothing: "none" }, 0],
    [{ maxOrder: 2 }, 35.35533905932737],
  ] as const)("of short texts, %j", async (options, want) => {
    const metric = new BLEU(options);
    metric.update(SHORT, SHORT_REFERENCES);
    expect(await metric.result()).toBeCloseTo(want, 10);
  });

  test("no match, no words, and wrong calls", async () => {
    const metric = new BLEU();
    metric.update(["x"], ["y"]);
    expect(await metric.result()).toBe(0);
    metric.reset();
    metric.update([""], ["y"]);
    expect(await metric.result()).toBe(0);
    expect(() => metric.update(["a", "b"], ["a"])).toThrow(
      /BLEU: there must be a ref.*Got 2 and 1/,
    );
    expect(() => metric.update(["a"], [[]])).toThrow(/must have a reference/);
    expect(() => metric.update("a" as never, "a" as never)).toThrow(/Got no lists/);
    expect(() => new BLEU({ maxOrder: 0 })).toThrow(/maxOrder/);
    expect(() => new BLEU({ tokenize: "intl" as never })).toThrow(/tokenize must be/);
    expect(() => new BLEU({ smoothing: "exp" as never })).toThrow(/smoothing must be/);
  });

  test("tokens", () => {
    const tokens = tokenize13a("It's 3.5%, -or- 10-20 (e.g. &quot;x&quot;): U.S.A.!\nend");
    expect(tokens.join(" ")).toBe(
      `It's 3.5 % , -or- 10 - 20 ( e . g . " x " ) : U . S . A . ! end`,
    );
  });
});

describe("ChrF", () => {
  test.each([
    [{}, 55.77732767998833, 71.29660324589821],
    [{ wordOrder: 2 }, 55.39609954564659, 70.08258432604738],
  ])("of a corpus, %j", async (options, one, two) => {
    const metric = new ChrF(options);
    expect(await metric.result()).toBeNaN();
    metric.update(HYPOTHESES, FIRST);
    expect(await metric.result()).toBeCloseTo(one, 10);
    metric.reset();
    metric.update(HYPOTHESES.slice(0, 3), BOTH.slice(0, 3));
    metric.update(HYPOTHESES.slice(3), BOTH.slice(3));
    expect(await metric.result()).toBeCloseTo(two, 10);
  });

  test("other orders, short texts, and wrong calls", async () => {
    const metric = new ChrF({ beta: 1, characterOrder: 4, isLowercase: true });
    metric.update(HYPOTHESES, BOTH);
    expect(await metric.result()).toBeCloseTo(78.41604339637708, 10);
    const short = new ChrF();
    short.update(["ab", ""], ["abc", "x"]);
    expect(await short.result()).toBeCloseTo(55.55555555555556, 10);
    short.reset();
    short.update(["a"], ["b"]);
    expect(await short.result()).toBe(0);
    expect(() => short.update(["a"], [])).toThrow(/ChrF: there must be a reference/);
    expect(() => short.update(["a"], [[]])).toThrow(/must have a reference/);
    expect(() => new ChrF({ beta: 0 })).toThrow(/beta must be/);
    expect(() => new ChrF({ characterOrder: 0 })).toThrow(/characterOrder/);
    expect(() => new ChrF({ wordOrder: -1 })).toThrow(/wordOrder/);
  });
});

describe("edit distance", () => {
  test.each([
    ["kitten", "sitting", 3],
    ["intention", "execution", 5],
    ["", "abc", 3],
    ["abc", "", 3],
    ["same", "same", 0],
    ["ab", "ba", 2],
  ])("levenshtein(%j, %j) is %i", (a, b, want) => {
    expect(levenshtein(a, b)).toBe(want);
    expect(levenshtein([...b], [...a])).toBe(want);
  });

  test("word and character error rates", async () => {
    const hypotheses = ["the cat sat", "naïve 😀 b", ""];
    const references = ["the  cat sat down", "naive 😁 b", "x"];
    const words = new EditDistance({ name: "wer" });
    expect(await words.result()).toBeNaN();
    words.update(hypotheses.slice(0, 2), references.slice(0, 2));
    words.update(hypotheses.slice(2), references.slice(2));
    expect(await words.details()).toEqual({ edits: 4, referenceLength: 8, pairs: 3 });
    expect(await words.result()).toBe(0.5);
    const characters = new EditDistance({ unit: "character" });
    characters.update(hypotheses, references);
    expect(await characters.result()).toBe((6 + 2 + 1) / (17 + 9 + 1));
    characters.reset();
    expect((await characters.details()).pairs).toBe(0);
  });

  test("other normalizations, and wrong calls", async () => {
    const pairs = [
      ["a b c", "", "x"],
      ["a b", "", "x y z"],
    ] as const;
    const longest = new EditDistance({ normalization: "longest" });
    longest.update(...pairs);
    expect(await longest.result()).toBeCloseTo((1 / 3 + 0 + 2 / 3) / 3, 12);
    const plain = new EditDistance({ normalization: "none" });
    plain.update(...pairs);
    expect(await plain.result()).toBe(1);
    expect(() => plain.update(["a"], [])).toThrow(/EditDistance: there must be/);
    expect(() => new EditDistance({ unit: "line" as never })).toThrow(/unit must be word or char/);
    expect(() => new EditDistance({ normalization: "x" as never })).toThrow(/normalization must/);
  });
});
