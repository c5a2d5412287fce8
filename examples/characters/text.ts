// A text as windows of characters, each labelled with the character after it.

import { DataError } from "../../src/index.ts";
import { type Dataset, type HostArray, dataset } from "../../src/data/index.ts";

/** A text's characters in the order of their codes, and its two parts. */
export interface CharacterText {
  readonly alphabet: readonly string[];
  /** The first nine tenths. */
  readonly train: Dataset;
  /** The rest. */
  readonly test: Dataset;
}

/** Windows of `length` characters that do not overlap: `inputs` and `labels`, `[windows, length]` i32. */
function windows(codes: Int32Array, length: number): Dataset {
  const count = Math.floor((codes.length - 1) / length);
  if (count < 1) {
    const got = `${codes.length}`;
    throw new DataError("characters", `each part must have more than ${length} characters`, {
      got,
    });
  }
  const field = (shift: number): HostArray => {
    const data = codes.slice(shift, shift + count * length);
    return { dtype: "i32", shape: [count, length], data };
  };
  return dataset({ inputs: field(0), labels: field(1) });
}

/** @throws {DataError} if the text is too short for a window in each part. */
export function characterText(text: string, length: number): CharacterText {
  const alphabet = [...new Set(text)].sort();
  const places = new Map(alphabet.map((character, i) => [character, i]));
  const codes = Int32Array.from([...text], (character) => places.get(character) as number);
  const cut = Math.floor(codes.length * 0.9);
  const [train, test] = [codes.subarray(0, cut), codes.subarray(cut)];
  return { alphabet, train: windows(train, length), test: windows(test, length) };
}
