import { describe, expect, test } from "vitest";
import {
  byteVocabulary,
  bytesSource,
  characterVocabulary,
  nextTokenWindows,
  readText,
} from "../../src/data/index.ts";
import { expectTypedFaults, gzip } from "./sources.ts";

describe("vocabularies", () => {
  test("characters by code point, there and back", () => {
    const vocabulary = characterVocabulary("hello 🌊 wörld");
    expect(vocabulary.characters.join("")).toBe(" dehlorwö🌊");
    expect(vocabulary.size).toBe(10);
    const codes = vocabulary.encode("low 🌊");
    expect([...codes]).toEqual([4, 5, 7, 0, 9]);
    expect(vocabulary.decode(codes)).toBe("low 🌊");
    const again = characterVocabulary(
      JSON.parse(JSON.stringify(vocabulary.characters)) as string[],
    );
    expect(again.encode("dew")).toEqual(vocabulary.encode("dew"));
  });

  test("strangers are an error with their place, or the unknown character", () => {
    const vocabulary = characterVocabulary("ab\n");
    expect(() => vocabulary.encode("ab\nax")).toThrow(/Got "x" at character 5, line 2/);
    expect(() => vocabulary.decode([0, 3])).toThrow(/from 0 to 2. Got 3/);
    expect(() => characterVocabulary(["a", "b", "a"])).toThrow(/single and different. Got "a"/);
    const open = characterVocabulary("ab", { unknown: "?" });
    expect(open.decode(open.encode("axb"))).toBe("a?b");
    expect(open.characters).toEqual(["a", "b", "?"]);
    expect(characterVocabulary(open.characters, { unknown: "?" }).size).toBe(3);
  });

  test("bytes of UTF-8", () => {
    expect([...byteVocabulary.encode("aß")]).toEqual([97, 195, 159]);
    expect(byteVocabulary.decode([97, 195, 159])).toBe("aß");
    expect(byteVocabulary.size).toBe(256);
    expect(() => byteVocabulary.decode([256])).toThrow(/from 0 to 255/);
  });
});

describe("nextTokenWindows", () => {
  const codes = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
  const rows = (field: { data: ArrayLike<number> } | undefined): number[] => [
    ...Array.from(field?.data ?? []),
  ];

  test("each token is labelled with the next", () => {
    const { size, fields } = nextTokenWindows(codes, { length: 3 });
    expect(size).toBe(2);
    expect(rows(fields.inputs)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(rows(fields.labels)).toEqual([1, 2, 3, 4, 5, 6]);
    const close = nextTokenWindows(codes, { length: 3, stride: 2 });
    expect(rows(close.fields.inputs)).toEqual([0, 1, 2, 2, 3, 4, 4, 5, 6]);
    expect(nextTokenWindows(codes, { length: 7 }).size).toBe(1);
  });

  test("too short a text, and strange settings", () => {
    expect(() => nextTokenWindows(codes, { length: 8 })).toThrow(/8 tokens for windows of 8/);
    expect(() => nextTokenWindows(codes, { length: 2, stride: 0 })).toThrow(/stride must be/);
  });
});

describe("text files", () => {
  const bytes = new TextEncoder().encode("\ufeffZeile – eins\n\ufffdzwei");
  const read = (given: Uint8Array) => readText(bytesSource({ "a.txt": given }, "here"), "a.txt");

  test("plain and gzipped, without the byte order mark", async () => {
    expect(await read(bytes)).toBe("Zeile – eins\n\ufffdzwei");
    const packed = bytesSource({ "a.txt.gz": await gzip(bytes) });
    expect(await readText(packed, "a.txt")).toBe("Zeile – eins\n\ufffdzwei");
  });

  test("what is not UTF-8 is told with its place", async () => {
    const broken = bytes.slice();
    broken[24] = 0xff;
    await expect(read(broken)).rejects.toThrow(/^here\/a\.txt: .*Got another byte at 24/);
    const packed = await gzip(bytes);
    await expect(read(packed.slice(0, -3))).rejects.toThrow(/gzip data must be whole.*byte \d+/);
    await expectTypedFaults(bytes, 30, read);
    await expectTypedFaults(packed, 30, read);
  });
});
