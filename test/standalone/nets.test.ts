// Networks as modules without the library: their numbers are the library's, to the bit.

import { expect, test } from "vitest";
import { ConvNet, ResidualNet } from "../../examples/images/net.ts";
import { rehearse } from "../../src/compile/tracing.ts";
import { device } from "../../src/gpu/device.ts";
import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { exportStandalone } from "../../src/standalone/index.ts";
import { randomTensor } from "../support/check.ts";
import { dataOf, distance, loadExport } from "../support/standalone.ts";

type Forward = (...args: Tensor[]) => Tensor;

interface Row {
  readonly make: () => Forward;
  /** For a batch. */
  readonly input: (batch: number) => Tensor;
  readonly batch?: number;
}

/** An LSTM over a sequence `[steps, batch, 5]`, from zeros to its last state's scores. */
class Reader extends nn.Module<Forward> {
  readonly core = new nn.LSTM(8);
  readonly scores = new nn.Linear(3);

  forward(x: Tensor): Tensor {
    const batch = x.shape[1] as number;
    const [outputs] = nn.dynamicUnroll(this.core, x, this.core.initialState(batch));
    return this.scores(renga.slice(outputs as Tensor, [[5, 6]]).reshape([batch, 8]));
  }
}

const image = (batch: number): Tensor => randomTensor([batch, 28, 28], 3);

/** A net whose moving averages are not those of a new one. */
function trained(): ResidualNet {
  const net = new ResidualNet();
  rehearse(net, [image(1)]); // makes the variables
  for (const average of net.nonTrainableVariables) {
    if (average.dtype === "f32") average.assign(randomTensor(average.shape, 5, 0.5, 1.5));
  }
  return net;
}

const ROWS: Readonly<Record<string, Row>> = {
  MLP: { make: () => new nn.MLP([16, 7]), input: (batch) => randomTensor([batch, 9]) },
  ConvNet: { make: () => new ConvNet(), input: image },
  ResidualNet: { make: trained, input: image },
  LSTM: { make: () => new Reader(), input: (batch) => randomTensor([6, batch, 5]) },
  TransformerBlock: {
    make: () => new nn.TransformerBlock({ numHeads: 2 }) as unknown as Forward,
    input: (batch) => randomTensor([batch, 6, 16]),
  },
};

/** A model's distance from the compiled function, on two inputs. */
async function distances({ make, input }: Row): Promise<number[]> {
  renga.setSeed(7);
  const [fn, x] = [make(), input(3)];
  const { adapterClass } = device().info;
  const compiled = renga.compile(fn);
  const model = await loadExport(await exportStandalone(fn, x, { adapterClass }));
  const found: number[] = [];
  for (const given of [x, randomTensor(x.shape, 11)]) {
    const { output } = await model.run(await dataOf({ input: given }));
    found.push(await distance(output, compiled(given)));
  }
  model.dispose();
  compiled.dispose();
  return found;
}

// The same kernels: the same bits.
test.each(Object.entries(ROWS))("%s gives the library's numbers", async (_, row) => {
  expect(await distances(row)).toEqual([0, 0]);
});
