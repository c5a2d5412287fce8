// Recurrent cells and sequences against plain definitions, on kernels for both classes of adapters.

import { describe, expect, test } from "vitest";
import {
  GradientTape,
  type GruOptions,
  type Tensor,
  compile,
  conv,
  grad,
  gru,
  gruCell,
  lstm,
  lstmCell,
  lstmUpdate,
  mul,
  pad,
  stack,
  sum,
  tensor,
  vanillaCell,
  vanillaRnn,
  zeros,
} from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { planStep } from "../../src/ops/recurrentPlan.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";
import { takeAdapterFor } from "../support/classes.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Rows of numbers. */
type Rows = readonly (readonly number[])[];

const dot = (row: readonly number[], w: Rows, column: number): number =>
  row.reduce((total, value, k) => total + value * (w[k] as readonly number[])[column]!, 0);

const product = (row: readonly number[], w: Rows): number[] =>
  Array.from({ length: w[0]?.length ?? 0 }, (_, column) => dot(row, w, column));

type Layer = { wi: Rows; wh: Rows; b: readonly number[]; bh: readonly number[] };

/** One row's next states, hidden first. */
type RowStep = (x: readonly number[], states: Rows, layer: Layer) => Rows;

const lstmRow: RowStep = (x, states, { wi, wh, b }) => {
  const [h, c] = states as [number[], number[]];
  const hidden = h.length;
  const recurrent = product(h, wh);
  const z = product(x, wi).map((value, i) => value + recurrent[i]! + b[i]!);
  const next = c.map((value, j) => {
    const [i, f, g] = [z[j]!, z[hidden + j]!, z[2 * hidden + j]!];
    return sigmoid(f) * value + sigmoid(i) * Math.tanh(g);
  });
  return [next.map((value, j) => sigmoid(z[3 * hidden + j]!) * Math.tanh(value)), next];
};

const gruAfterRow: RowStep = (x, [h], { wi, wh, b, bh }) => {
  const hidden = h!.length;
  const p = product(x, wi).map((value, i) => value + b[i]!);
  const q = product(h!, wh).map((value, i) => value + bh[i]!);
  const next = h!.map((value, j) => {
    const r = sigmoid(p[j]! + q[j]!);
    const z = sigmoid(p[hidden + j]! + q[hidden + j]!);
    const n = Math.tanh(p[2 * hidden + j]! + r * q[2 * hidden + j]!);
    return (1 - z) * n + z * value;
  });
  return [next];
};

const gruBeforeRow: RowStep = (x, [h], { wi, wh, b }) => {
  const hidden = h!.length;
  const p = product(x, wi).map((value, i) => value + b[i]!);
  const q = product(h!, wh);
  const resets = h!.map((value, j) => value * sigmoid(p[hidden + j]! + q[hidden + j]!));
  const next = h!.map((value, j) => {
    const z = sigmoid(p[j]! + q[j]!);
    const a = Math.tanh(p[2 * hidden + j]! + dot(resets, wh, 2 * hidden + j));
    return (1 - z) * value + z * a;
  });
  return [next];
};

const vanillaRow =
  (activate: (x: number) => number): RowStep =>
  (x, [h], { wi, wh, b }) => {
    const q = product(h!, wh);
    return [product(x, wi).map((value, i) => activate(value + q[i]! + b[i]!))];
  };

interface Kind {
  readonly name: string;
  readonly gates: number;
  readonly states: number;
  readonly row: RowStep;
  /** The op over a sequence, `[outputs, ...states]`. */
  readonly run: (inputs: Inputs, options?: Options) => readonly Tensor[];
}

interface Options {
  readonly sequenceLengths?: Tensor;
  readonly reverse?: boolean;
}

interface Inputs {
  readonly x: Tensor;
  readonly h: Tensor;
  readonly c: Tensor;
  readonly wInput: Tensor;
  readonly wHidden: Tensor;
  readonly bias: Tensor;
  readonly hiddenBias: Tensor;
}

const runGru =
  (reset: "before" | "after"): Kind["run"] =>
  ({ x, h, wInput, wHidden, bias, hiddenBias }, options) => {
    const weights = { wInput, wHidden, bias, ...(reset === "after" ? { hiddenBias } : {}) };
    const { outputs, state } = gru(x, h, weights, { ...options, reset });
    return [outputs, state];
  };

const runVanilla =
  (activation: "tanh" | "relu"): Kind["run"] =>
  ({ x, h, ...weights }, options) => {
    const { outputs, state } = vanillaRnn(x, h, weights, { ...options, activation });
    return [outputs, state];
  };

const KINDS: readonly Kind[] = [
  {
    name: "lstm",
    gates: 4,
    states: 2,
    row: lstmRow,
    run: ({ x, h, c, ...weights }, options) => {
      const { outputs, state } = lstm(x, { hidden: h, cell: c }, weights, options);
      return [outputs, state.hidden, state.cell];
    },
  },
  { name: "gru after", gates: 3, states: 1, row: gruAfterRow, run: runGru("after") },
  { name: "gru before", gates: 3, states: 1, row: gruBeforeRow, run: runGru("before") },
  {
    name: "rnn tanh",
    gates: 1,
    states: 1,
    row: vanillaRow(Math.tanh),
    run: runVanilla("tanh"),
  },
  {
    name: "rnn relu",
    gates: 1,
    states: 1,
    row: vanillaRow((x) => Math.max(0, x)),
    run: runVanilla("relu"),
  },
];

/** Sizes: time, batch, input, hidden. */
type Sizes = readonly [number, number, number, number];

function inputsOf([time, batch, depth, hidden]: Sizes, gates: number): Inputs {
  const wide = gates * hidden;
  return {
    x: randomTensor([time, batch, depth], 1),
    h: randomTensor([batch, hidden], 2),
    c: randomTensor([batch, hidden], 3),
    wInput: randomTensor([depth, wide], 4, -0.7, 0.7),
    wHidden: randomTensor([hidden, wide], 5, -0.5, 0.5),
    bias: randomTensor([wide], 6),
    hiddenBias: randomTensor([wide], 7),
  };
}

const rowsOf = async (x: Tensor): Promise<Rows> => (await x.array()) as unknown as Rows;

/** The definition: row by row, step by step. */
async function expected(
  kind: Kind,
  inputs: Inputs,
  lengths?: readonly number[],
  reverse = false,
): Promise<number[][]> {
  const [time, batch] = inputs.x.shape as [number, number];
  const layer = {
    wi: await rowsOf(inputs.wInput),
    wh: await rowsOf(inputs.wHidden),
    b: (await inputs.bias.array()) as number[],
    bh: (await inputs.hiddenBias.array()) as number[],
  };
  const xs = (await inputs.x.array()) as unknown as readonly Rows[];
  const initial = [await rowsOf(inputs.h), await rowsOf(inputs.c)].slice(0, kind.states);
  const outputs: number[][][] = Array.from({ length: time }, () => []);
  const last: number[][][] = initial.map(() => []);
  for (let row = 0; row < batch; row++) {
    let states: Rows = initial.map((state) => state[row]!);
    let output: readonly number[] = states[0]!.map(() => 0);
    for (let i = 0; i < time; i++) {
      const t = reverse ? time - 1 - i : i;
      if (t < (lengths?.[row] ?? time)) {
        states = kind.row(xs[t]![row]!, states, layer);
        output = states[0]!;
      }
      outputs[t]![row] = [...output];
    }
    states.forEach((state, i) => (last[i]![row] = [...state]));
  }
  return [outputs.flat(2), ...last.map((state) => state.flat())];
}

const SIZES: readonly Sizes[] = [
  [1, 1, 1, 1],
  [1, 2, 3, 3],
  [4, 1, 5, 4],
  [3, 5, 2, 17],
  [2, 3, 7, 64],
  [2, 6, 3, 7],
  [2, 2, 3, 130],
];

/** Sizes, and sequence lengths for the gradient: all those that software adapters tell apart. */
const ALL = {
  sizes: SIZES,
  gradients: [
    [[1, 1, 1, 1], {}],
    [[3, 2, 3, 4], {}],
    [[3, 2, 3, 3], { reverse: true }],
    [[3, 4, 2, 4], { lengths: [0, 1, 3, 2] }],
    [[3, 4, 2, 3], { lengths: [0, 1, 3, 2], reverse: true }],
  ] as [Sizes, { lengths?: number[]; reverse?: boolean }][],
};

/** On GPUs no vectors are used, so that fewer sizes differ. */
const TABLES = [
  ["software", ALL],
  ["gpu", { sizes: ALL.sizes.slice(3), gradients: ALL.gradients.slice(3, 4) }],
] as const;

describe.each(TABLES)("kernels for %s adapters", (adapterClass, { sizes: table, gradients }) => {
  takeAdapterFor(adapterClass);

  describe.each(KINDS)("$name", (kind) => {
    test.each(table)("%i steps of %i rows, %i inputs, %i hidden", async (...sizes) => {
      const [time, batch, , hidden] = sizes;
      const inputs = inputsOf(sizes, kind.gates);
      const lengths = Array.from({ length: batch }, (_, i) => (i * 2) % (time + 1));
      const sequenceLengths = tensor(Int32Array.from(lengths));
      const shapes = [
        [time, batch, hidden],
        [batch, hidden],
        [batch, hidden],
      ];
      for (const reverse of [false, true]) {
        const plain = await expected(kind, inputs, undefined, reverse);
        const cut = await expected(kind, inputs, lengths, reverse);
        const tolerance = { rtol: 1e-4, atol: 1e-5 };
        for (const [i, got] of kind.run(inputs, { reverse }).entries()) {
          await expectClose(got, plain[i]!, shapes[i]!, tolerance);
        }
        for (const [i, got] of kind.run(inputs, { reverse, sequenceLengths }).entries()) {
          await expectClose(got, cut[i]!, shapes[i]!, tolerance);
        }
      }
    });

    test.each(gradients)("gradients, sizes %j, %j", async (sizes, { lengths, reverse = false }) => {
      const inputs = inputsOf(sizes, kind.gates);
      const names = Object.keys(inputs) as (keyof Inputs)[];
      const cut = lengths ? { sequenceLengths: tensor(Int32Array.from(lengths)) } : {};
      await expectGradients(
        (...values) => {
          const given = Object.fromEntries(values.map((value, i) => [names[i], value]));
          const [outputs, ...states] = kind.run(given as unknown as Inputs, { reverse, ...cut });
          // Everything that comes out takes part, each with a weight of its own.
          const parts = states.map((state, i) => mul(state, 0.5 + i).reshape([-1]));
          return stackFlat([(outputs as Tensor).reshape([-1]), ...parts]);
        },
        names.map((name) => inputs[name]),
        kind.name === "rnn relu" ? { step: 1e-3, rtol: 4e-2, atol: 1e-2 } : {},
      );
    });

    // Both sides of the lengths up to which a software adapter takes all steps at once,
    // and up to which a GPU's step is one kernel.
    test.each<[number, { reverse?: boolean; lengths?: number[] }]>([
      [4, {}],
      [72, {}],
      [130, {}],
      [4, { reverse: true, lengths: [2, 3] }],
      [72, { reverse: true, lengths: [2, 3] }],
    ])("gradients are those of its ops, %i hidden, %j", async (hidden, { reverse, lengths }) => {
      const sequenceLengths = lengths && tensor(Int32Array.from(lengths));
      const options = { ...(reverse && { reverse }), ...(sequenceLengths && { sequenceLengths }) };
      const inputs = inputsOf([3, 2, 3, hidden], kind.gates);
      const sources = Object.values(inputs) as Tensor[];
      const loss = (): Tensor => {
        return kind
          .run(inputs, options)
          .reduce((total, y) => total.add(sum(y.square())), zeros([]));
      };
      const fused = grad(loss, sources);
      // A second tape that watches the gradients makes them come from ops.
      using outer = new GradientTape();
      outer.watch(...sources);
      const inOps = grad(loss, sources);
      for (const [i, got] of fused.entries()) {
        const want = inOps[i];
        expect(got === null, `input ${i}`).toBe(want === null);
        if (got && want) {
          const values = await want.data();
          await expectClose(got, values, got.shape, { rtol: 1e-4, atol: 1e-5 });
        }
      }
    });
  });
});

/** Vectors end to end. */
function stackFlat(vectors: readonly Tensor[]): Tensor {
  const length = Math.max(...vectors.map((vector) => vector.size));
  return stack(vectors.map((vector) => pad(vector, [[0, length - vector.size]])));
}

describe("cells", () => {
  test("a sequence is its steps", async () => {
    const { x, h, c, ...weights } = inputsOf([4, 3, 5, 6], 4);
    let state = { hidden: h, cell: c };
    const hiddens = [0, 1, 2, 3].map((t) => {
      state = lstmCell(x.slice([t]), state, weights);
      return state.hidden;
    });
    const whole = lstm(x, { hidden: h, cell: c }, weights);
    await expectClose(whole.outputs, await stack(hiddens).data(), [4, 3, 6]);
    await expectClose(whole.state.hidden, await state.hidden.data(), [3, 6]);
    await expectClose(whole.state.cell, await state.cell.data(), [3, 6]);
  });

  test.each(["before", "after"] as const)("steps of a GRU that resets %s", async (reset) => {
    const { x, h, c: _, hiddenBias, ...rest } = inputsOf([3, 2, 4, 5], 3);
    const weights = reset === "after" ? { ...rest, hiddenBias } : rest;
    const options: GruOptions = { reset };
    const last = [0, 1, 2].reduce((s, t) => gruCell(x.slice([t]), s, weights, options), h);
    const whole = gru(x, h, weights, options);
    await expectClose(whole.state, await last.data(), [2, 5]);
  });

  test("steps of a plain network", async () => {
    const { x, h, ...weights } = inputsOf([3, 2, 4, 5], 1);
    const last = [0, 1, 2].reduce((s, t) => vanillaCell(x.slice([t]), s, weights), h);
    await expectClose(vanillaRnn(x, h, weights).state, await last.data(), [2, 5]);
  });

  test("a projection shortens the hidden state", async () => {
    const [x, projection] = [randomTensor([3, 2, 4], 1), randomTensor([6, 3], 2)];
    const weights = {
      wInput: randomTensor([4, 24], 3),
      wHidden: randomTensor([3, 24], 4),
      bias: randomTensor([24], 5),
      projection,
    };
    const state = { hidden: randomTensor([2, 3], 6), cell: randomTensor([2, 6], 7) };
    const steps = [0, 1, 2].reduce((s, t) => lstmCell(x.slice([t]), s, weights), state);
    const whole = lstm(x, state, weights);
    await expectClose(whole.state.hidden, await steps.hidden.data(), [2, 3]);
    await expectClose(whole.state.cell, await steps.cell.data(), [2, 6]);
    await expectGradients(
      (p, w) => {
        return lstm(x, state, { ...weights, projection: p, wHidden: w }).outputs;
      },
      [projection, weights.wHidden],
    );
  });

  test("states and inputs may be views, and the same tensor twice", async () => {
    const { x, h, wInput, wHidden, bias } = inputsOf([3, 4, 4, 4], 4);
    const turned = x.transpose([0, 2, 1]);
    const same = h.transpose();
    const weights = { wInput: wInput.transpose().contiguous().transpose(), wHidden, bias };
    const run = (xs: Tensor, s: Tensor): Tensor => {
      return lstm(xs, { hidden: s, cell: s }, weights).outputs;
    };
    const want = await run(turned.contiguous(), same.contiguous()).data();
    await expectClose(run(turned, same), want, [3, 4, 4]);
    await expectGradients(run, [turned, same]);
  });

  test("convolutional cells update from their own products", async () => {
    const [x, h, c] = [1, 2, 3].map((seed) => randomTensor([2, 3, 5, 2], seed));
    const [wInput, wHidden] = [randomTensor([3, 3, 2, 8], 4), randomTensor([3, 3, 2, 8], 5)];
    const step = (given: Tensor, cell: Tensor): Tensor => {
      const input = conv(given, wInput, { padding: "same" });
      const recurrent = conv(h as Tensor, wHidden, { padding: "same" });
      const next = lstmUpdate(input, recurrent, cell);
      return next.hidden.add(next.cell);
    };
    expect(step(x as Tensor, c as Tensor).shape).toEqual([2, 3, 5, 2]);
    await expectGradients(step, [x as Tensor, c as Tensor]);
  });

  test("saturated gates stay finite", async () => {
    const state = { hidden: zeros([2, 1]), cell: tensor([[1], [-1]]) };
    const weights = { wInput: tensor([[1, 1, 1, 1]]), wHidden: zeros([1, 4]) };
    const x = tensor([[100], [-100]]);
    const next = lstmCell(x, state, weights);
    await expectClose(next.cell, [2, 0], [2, 1]);
    await expectClose(next.hidden, [Math.tanh(2), 0], [2, 1]);
    const [dx] = grad(() => sum(lstmCell(x, state, weights).hidden), [x]);
    await expectClose(dx as Tensor, [0, 0], [2, 1]);
  });

  test("a batch of no rows has gradients of zero", async () => {
    for (const kind of KINDS) {
      const inputs = inputsOf([3, 0, 2, 4], kind.gates);
      const [outputs, state] = kind.run(inputs) as [Tensor, Tensor];
      expect([outputs.shape, state.shape]).toEqual([
        [3, 0, 4],
        [0, 4],
      ]);
      const [dw] = grad(() => sum(kind.run(inputs)[0] as Tensor), [inputs.wHidden]);
      const shape = [4, kind.gates * 4];
      await expectClose(dw as Tensor, new Float32Array(16 * kind.gates), shape);
    }
  });
});

describe.each(TABLES)("compiled for %s adapters", (adapterClass) => {
  takeAdapterFor(adapterClass);

  test.each(["before", "after"] as const)("a GRU that resets %s is its cells", async (reset) => {
    const { x, h, c: _, hiddenBias, ...rest } = inputsOf([3, 5, 4, 8], 3);
    const weights = reset === "after" ? { ...rest, hiddenBias } : rest;
    const sources = [x, h, ...Object.values(weights)];
    const run = (loss: () => Tensor): (Tensor | null)[] => [...grad(loss, sources), loss()];
    const whole = compile(() => run(() => gru(x, h, weights, { reset }).outputs.square().sum()));
    const cells = run(() => {
      let [state, total] = [h, zeros([])];
      for (const t of [0, 1, 2]) {
        state = gruCell(x.slice([t]), state, weights, { reset });
        total = total.add(state.square().sum());
      }
      return total;
    });
    for (let call = 0; call < 2; call++) {
      const got = whole();
      for (const [i, want] of cells.entries()) {
        const values = await (want as Tensor).data();
        await expectClose(got[i] as Tensor, values, (want as Tensor).shape, { rtol: 1e-4 });
      }
    }
    whole.dispose();
  });
});

describe("the plan of a step", () => {
  test.each([
    ["software", 32, 128, 4, { isWhole: true, tall: true, isSequence: false, grid: [8, 1] }],
    ["software", 1, 1024, 4, { isWhole: true, tall: false, isSequence: false, grid: [8, 1] }],
    ["software", 5, 7, 1, { isWhole: true, tall: true, isSequence: true, grid: [1, 1] }],
    ["gpu", 4, 16, 1, { isWhole: true, tall: false, isSequence: false, grid: [2, 1] }],
    ["gpu", 32, 128, 1, { isWhole: true, tall: false, isSequence: false, grid: [128, 1] }],
  ] as const)("on %s adapters, %i rows of %i", (adapterClass, rows, hidden, lanes, want) => {
    expect(planStep({ rows, hidden, lanes }, adapterClass)).toEqual(want);
  });

  test("leaves the products of long states on GPUs to tiles", () => {
    expect(planStep({ rows: 64, hidden: 129, lanes: 1 }, "gpu").isWhole).toBe(false);
  });
});

describe("dispatches", () => {
  test.each([
    ["lstm", 64, 1, 1],
    ["lstm", 16, 0, 0],
    ["gru after", 64, 2, 2],
    ["gru after", 16, 0, 0],
    ["gru before", 64, 4, 4],
    ["gru before", 16, 0, 0],
    ["rnn tanh", 16, 2, 2],
  ])("%s of %i: %i per step forwards, %i backwards", (name, hidden, forwards, backwards) => {
    const kind = KINDS.find((one) => one.name === name) as Kind;
    const { recorder } = device();
    const count = (time: number, withGradient: boolean): number => {
      const inputs = inputsOf([time, 4, 8, hidden], kind.gates);
      const loss = (): Tensor => sum(kind.run(inputs)[0] as Tensor);
      const before = recorder.dispatchCount;
      if (withGradient) grad(loss, Object.values(inputs) as Tensor[]);
      else loss();
      return recorder.dispatchCount - before;
    };
    expect(count(7, false) - count(3, false)).toBe(4 * forwards);
    expect(count(7, true) - count(3, true)).toBe(4 * (forwards + backwards));
  });
});

describe("second order", () => {
  test.each(KINDS.slice(0, 4))("the squared gradient of $name", async (kind) => {
    const inputs = inputsOf([2, 2, 2, 3], kind.gates);
    const lengths = tensor(Int32Array.from([1, 2]));
    await expectGradients(
      (x, wHidden, h) => {
        const given = { ...inputs, x, wHidden, h };
        const [dx] = grad(() => {
          return sum(kind.run(given, { sequenceLengths: lengths })[0] as Tensor);
        }, [x]);
        return (dx as Tensor).square();
      },
      [inputs.x, inputs.wHidden, inputs.h],
    );
  });

  test("the squared gradient of an update", async () => {
    const [input, recurrent] = [randomTensor([2, 12], 1), randomTensor([2, 12], 2)];
    await expectGradients(
      (p, q, c) => {
        const [dp] = grad(() => sum(lstmUpdate(p, q, c).hidden), [p]);
        return (dp as Tensor).square().mul(10);
      },
      [input, recurrent, randomTensor([2, 3], 3)],
    );
  });
});

describe("wrong calls", () => {
  const { x, h, c, ...four } = inputsOf([2, 3, 4, 5], 4);
  const three = (): { wInput: Tensor; wHidden: Tensor } => {
    return { wInput: zeros([4, 15]), wHidden: zeros([5, 15]) };
  };
  const state = { hidden: h, cell: c };
  test.each([
    ["lstm: x must be [time", () => lstm(zeros([3, 4]), state, four)],
    ["Use lstmCell()", () => lstm(zeros([3, 4]), state, four)],
    ["at least one step", () => lstm(zeros([0, 3, 4]), state, four)],
    ["lstm: sequenceLengths", () => lstm(x, state, four, { sequenceLengths: zeros([2], "i32") })],
    ["lstm: the dtype", () => lstm(x, state, four, { sequenceLengths: zeros([3]) })],
    ["lstmCell: x must be [batch", () => lstmCell(x, state, four)],
    ["lstmCell: wInput", () => lstmCell(zeros([3, 6]), state, four)],
    ["lstmCell: bias", () => lstmCell(zeros([3, 4]), state, { ...four, bias: zeros([5]) })],
    [
      "lstmCell: state.cell",
      () => lstmCell(zeros([3, 4]), { ...state, cell: zeros([3, 4]) }, four),
    ],
    ["lstmCell: the state must be", () => lstmCell(zeros([3, 4]), h as never, four)],
    ["lstmUpdate: input", () => lstmUpdate(zeros([3, 4]), zeros([3, 20]), c)],
    ["gru: wHidden", () => gru(x, h, { ...three(), wHidden: zeros([4, 15]) })],
    ["gru: state", () => gru(x, zeros([2, 5]), three())],
    ["gru: reset must be", () => gru(x, h, three(), { reset: "never" as never })],
    ["hiddenBias belongs", () => gru(x, h, { ...three(), hiddenBias: zeros([15]) })],
    [
      "gruCell: wHidden must be",
      () => gruCell(zeros([3, 4]), h, { ...three(), wHidden: zeros([5]) }),
    ],
    [
      "vanillaCell: activation",
      () => vanillaCell(zeros([3, 4]), h, three(), { activation: "no" as never }),
    ],
    ["vanillaRnn: wHidden", () => vanillaRnn(x, h, three())],
  ])("%s", (message, call) => {
    expect(call).toThrow(message);
  });
});
