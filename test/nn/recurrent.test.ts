// Cores over sequences, on top of each other, and their states.

import { describe, expect, test } from "vitest";
import {
  type Tensor,
  assign,
  compile,
  ones,
  relu,
  setSeed,
  sigmoid,
  tensor,
  valueAndGrad,
  zeros,
} from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";

const values = async (x: Tensor): Promise<number[]> => [...((await x.data()) as Float32Array)];

const lengths = (...counts: number[]): Tensor => tensor(counts, { dtype: "i32" });

type Unroll = typeof nn.dynamicUnroll;

const CORES: Readonly<Record<string, () => nn.RNNCore<unknown>>> = {
  LSTM: () => new nn.LSTM(3),
  "LSTM with projection": () => new nn.LSTM(4, { projectionSize: 3 }),
  GRU: () => new nn.GRU(3),
  "GRU with reset after": () => new nn.GRU(3, { reset: "after", bInit: nn.RandomNormal() }),
  VanillaRNN: () => new nn.VanillaRNN(3),
  "VanillaRNN with relu": () => new nn.VanillaRNN(3, { activation: relu }),
  "VanillaRNN with another activation": () => new nn.VanillaRNN(3, { activation: sigmoid }),
  DeepRNN: () => new nn.DeepRNN([new nn.LSTM(3), new nn.GRU(3)]),
  "DeepRNN with a function": () => new nn.DeepRNN([new nn.LSTM(3), sigmoid, new nn.GRU(3)]),
  "skip connections": () => nn.deepRNNWithSkipConnections([new nn.LSTM(3), new nn.GRU(3)]),
  "residual connections": () => nn.deepRNNWithResidualConnections([new nn.LSTM(3), new nn.GRU(3)]),
} as unknown as Readonly<Record<string, () => nn.RNNCore<unknown>>>;

/** The sum of all that unrolling gives, each element with another factor. */
function loss([outputs, state]: nn.Stepped<unknown>): Tensor {
  const terms: Tensor[] = [];
  const walk = (value: unknown): void => {
    if (typeof (value as Tensor).sum === "function") terms.push(value as Tensor);
    else Object.values(value as object).forEach(walk);
  };
  walk([outputs, state]);
  return terms
    .map((x, i) =>
      x
        .mul(i + 1)
        .square()
        .sum(),
    )
    .reduce((a, b) => a.add(b));
}

describe.each(Object.entries(CORES))("%s", (_, make) => {
  test.each([undefined, [0, 2, 4]])(
    "unrolls alike step by step and whole, lengths %s",
    async (ends) => {
      setSeed(3);
      const [core, x] = [make(), randomTensor([4, 3, 3])];
      const options = ends === undefined ? {} : { sequenceLength: lengths(...ends) };
      core(x.slice([0]), core.initialState(3));
      const results = [nn.staticUnroll as Unroll, nn.dynamicUnroll].map((unroll) => {
        return valueAndGrad(() => {
          return loss(unroll(core, x, core.initialState(3), options));
        }, core.variables);
      });
      const [wanted, found] = results as [(typeof results)[0], (typeof results)[0]];
      await expectClose(found.value, await values(wanted.value), []);
      for (const [i, gradient] of found.grads.entries()) {
        const other = wanted.grads[i] as Tensor;
        await expectClose(gradient as Tensor, await values(other), other.shape);
      }
    },
  );
});

describe("unrolling", () => {
  test("repeats the last output of a row, and begins with zeros", async () => {
    const count = (x: Tensor, n: Tensor): nn.Stepped<Tensor> => [x.add(n), n.add(1)];
    const x = tensor([[[1], [1]], [[2], [2]], [[3], [3]]]); // prettier-ignore
    for (const unroll of [nn.staticUnroll, nn.dynamicUnroll]) {
      const [ys, last] = unroll(count, x, zeros([2, 1]), { sequenceLength: lengths(0, 2) });
      expect(await values(ys)).toEqual([0, 1, 0, 3, 0, 3]);
      expect(await values(last)).toEqual([0, 2]);
    }
  });

  test("takes structures, and scalars in states go on", async () => {
    interface Two {
      readonly a: Tensor;
      readonly b: readonly Tensor[];
    }
    const core = ({ a, b }: Two, n: Tensor): nn.Stepped<Tensor, Two> => [
      { a: a.add(n), b: b.map((x) => x.mul(n)) },
      n.add(1),
    ];
    const xs = { a: ones([2, 1, 1]), b: [ones([2, 1, 2])] };
    const [ys, last] = nn.dynamicUnroll(core, xs, tensor(1), { sequenceLength: lengths(1) });
    expect(await values(ys.a)).toEqual([2, 2]);
    expect(await values(ys.b[0] as Tensor)).toEqual([1, 1, 1, 1]);
    expect(await values(last)).toEqual([3]);
  });

  test("compiled equals eager", async () => {
    const [core, x] = [new nn.DeepRNN([new nn.LSTM(3), new nn.GRU(2)]), randomTensor([3, 2, 4])];
    const run = (xs: Tensor): Tensor => nn.dynamicUnroll(core, xs, core.initialState(2))[0];
    const wanted = await values(run(x));
    const step = compile(run);
    for (let i = 0; i < 2; i++) await expectClose(step(x), wanted, [3, 2, 2]);
    step.dispose();
  });

  test("says what is wrong with a sequence", () => {
    const core = new nn.GRU(2);
    const state = core.initialState(2);
    const run = (x: unknown, sequenceLength?: unknown) => () => {
      nn.dynamicUnroll(core, x as Tensor, state, { sequenceLength } as nn.UnrollOptions);
    };
    expect(run(zeros([2]))).toThrow(/sequence must be \[time, batch, …\]/);
    expect(run(zeros([0, 2, 3]))).toThrow(/there must be a step/);
    expect(run([zeros([2, 2, 3]), zeros([3, 2, 3])])).toThrow(/as many steps/);
    expect(run(zeros([2, 2, 3]), [1, 2])).toThrow(/sequenceLength must be a tensor/);
    expect(run(zeros([2, 2, 3]), lengths(1, 2, 3))).toThrow(/must be \[batch\], \[2\]/);
  });
});

describe("bad settings", () => {
  const layers = [new nn.LSTM(3), sigmoid] as unknown as nn.AnyCore[];

  test.each<[string, () => unknown, RegExp]>([
    ["a function", () => nn.deepRNNWithSkipConnections(layers), /every layer must be an RNNCore/],
    ["another", () => nn.deepRNNWithResidualConnections(layers), /every layer must be an RNNCore/],
    ["no function", () => new nn.DeepRNN([3 as never]), /a core or a function/],
    ["no size", () => new nn.LSTM(3, { projectionInit: nn.Zeros() }), /needs a projectionSize/],
    ["axes", () => new nn.Conv2DLSTM([3, 2], 2, 3), /inputShape must be/],
    ["channels", () => new nn.Conv1DLSTM([3, 2], 2, 3, { dataFormat: "NCW" }), /channels last/],
    ["dropout", () => nn.lstmWithRecurrentDropout(3, { dropout: 1 }), /must be in \[0, 1\)/],
    ["a sequence for a step", () => step(new nn.LSTM(2), [2, 3, 4]), /must be \[batch, inputs\]/],
    ["a sequence for a GRU", () => step(new nn.GRU(2), [2, 3, 4]), /must be \[batch, inputs\]/],
    ["a foreign state", () => new nn.DeepRNN([new nn.GRU(2)])(zeros([1, 2]), []), /an array of 1/],
  ])("%s", (_, run, message) => expect(run).toThrow(message));

  function step(core: nn.LSTM | nn.GRU, shape: number[]): void {
    (core as unknown as nn.RNNCore<unknown>)(zeros(shape), core.initialState(3));
  }
});

test("recurrent dropout keeps its mask over a sequence and shares the weights", async () => {
  setSeed(1);
  const [training, testing] = nn.lstmWithRecurrentDropout(8, { dropout: 0.25 });
  const x = randomTensor([3, 2, 4]);
  const initial = training.initialState(2);
  const mask = await values(initial.mask);
  expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
  const [ys, last] = nn.dynamicUnroll(training, x, initial);
  expect(await values(last.mask)).toEqual(mask);
  let state = testing.initialState(2);
  const wanted: number[] = [];
  for (let t = 0; t < 3; t++) {
    const [y, next] = testing(x.slice([t]), { ...state, hidden: state.hidden.mul(initial.mask) });
    wanted.push(...(await values(y)));
    state = next;
  }
  expect(training.variables).toEqual(testing.variables);
  await expectClose(ys, wanted, [3, 2, 8]);
});

describe("trainable states", () => {
  test("have a variable for each tensor of a core's state", async () => {
    const core = new nn.DeepRNN([new nn.LSTM(3), new nn.GRU(2)]);
    const initial = nn.TrainableState.forCore(core, {
      mask: [{ hidden: true, cell: false }, true],
    });
    expect(initial.variables.map((v) => `${v.name} ${v.shape.join()} ${v.trainable}`)).toEqual([
      "trainable_state/0/cell 1,3 false",
      "trainable_state/0/hidden 1,3 true",
      "trainable_state/1 1,2 true",
    ]);
    const last = initial.variables.at(-1) as nn.TrainableState["variables"][number];
    assign(last, tensor([[1, 2]]));
    const [, gru] = initial(3) as readonly [nn.LSTMState, Tensor];
    expect(await values(gru)).toEqual([1, 2, 1, 2, 1, 2]);
    expect(core(zeros([3, 4]), initial(3))[0].shape).toEqual([3, 2]);
  });

  test("of one tensor are called state; scalars become vectors", () => {
    const initial = new nn.TrainableState(tensor(4), { name: "initial" });
    expect(initial.variables.map((v) => v.name)).toEqual(["initial/state"]);
    expect(initial(3).shape).toEqual([3]);
  });

  test("need a mask like them", () => {
    const values = { hidden: zeros([2]), cell: zeros([2]) };
    const make = (mask: unknown) => () => new nn.TrainableState(values, { mask });
    expect(make({ hidden: true })).toThrow(/structure of the values/);
    expect(make(true)).toThrow(/structure of the values/);
  });
});
