// A text as examples of foretelling the next token.

import { DataError, UsageError } from "../../errors.ts";
import { type Dataset, dataset } from "../dataset.ts";
import type { HostArray } from "../hostArray.ts";

/** Options of `nextTokenWindows`. */
export interface NextTokenWindowsOptions {
  /** Tokens in a window. */
  readonly length: number;
  /** From the start of a window to that of the next. Default: the length, so that none overlap. */
  readonly stride?: number;
}

/**
 * Windows of a text, each token labelled with the one after it.
 *
 * @param codes  the text by a vocabulary.
 * @returns      `inputs` and `labels`, `[windows, length]` i32. A rest shorter than a window is left out.
 * @throws {DataError} if the text is too short for one window.
 */
export function nextTokenWindows(codes: Int32Array, options: NextTokenWindowsOptions): Dataset {
  const { length, stride = length } = options;
  for (const [name, value] of Object.entries({ length, stride })) {
    if (Number.isInteger(value) && value >= 1) continue;
    const got = `${value}`;
    throw new UsageError("nextTokenWindows", `${name} must be a positive integer`, { got });
  }
  const count = Math.floor((codes.length - 1 - length) / stride) + 1;
  if (count < 1) {
    throw new DataError("nextTokenWindows", "the text must be longer than a window", {
      got: `${codes.length} tokens for windows of ${length}`,
    });
  }
  const field = (shift: number): HostArray => {
    const data = new Int32Array(count * length);
    for (let i = 0; i < count; i++) {
      const start = i * stride + shift;
      data.set(codes.subarray(start, start + length), i * length);
    }
    return { dtype: "i32", shape: [count, length], data };
  };
  return dataset({ inputs: field(0), labels: field(1) });
}
