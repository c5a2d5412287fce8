// Modules with PyTorch's weights give what PyTorch's formulas give, and give the weights back.

import { describe, expect, test } from "vitest";
import { DataError, UsageError, tensor } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";
import {
  type AnyFunction,
  BatchNorm,
  Conv1D,
  Conv2D,
  Conv2DTranspose,
  Conv3D,
  DepthwiseConv2D,
  Embed,
  GRU,
  GroupNorm,
  LSTM,
  LayerNorm,
  Linear,
  MLP,
  type Module,
  MultiHeadAttention,
  RMSNorm,
  Sequential,
  UnrolledLSTM,
  VanillaRNN,
} from "../../src/nn/index.ts";
import {
  type PytorchOptions,
  exportPretrained,
  loadPretrained,
  pytorch,
} from "../../src/pretrained/index.ts";
import { at, noise, range, sum } from "./arrays.ts";

type Tensors = Record<string, HostArray>;

const onGpu = ({ data, shape }: HostArray): ReturnType<typeof tensor> => tensor(data, { shape });

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Loads, and expects to give the same back; of sums of biases the first has all. */
async function roundTrip(
  module: Module<AnyFunction>,
  tensors: Tensors,
  options: PytorchOptions = {},
): Promise<void> {
  const mappings = pytorch(module, "m", options);
  const report = await loadPretrained(module, tensors, { mappings });
  expect(report.missing.length + report.unlike.length + report.leftOver.length).toBe(0);
  const back = await exportPretrained(module, { mappings });
  for (const [name, array] of Object.entries(tensors)) {
    if (name.includes("bias_") || name.endsWith("num_batches_tracked")) continue;
    expect(back[name], name).toEqual(array);
  }
}

async function expectClose(found: Promise<ArrayLike<number>>, wanted: number[]): Promise<void> {
  const values = await found;
  expect(values.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 4));
}

test("linear: [out, in]", async () => {
  const [weight, bias, x] = [noise(3, 2), noise(3), noise(4, 2)];
  const linear = new Linear(3);
  linear(onGpu(x));
  await roundTrip(linear, { "m.weight": weight, "m.bias": bias });
  const wanted = range(4).flatMap((n) =>
    range(3).map((o) => at(bias, o) + sum(range(2).map((i) => at(x, n, i) * at(weight, o, i)))),
  );
  await expectClose(linear(onGpu(x)).data(), wanted);
});

describe("convolutions", () => {
  test("[out, in, h, w] on channels last", async () => {
    const [weight, bias, x] = [noise(3, 2, 2, 3), noise(3), noise(1, 4, 5, 2)];
    const conv = new Conv2D(3, [2, 3], { padding: "valid" });
    conv(onGpu(x));
    await roundTrip(conv, { "m.weight": weight, "m.bias": bias });
    const wanted = range(3).flatMap((row) =>
      range(3).flatMap((column) =>
        range(3).map((o) => {
          const taps = range(2).flatMap((i) =>
            range(2).flatMap((r) =>
              range(3).map((c) => at(x, 0, row + r, column + c, i) * at(weight, o, i, r, c)),
            ),
          );
          return at(bias, o) + sum(taps);
        }),
      ),
    );
    await expectClose(conv(onGpu(x)).data(), wanted);
  });

  test("in one and three dimensions", async () => {
    const line = new Conv1D(3, 5);
    line(onGpu(noise(1, 6, 2)));
    await roundTrip(line, { "m.weight": noise(3, 2, 5), "m.bias": noise(3) });
    const volume = new Conv3D(2, [1, 2, 3], { withBias: false });
    volume(onGpu(noise(1, 2, 3, 4, 3)));
    await roundTrip(volume, { "m.weight": noise(2, 3, 1, 2, 3) });
  });

  test("transposed: [in, out, h, w]", async () => {
    const [weight, bias, x] = [noise(2, 3, 2, 2), noise(3), noise(1, 2, 3, 2)];
    const conv = new Conv2DTranspose(3, 2, { padding: "valid" });
    conv(onGpu(x));
    await roundTrip(conv, { "m.weight": weight, "m.bias": bias });
    const wanted = range(3).flatMap((row) =>
      range(4).flatMap((column) =>
        range(3).map((o) => {
          let total = at(bias, o);
          for (const r of range(2)) {
            for (const c of range(2)) {
              const [from, across] = [row - r, column - c];
              if (from < 0 || from > 1 || across < 0 || across > 2) continue;
              for (const i of range(2)) total += at(x, 0, from, across, i) * at(weight, i, o, r, c);
            }
          }
          return total;
        }),
      ),
    );
    await expectClose(conv(onGpu(x)).data(), wanted);
  });

  test("depthwise: [in · multiplier, 1, h, w]", async () => {
    const [weight, bias, x] = [noise(4, 1, 2, 2), noise(4), noise(1, 3, 3, 2)];
    const conv = new DepthwiseConv2D(2, { channelMultiplier: 2, padding: "valid" });
    conv(onGpu(x));
    await roundTrip(conv, { "m.weight": weight, "m.bias": bias });
    const wanted = range(2).flatMap((row) =>
      range(2).flatMap((column) =>
        range(4).map((o) => {
          const taps = range(2).flatMap((r) =>
            range(2).map((c) => {
              const from = at(x, 0, row + r, column + c, Math.floor(o / 2));
              return from * at(weight, o, 0, r, c);
            }),
          );
          return at(bias, o) + sum(taps);
        }),
      ),
    );
    await expectClose(conv(onGpu(x)).data(), wanted);
  });
});

describe("recurrent cores", () => {
  /** W · x + b of the torch names. */
  const row = (w: HostArray, b: HostArray, o: number, x: readonly number[]): number =>
    at(b, o) + sum(x.map((value, i) => value * at(w, o, i)));
  const [hidden, inputs, steps] = [2, 3, 2];
  const weights = (gates: number, suffix = "_l0"): Tensors => ({
    [`m.weight_ih${suffix}`]: noise(gates * hidden, inputs),
    [`m.weight_hh${suffix}`]: noise(gates * hidden, hidden),
    [`m.bias_ih${suffix}`]: noise(gates * hidden),
    [`m.bias_hh${suffix}`]: noise(gates * hidden),
  });
  const parts = (tensors: Tensors): [HostArray, HostArray, HostArray, HostArray] =>
    Object.values(tensors) as [HostArray, HostArray, HostArray, HostArray];
  const x = noise(steps, 1, inputs);
  const inputAt = (t: number): number[] => range(inputs).map((i) => at(x, t, 0, i));

  test.each(["LSTM", "UnrolledLSTM"])("%s: i, f, g, o, and two biases summed", async (kind) => {
    const tensors = weights(4);
    const [wIH, wHH, bIH, bHH] = parts(tensors);
    const core = kind === "LSTM" ? new LSTM(hidden) : new UnrolledLSTM(hidden);
    const run = async (): Promise<ArrayLike<number>> => {
      const state = core.initialState(1);
      if (core instanceof UnrolledLSTM) return core(onGpu(x), state)[0].data();
      return core.unroll(onGpu(x), state)[0].data();
    };
    await run();
    await roundTrip(core, tensors);
    let [h, c] = [range(hidden).map(() => 0), range(hidden).map(() => 0)];
    const wanted: number[] = [];
    for (const t of range(steps)) {
      const z = range(4 * hidden).map((o) => row(wIH, bIH, o, inputAt(t)) + row(wHH, bHH, o, h));
      const gate = (g: number, k: number): number => z[g * hidden + k] as number;
      c = c.map(
        (old, k) => sigmoid(gate(1, k)) * old + sigmoid(gate(0, k)) * Math.tanh(gate(2, k)),
      );
      h = c.map((cell, k) => sigmoid(gate(3, k)) * Math.tanh(cell));
      wanted.push(...h);
    }
    await expectClose(run(), wanted);
  });

  test("an LSTM with a projection, of the second layer backwards", async () => {
    const core = new LSTM(hidden, { projectionSize: 1 });
    core(onGpu(noise(1, inputs)), core.initialState(1));
    const suffix = "_l1_reverse";
    const tensors = {
      ...weights(4, suffix),
      [`m.weight_hh${suffix}`]: noise(4 * hidden, 1),
      [`m.weight_hr${suffix}`]: noise(1, hidden),
    };
    await roundTrip(core, tensors, { layer: 1, isReverse: true });
  });

  test("GRU: r, z, n, and both biases", async () => {
    const tensors = weights(3);
    const [wIH, wHH, bIH, bHH] = parts(tensors);
    const core = new GRU(hidden, { reset: "after" });
    const run = (): Promise<ArrayLike<number>> =>
      core.unroll(onGpu(x), core.initialState(1))[0].data();
    await run();
    await roundTrip(core, tensors);
    const back = await exportPretrained(core, { mappings: pytorch(core, "m") });
    expect(back).toEqual(tensors);
    let h = range(hidden).map(() => 0);
    const wanted: number[] = [];
    for (const t of range(steps)) {
      const own = range(3 * hidden).map((o) => row(wIH, bIH, o, inputAt(t)));
      const old = range(3 * hidden).map((o) => row(wHH, bHH, o, h));
      const both = (o: number): number => sigmoid((own[o] as number) + (old[o] as number));
      h = h.map((before, k) => {
        const [r, z] = [both(k), both(hidden + k)];
        const n = Math.tanh((own[2 * hidden + k] as number) + r * (old[2 * hidden + k] as number));
        return (1 - z) * n + z * before;
      });
      wanted.push(...h);
    }
    await expectClose(run(), wanted);
  });

  test("a GRU that resets before its product has no weights of PyTorch's", () => {
    const core = new GRU(hidden);
    core(onGpu(noise(1, inputs)), core.initialState(1));
    expect(() => pytorch(core, "m")).toThrow(/reset: "after"/);
  });

  test("a plain network", async () => {
    const tensors = weights(1);
    const [wIH, wHH, bIH, bHH] = parts(tensors);
    const core = new VanillaRNN(hidden);
    core(onGpu(noise(1, inputs)), core.initialState(1));
    await roundTrip(core, tensors);
    const h = noise(1, hidden);
    const wanted = range(hidden).map((o) => {
      return Math.tanh(row(wIH, bIH, o, inputAt(0)) + row(wHH, bHH, o, [...h.data]));
    });
    const input: HostArray = { dtype: "f32", shape: [1, inputs], data: x.data.slice(0, inputs) };
    await expectClose(core(onGpu(input), onGpu(h))[0].data(), wanted);
  });
});

describe("norms, embeddings, attention", () => {
  const positive = (array: HostArray): HostArray => {
    return { ...array, data: Float32Array.from(array.data as Float32Array, Math.abs) };
  };

  test("batch norm evaluates with running statistics, and goes on from them", async () => {
    const norm = new BatchNorm(true, true, { decayRate: 0.9 });
    const x = noise(2, 2, 2, 3);
    norm(onGpu(x), { isTraining: false });
    const [weight, bias, mean, variance] = [noise(3), noise(3), noise(3), positive(noise(3))];
    const counted: HostArray = { dtype: "i32", shape: [], data: Int32Array.of(7) };
    await roundTrip(norm, {
      ...{ "m.weight": weight, "m.bias": bias, "m.num_batches_tracked": counted },
      ...{ "m.running_mean": mean, "m.running_var": variance },
    });
    const wanted = [...x.data].map((value, i) => {
      const c = i % 3;
      const unit = (value - at(mean, c)) / Math.sqrt(at(variance, c) + 1e-5);
      return unit * at(weight, c) + at(bias, c);
    });
    await expectClose(norm(onGpu(x), { isTraining: false }).data(), wanted);
    norm(onGpu(x), { isTraining: true });
    const next = range(3).map((c) => {
      const batch = sum([...x.data].filter((_, i) => i % 3 === c)) / 8;
      return 0.9 * at(mean, c) + 0.1 * batch;
    });
    await expectClose(norm.movingMean.value.data(), next);
  });

  test("batch norm without an affine part takes the statistics alone", async () => {
    const norm = new BatchNorm(false, false);
    expect(() => pytorch(norm, "m")).toThrow(UsageError);
    norm(onGpu(noise(2, 3)), { isTraining: false });
    await roundTrip(norm, { "m.running_mean": noise(3), "m.running_var": positive(noise(3)) });
  });

  test("layer, group and RMS norm, embeddings", async () => {
    const norms = [new LayerNorm(-1, true, true), new GroupNorm(2), new RMSNorm()];
    for (const norm of norms) {
      (norm as Module<AnyFunction>)(onGpu(noise(2, 3, 4)));
      const bias = norm instanceof RMSNorm ? {} : { "m.bias": noise(4) };
      await roundTrip(norm, { "m.weight": noise(4), ...bias });
    }
    await roundTrip(new Embed({ vocabSize: 5, embedDim: 2 }), { "m.weight": noise(5, 2) });
  });

  test("attention: queries, keys and values one below the other", async () => {
    const attention = new MultiHeadAttention({ numHeads: 2 });
    attention(onGpu(noise(1, 3, 4)));
    const [weight, bias] = [noise(12, 4), noise(12)];
    await roundTrip(attention, {
      ...{ "m.in_proj_weight": weight, "m.in_proj_bias": bias },
      ...{ "m.out_proj.weight": noise(4, 4), "m.out_proj.bias": noise(4) },
    });
    const w = ((await attention.key?.w.array()) as number[][]) ?? [];
    expect(w[1]?.[2]).toBe(at(weight, 4 + 2, 1));
    expect(((await attention.value?.b?.array()) as number[] | undefined)?.[3]).toBe(
      at(bias, 8 + 3),
    );
  });
});

describe("whole modules", () => {
  const tensors = (): Tensors => ({
    ...{ "0.weight": noise(3, 2), "0.bias": noise(3) },
    ...{ "2.weight": noise(1, 3), "2.bias": noise(1) },
  });

  test("layers are named by their path or their place", async () => {
    const mlp = new MLP([3, 1]);
    mlp(onGpu(noise(1, 2)));
    const values = tensors();
    const paths: string[] = [];
    const mappings = pytorch(mlp, (path, index) => {
      paths.push(path);
      return `${2 * index}`;
    });
    expect(paths).toEqual(["linear_0", "linear_1"]);
    await loadPretrained(mlp, values, { mappings });
    expect(await exportPretrained(mlp, { mappings })).toEqual(values);
    expect(pytorch(mlp, "net").flatMap((one) => one.tensors.map(({ name }) => name))).toEqual([
      ...["net.linear_0.weight", "net.linear_0.bias"],
      ...["net.linear_1.weight", "net.linear_1.bias"],
    ]);
    expect(pytorch(mlp, (path) => (path === "linear_1" ? "head" : null))).toHaveLength(2);
  });

  test("what has no variables, or no layers, is told", () => {
    expect(() => pytorch(new Linear(3), "fc")).toThrow(/Call the module once first/);
    expect(() => pytorch(new Sequential([]), "m")).toThrow(/must have layers/);
  });

  test("OIHW where HWIO is meant is told with both shapes", async () => {
    const conv = new Conv2D(3, 2);
    conv(onGpu(noise(1, 4, 4, 5)));
    const wrong = { "m.weight": noise(2, 2, 5, 3), "m.bias": noise(3) };
    const loading = loadPretrained(conv, wrong, { mappings: pytorch(conv, "m") });
    await expect(loading).rejects.toThrow(DataError);
    await expect(loading).rejects.toThrow(/m\.weight f32 \[2, 2, 5, 3\] for f32 \[3, 5, 2, 2\]/);
  });
});
