// Sample: examples from a generator, a batch at a time.

import { toTensors } from "../data/batchTensors.ts";
import type { Feed } from "../data/feed.ts";
import type { HostArray } from "../data/hostArray.ts";
import { compile } from "../compile/compile.ts";
import { DataError } from "../errors.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ExampleRows } from "./exampleRows.ts";
import { requireFields } from "./fields.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { requireCounts } from "./settingChecks.ts";

/** Settings of `Sample`. */
export interface SampleSettings {
  /** Examples to make. */
  readonly count: number;
}

/** Parts of `Sample`. */
export interface SampleParts {
  /** A GAN's generator, a VAE's decoder, or any function of noise. */
  readonly generator: (noise: Tensor, condition?: Tensor) => Tensor;
  /** Fields noise and, if the generator takes it, condition: `noiseFeed`. It is left where it stood. */
  readonly data: Feed;
}

/** Progress of `Sample`. */
export interface SampleEvent {
  readonly type: "batch";
  /** Examples made so far. */
  readonly made: number;
  readonly count: number;
}

/**
 * Examples generator(noise, condition), with a leading axis that counts them. The same noise gives the
 * same examples.
 *
 *     const data = noiseFeed({ size: 64, batchSize: 100, seed: 1 });
 *     const images = await new Sample({ count: 1000 })({ generator, data });
 *     const { width, height, data: pixels } = imageGrid(images, 10);
 */
export class Sample extends Scenario<SampleParts, HostArray> {
  readonly settings: SampleSettings;

  /** @throws {UsageError} unless the count is a positive integer. */
  constructor(settings: SampleSettings) {
    super();
    requireCounts("Sample", { count: settings.count });
    this.settings = settings;
  }

  async *run(parts: SampleParts, options: RunOptions = {}): AsyncGenerator<SampleEvent, HostArray> {
    const { count } = this.settings;
    const { data, generator } = parts;
    const [before, arrays] = [data.state(), data.arrays?.()];
    const rows = new ExampleRows(count);
    const make = compile(generator);
    try {
      while (rows.made < count) {
        options.signal?.throwIfAborted();
        const batch = await data.next();
        if (batch === undefined) {
          throw new DataError("Sample", "the data must last for all examples", {
            got: `${rows.made} of ${count}`,
          });
        }
        const examples = untaped(() =>
          scope(() => {
            const fields = toTensors(batch);
            const [noise] = requireFields("Sample", fields, "noise") as [Tensor];
            return fields.condition === undefined ? make(noise) : make(noise, fields.condition);
          }),
        );
        await rows.take(examples);
        yield { type: "batch", made: rows.made, count };
      }
    } finally {
      data.restore(before, arrays);
      make.dispose();
    }
    return rows.array();
  }
}
