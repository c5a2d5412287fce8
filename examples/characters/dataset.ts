// A text as windows of characters, each labelled with the character after it.

import {
  type CharacterVocabulary,
  type Dataset,
  characterVocabulary,
  nextTokenWindows,
} from "../../src/data/index.ts";

/** A text's characters, and its two parts. */
export interface CharacterText {
  readonly vocabulary: CharacterVocabulary;
  /** The first nine tenths. */
  readonly train: Dataset;
  /** The rest. */
  readonly test: Dataset;
}

/** @throws {DataError} if the text is too short for a window in each part. */
export function characterText(text: string, length: number): CharacterText {
  const vocabulary = characterVocabulary(text);
  const codes = vocabulary.encode(text);
  const cut = Math.floor(codes.length * 0.9);
  const [train, test] = [codes.subarray(0, cut), codes.subarray(cut)];
  return {
    vocabulary,
    train: nextTokenWindows(train, { length }),
    test: nextTokenWindows(test, { length }),
  };
}
