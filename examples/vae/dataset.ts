// Digits in black and white.

import { HostRandom } from "../../src/index.ts";
import {
  type Dataset,
  type FileSource,
  dataset,
  drawnDigits,
  loadMnist,
} from "../../src/data/index.ts";

/** Digits that are drawn where there are no files. */
const DRAWN = { train: 6000, test: 1000 } as const;

/** Seeds of the draws: the data stay the same whatever the seed of a run. */
const DRAWS = { train: 1, test: 2 } as const;

/**
 * Images `[n, 784]` in bytes of 0 and 255: each pixel is white with the probability that its brightness
 * tells, drawn once. Of MNIST's files, or digits drawn on the spot.
 *
 * @see Salakhutdinov & Murray 2008, On the Quantitative Analysis of Deep Belief Networks, §5.
 */
export async function binaryDigits(
  files: FileSource | undefined,
  split: "train" | "test",
): Promise<Dataset> {
  const { size, fields } =
    files === undefined
      ? drawnDigits({ count: DRAWN[split], seed: DRAWS[split] })
      : await loadMnist(files, split);
  const random = new HostRandom(DRAWS[split]);
  // Most are 0 or 255 already and need no draw.
  const drawn = (brightness: number): number => (random.uniform(0, 255) < brightness ? 255 : 0);
  const data = Uint8Array.from(fields.inputs?.data ?? [], (brightness) => {
    return brightness % 255 === 0 ? brightness : drawn(brightness);
  });
  return dataset({ inputs: { dtype: "u8", shape: [size, data.length / size], data } });
}
