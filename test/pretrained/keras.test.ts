// Modules with Keras's weights give what Keras's formulas give, and give the weights back.

import { expect, test } from "vitest";
import { tensor } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";
import {
  type AnyFunction,
  BatchNorm,
  Conv2D,
  Conv2DTranspose,
  DepthwiseConv2D,
  Embed,
  GRU,
  LSTM,
  LayerNorm,
  Linear,
  type Module,
  MultiHeadAttention,
  VanillaRNN,
} from "../../src/nn/index.ts";
import {
  type KerasOptions,
  exportPretrained,
  keras,
  loadPretrained,
} from "../../src/pretrained/index.ts";
import { at, noise, range, sum } from "./arrays.ts";

type Tensors = Record<string, HostArray>;

const onGpu = ({ data, shape }: HostArray): ReturnType<typeof tensor> => tensor(data, { shape });

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Loads, and expects to give the same back. */
async function roundTrip(
  module: Module<AnyFunction>,
  tensors: Tensors,
  options: KerasOptions = {},
): Promise<void> {
  const mappings = keras(module, "m", options);
  await loadPretrained(module, tensors, { mappings });
  expect(await exportPretrained(module, { mappings })).toEqual(tensors);
}

test("kernels are as they are", async () => {
  const cases: [Module<AnyFunction>, HostArray, Tensors][] = [
    [new Linear(3), noise(1, 2), { "m/kernel": noise(2, 3), "m/bias": noise(3) }],
    [new Conv2D(3, 2), noise(1, 3, 3, 4), { "m/kernel": noise(2, 2, 4, 3), "m/bias": noise(3) }],
    [
      new Conv2DTranspose(3, 2),
      noise(1, 3, 3, 4),
      { "m/kernel": noise(2, 2, 3, 4), "m/bias": noise(3) },
    ],
    [
      new DepthwiseConv2D(2),
      noise(1, 3, 3, 4),
      { "m/kernel": noise(2, 2, 4, 1), "m/bias": noise(4) },
    ],
    [new LayerNorm(-1, true, true), noise(2, 4), { "m/gamma": noise(4), "m/beta": noise(4) }],
  ];
  for (const [module, x, tensors] of cases) {
    module(onGpu(x));
    await roundTrip(module, tensors);
  }
  await roundTrip(new Embed({ vocabSize: 3, embedDim: 2 }), { "m/embeddings": noise(3, 2) });
  const norm = new BatchNorm(true, true, { eps: 1e-3 });
  norm(onGpu(noise(1, 2, 2, 3)), { isTraining: false });
  await roundTrip(norm, {
    ...{ "m/gamma": noise(3), "m/beta": noise(3) },
    ...{ "m/moving_mean": noise(3), "m/moving_variance": noise(3) },
  });
});

test("names of a TensorFlow checkpoint", async () => {
  const linear = new Linear(3, { withBias: false });
  linear(onGpu(noise(1, 2)));
  const nameOf = (layer: string, weight: string): string =>
    `${layer}/${weight}/.ATTRIBUTES/VARIABLE_VALUE`;
  await roundTrip(linear, { "m/kernel/.ATTRIBUTES/VARIABLE_VALUE": noise(2, 3) }, { nameOf });
});

test("attention has an axis of heads", async () => {
  const attention = new MultiHeadAttention({ numHeads: 2 });
  attention(onGpu(noise(1, 3, 4)));
  const inner = ["query", "key", "value"].flatMap((name): [string, HostArray][] => [
    [`m/${name}/kernel`, noise(4, 2, 2)],
    [`m/${name}/bias`, noise(2, 2)],
  ]);
  const outer = {
    "m/attention_output/kernel": noise(2, 2, 4),
    "m/attention_output/bias": noise(4),
  };
  await roundTrip(attention, { ...Object.fromEntries(inner), ...outer });
});

const [hidden, inputs] = [2, 3];

/** Column o of x · W. */
const column = (w: HostArray, o: number, x: ArrayLike<number>): number =>
  sum(Array.from(x, (value, i) => value * at(w, i, o)));

async function step(
  core: LSTM | GRU | VanillaRNN,
  x: HostArray,
  h: HostArray,
  cell?: HostArray,
): Promise<number[]> {
  const state = cell === undefined ? onGpu(h) : { hidden: onGpu(h), cell: onGpu(cell) };
  const call = core as unknown as (...args: unknown[]) => [ReturnType<typeof tensor>];
  return [...(await call(onGpu(x), state)[0].data())];
}

const expectClose = (found: readonly number[], wanted: readonly number[]): void =>
  wanted.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));

test("LSTM: i, f, c, o", async () => {
  const [kernel, recurrent, bias] = [noise(inputs, 8), noise(hidden, 8), noise(8)];
  const [x, h, c] = [noise(1, inputs), noise(1, hidden), noise(1, hidden)];
  const core = new LSTM(hidden);
  await step(core, x, h, c);
  await roundTrip(core, { "m/kernel": kernel, "m/recurrent_kernel": recurrent, "m/bias": bias });
  const z = range(8).map(
    (o) => column(kernel, o, x.data) + column(recurrent, o, h.data) + at(bias, o),
  );
  const gate = (g: number, k: number): number => z[g * hidden + k] as number;
  const wanted = range(hidden).map((k) => {
    const kept = sigmoid(gate(1, k)) * at(c, 0, k);
    return sigmoid(gate(3, k)) * Math.tanh(kept + sigmoid(gate(0, k)) * Math.tanh(gate(2, k)));
  });
  expectClose(await step(core, x, h, c), wanted);
});

test("plain network", async () => {
  const core = new VanillaRNN(hidden);
  await step(core, noise(1, inputs), noise(1, hidden));
  const kernels = { "m/kernel": noise(inputs, 2), "m/recurrent_kernel": noise(hidden, 2) };
  await roundTrip(core, { ...kernels, "m/bias": noise(2) });
});

test("GRU with reset_after: z, r, h and a bias of two rows", async () => {
  const [kernel, recurrent, bias] = [noise(inputs, 6), noise(hidden, 6), noise(2, 6)];
  const [x, h] = [noise(1, inputs), noise(1, hidden)];
  const core = new GRU(hidden, { reset: "after" });
  await step(core, x, h);
  await roundTrip(core, { "m/kernel": kernel, "m/recurrent_kernel": recurrent, "m/bias": bias });
  const own = range(6).map((o) => column(kernel, o, x.data) + at(bias, 0, o));
  const old = range(6).map((o) => column(recurrent, o, h.data) + at(bias, 1, o));
  const wanted = range(hidden).map((k) => {
    const [z, r] = [0, hidden].map((from) => {
      return sigmoid((own[from + k] as number) + (old[from + k] as number));
    }) as [number, number];
    const n = Math.tanh((own[2 * hidden + k] as number) + r * (old[2 * hidden + k] as number));
    return z * at(h, 0, k) + (1 - z) * n;
  });
  expectClose(await step(core, x, h), wanted);
});

test("GRU without reset_after: its update gate is the other's 1 − z", async () => {
  const [kernel, recurrent, bias] = [noise(inputs, 6), noise(hidden, 6), noise(6)];
  const [x, h] = [noise(1, inputs), noise(1, hidden)];
  const core = new GRU(hidden);
  await step(core, x, h);
  await roundTrip(core, { "m/kernel": kernel, "m/recurrent_kernel": recurrent, "m/bias": bias });
  const own = range(6).map((o) => column(kernel, o, x.data) + at(bias, o));
  const gate = (from: number, k: number): number =>
    sigmoid((own[from + k] as number) + column(recurrent, from + k, h.data));
  const reset = range(hidden).map((k) => gate(hidden, k) * at(h, 0, k));
  const wanted = range(hidden).map((k) => {
    const n = Math.tanh((own[2 * hidden + k] as number) + column(recurrent, 2 * hidden + k, reset));
    return gate(0, k) * at(h, 0, k) + (1 - gate(0, k)) * n;
  });
  expectClose(await step(core, x, h), wanted);
});
