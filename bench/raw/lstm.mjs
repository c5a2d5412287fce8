// A training step of the LSTM by hand: one product for the inputs of all steps, then a kernel per
// step.

import { models } from "../models.mjs";
import { crossEntropyRows, meanLoss } from "./losses.mjs";
import { lstmBackwardStep, lstmStep } from "./lstmCell.mjs";
import { matmulRegisters as product } from "./matmul.mjs";
import { Program, padColumns, parameterStore } from "./program.mjs";
import { columnSum } from "./rows.mjs";

const BIG = { TM: 8, TN: 8, wx: 8, wy: 4 };

/** Slices of `count` floats by step. */
const slices = (buffer, count) => (t) => ({ buffer, offset: t * count * 4, size: count * 4 });

function buffersFor(program, { B, T, Hd }) {
  const counts = {
    ...{ xw: T * B * 4 * Hd, Hs: (T + 1) * B * Hd, Cs: (T + 1) * B * Hd, Gt: T * B * 4 * Hd },
    ...{ L: B * 12, D: B * 12, RL: B, loss: 4, dh: B * Hd, dG: T * B * 4 * Hd, dC: B * Hd },
  };
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, program.buffer(count)]),
  );
}

/** The dense layer on the last h, its loss, and the gradient to that h. */
function head({ B, Hd }, b, { parameter, gradient, counter, Y, last }) {
  const narrow = { N: 12, TN: 12, wx: 1, wy: 16 };
  const toHidden = { M: B, N: Hd, K: 12, tb: true, TM: 4, TN: 4, wx: 8, wy: 4 };
  return [
    [product({ ...narrow, M: B, K: Hd, TM: 2 }), last, parameter("wd"), b.L],
    [crossEntropyRows({ B, C: 10, CP: 12 }), b.L, parameter("bd"), Y, b.D, b.RL],
    [meanLoss({ n: B, scale: 1 / B }), b.RL, b.loss, counter],
    [product({ ...narrow, M: Hd, K: B, ta: true, TM: 4 }), last, b.D, gradient("wd")],
    [columnSum({ M: B, N: 12 }), b.D, gradient("bd")],
    [product(toHidden), b.D, parameter("wd"), b.dh],
  ];
}

function recurrence({ B, T, Hd }, b, { parameter }) {
  const [xw, gates, dGates] = [b.xw, b.Gt, b.dG].map((buffer) => slices(buffer, 4 * B * Hd));
  const [hidden, cell] = [b.Hs, b.Cs].map((buffer) => slices(buffer, B * Hd));
  const step = lstmStep({ B, Hd });
  const forwards = Array.from({ length: T }, (_, t) => {
    const next = [hidden(t + 1), cell(t + 1), gates(t)];
    return [step, xw(t), parameter("wh"), hidden(t), cell(t), ...next];
  });
  const backwards = Array.from({ length: T }, (_, i) => {
    const t = T - 1 - i;
    const kernel = lstmBackwardStep({ B, Hd, last: i === 0 });
    const after = i === 0 ? b.dh : dGates(t + 1);
    return [kernel, parameter("wh"), gates(t), cell(t), cell(t + 1), after, dGates(t), b.dC];
  });
  return { forwards, backwards };
}

export async function lstm(options) {
  const { params, x, y, ...sizes } = models.lstm(options);
  const { B, T, I, Hd } = sizes;
  const program = new Program();
  const padded = { wd: padColumns(params[3][2], 10, 12), bd: padColumns(params[4][2], 10, 12) };
  const store = parameterStore(program, params, padded);
  const { parameter, gradient, update } = store;
  const [X, Y] = [program.buffer(x), program.buffer(y)];
  const b = buffersFor(program, sizes);
  const last = slices(b.Hs, B * Hd)(T);
  const before = { buffer: b.Hs, offset: 0, size: T * B * Hd * 4 };
  const { forwards, backwards } = recurrence(sizes, b, store);
  const inputs = product({ M: T * B, N: 4 * Hd, K: I, ...BIG, bias: true });
  const weights = (M) => product({ M, N: 4 * Hd, K: T * B, ta: true, ...BIG });
  await program.prepare([
    [inputs, X, parameter("wx"), b.xw, parameter("bg")],
    ...forwards,
    ...head(sizes, b, { ...store, Y, last }),
    ...backwards,
    [weights(Hd), before, b.dG, gradient("wh")],
    [weights(I), X, b.dG, gradient("wx")],
    [columnSum({ M: T * B, N: 4 * Hd }), b.dG, gradient("bg")],
    update,
  ]);
  return program.trainer(b.loss);
}
