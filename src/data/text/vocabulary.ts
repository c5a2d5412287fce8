// Text as whole numbers and back: by character or by byte.

import { DataError } from "../../errors.ts";

/** Tokens by code. */
export interface Vocabulary {
  /** Number of codes. */
  readonly size: number;
  /** @throws {DataError} if something in the text has no code. */
  encode(text: string): Int32Array;
  /** @throws {DataError} if a code is none of this vocabulary's. */
  decode(codes: Iterable<number>): string;
}

/** A vocabulary of characters: of Unicode code points. */
export interface CharacterVocabulary extends Vocabulary {
  /** In the order of their codes; plain JSON, from which the same vocabulary can be made again. */
  readonly characters: readonly string[];
}

/** Options of `characterVocabulary`. */
export interface CharacterVocabularyOptions {
  /** A character that stands for all that are not in the vocabulary. Default: they are an error. */
  readonly unknown?: string;
}

/**
 * The vocabulary of a text's characters, in the order of their code points.
 *
 *     const vocabulary = characterVocabulary(text);
 *     const again = characterVocabulary(JSON.parse(JSON.stringify(vocabulary.characters)));
 *
 * @param from  a text, or characters in the order of their codes.
 * @throws {DataError} if a given list has a character twice, or something else than one character.
 */
export function characterVocabulary(
  from: string | readonly string[],
  options: CharacterVocabularyOptions = {},
): CharacterVocabulary {
  const { unknown } = options;
  const given = typeof from === "string" ? inOrder(new Set(from)) : [...from];
  const isNew = unknown !== undefined && !given.includes(unknown);
  const characters = isNew ? [...given, unknown] : given;
  const codes = new Map(characters.map((character, i) => [character, i]));
  const strange = characters.find((character, i) => {
    return [...character].length !== 1 || codes.get(character) !== i;
  });
  if (strange !== undefined) {
    const rule = "characters must be single and different";
    throw new DataError("characterVocabulary", rule, { got: JSON.stringify(strange) });
  }
  const instead = unknown === undefined ? undefined : codes.get(unknown);
  return {
    size: characters.length,
    characters,
    encode(text) {
      const points = [...text];
      return Int32Array.from(points, (character, i) => {
        const code = codes.get(character) ?? instead;
        if (code === undefined) throw outside(points, i);
        return code;
      });
    },
    decode: (list) => Array.from(list, (code) => tokenOf(characters, code)).join(""),
  };
}

/** UTF-8: 256 codes, and no text without. */
export const byteVocabulary: Vocabulary = {
  size: 256,
  encode: (text) => Int32Array.from(new TextEncoder().encode(text)),
  decode(codes) {
    const bytes = Array.from(codes, (code) => {
      return code >= 0 && code < 256 && Number.isInteger(code) ? code : strangeCode(code, 256);
    });
    return new TextDecoder().decode(Uint8Array.from(bytes));
  },
};

function inOrder(characters: Iterable<string>): string[] {
  const point = (character: string): number => character.codePointAt(0) as number;
  return [...characters].sort((a, b) => point(a) - point(b));
}

function tokenOf(tokens: readonly string[], code: number): string {
  return tokens[code] ?? strangeCode(code, tokens.length);
}

function strangeCode(code: number, size: number): never {
  const rule = `codes must be whole numbers from 0 to ${size - 1}`;
  throw new DataError("vocabulary.decode", rule, { got: `${code}` });
}

function outside(characters: readonly string[], i: number): DataError {
  const line = characters.slice(0, i).filter((character) => character === "\n").length + 1;
  return new DataError("vocabulary.encode", "every character must be in the vocabulary", {
    got: `${JSON.stringify(characters[i])} at character ${i + 1}, line ${line}`,
    remedy: "Make the vocabulary from the whole text, or pass one { unknown }.",
  });
}
