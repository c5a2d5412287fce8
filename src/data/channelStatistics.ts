// Mean and deviation of each channel or column of a data set.

import { DataError } from "../errors.ts";
import type { HostArray } from "./hostArray.ts";

/** Of each channel: of the elements with one place on the last axis. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  /** Standard deviation, of the whole, not of a sample. */
  readonly deviation: readonly number[];
}

/**
 * Mean and standard deviation of each channel, as the loader delivers them: bytes count as numbers in
 * [0, 1]. NaN, which stands for missing values, is left out.
 *
 * @param array  `[…, channels]`: images of a data set, or columns of a table.
 * @throws {DataError} if a channel has no number.
 */
export function channelStatistics(array: HostArray): ChannelStatistics {
  const channels = array.shape.at(-1) ?? 1;
  const scale = array.dtype === "u8" ? 1 / 255 : 1;
  const counts = new Float64Array(channels);
  const means = new Float64Array(channels);
  const squares = new Float64Array(channels);
  array.data.forEach((raw: number, i: number) => {
    if (Number.isNaN(raw)) return;
    // Welford's update: one pass without cancellation.
    const c = i % channels;
    const count = (counts[c] as number) + 1;
    const before = scale * raw - (means[c] as number);
    counts[c] = count;
    means[c] = (means[c] as number) + before / count;
    squares[c] = (squares[c] as number) + before * (scale * raw - (means[c] as number));
  });
  const empty = counts.indexOf(0);
  if (empty >= 0 || channels === 0) {
    const rule = "every channel must have a number";
    throw new DataError("channelStatistics", rule, { got: `none in channel ${empty}` });
  }
  const deviation = Array.from(squares, (sum, c) => Math.sqrt(sum / (counts[c] as number)));
  return { mean: [...means], deviation };
}
