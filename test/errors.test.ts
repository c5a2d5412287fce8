// Wrong calls: each is told by a typed error that names the op, shows what came and says what to do,
// before anything is sent to the GPU.

import { beforeAll, describe, expect, test } from "vitest";
import * as r from "../src/index.ts";
import { DeviceError, DtypeError, ShapeError, type Tensor, UsageError } from "../src/index.ts";
import { device } from "../src/gpu/device.ts";

type Kind = typeof ShapeError | typeof DtypeError | typeof UsageError | typeof DeviceError;

/** Operands by what they are. */
type Operands = ReturnType<typeof operands>;

function operands() {
  const gone = r.ones([2, 3]);
  gone.dispose();
  return {
    m23: r.ones([2, 3]),
    m45: r.ones([4, 5]),
    v3: r.ones([3]),
    v4: r.ones([4]),
    scalar: r.ones([]),
    empty: r.ones([0, 3]),
    image: r.ones([1, 4, 4, 3]),
    image5: r.ones([1, 4, 4, 5]),
    imageI32: r.ones([1, 4, 4, 3], "i32"),
    filter: r.ones([3, 3, 3, 2]),
    i3: r.tensor([0, 1, 2], { dtype: "i32" }),
    u3: r.tensor([0, 1, 2], { dtype: "u32" }),
    b3: r.tensor([true, false, true]),
    gone,
    variable: new r.Variable(r.zeros([3]), { name: "v" }),
  };
}

/** What is wrong, the call, the error's class, and what its message must show. */
const CALLS: readonly [string, (t: Operands) => unknown, Kind, RegExp][] = [
  ["add of shapes", (t) => r.add(t.m23, t.v4), ShapeError, /add.*\[2, 3\].*\[4\]/],
  ["add of dtypes", (t) => r.add(t.v3, t.i3), DtypeError, /add.*f32 and i32.*cast/],
  ["add of numbers", () => r.add(1, 2), UsageError, /add.*1 and 2/],
  ["bool arithmetic", (t) => r.mul(t.b3, t.b3), DtypeError, /mul.*bool.*[Cc]ast/],
  ["exp of integers", (t) => r.exp(t.i3), DtypeError, /exp.*i32.*cast/],
  ["logic on floats", (t) => r.logicalAnd(t.v3, t.v3), DtypeError, /logicalAnd.*bool/],
  ["logic on floats, one", (t) => r.logicalNot(t.v3), DtypeError, /logicalNot.*bool/],
  ["comparison of dtypes", (t) => r.less(t.u3, t.i3), DtypeError, /less.*u32 and i32/],
  ["pow of shapes", (t) => r.pow(t.m23, t.m45), ShapeError, /pow/],
  ["atan2 of integers", (t) => r.atan2(t.i3, t.i3), DtypeError, /atan2.*f32/],
  ["isNaN of integers", (t) => r.isNaN(t.i3), DtypeError, /isNaN.*f32/],
  ["where without mask", (t) => r.where(t.v3, t.v3, t.v3), DtypeError, /where.*bool/],
  ["where of dtypes", (t) => r.where(t.b3, t.v3, t.i3), DtypeError, /where.*f32 and i32/],
  ["where of shapes", (t) => r.where(t.b3, t.m45, t.v3), ShapeError, /where/],
  ["cast to nothing", (t) => r.cast(t.v3, "f64" as "f32"), UsageError, /cast.*f64/],
  [
    "matmul of inner sizes",
    (t) => r.matmul(t.m23, t.m45),
    ShapeError,
    /matmul.*\[2, 3\].*\[4, 5\]/,
  ],
  ["matmul transposed", (t) => r.matmul(t.m23, t.m23), ShapeError, /matmul.*transpose/],
  ["matmul of scalars", (t) => r.matmul(t.scalar, t.m23), ShapeError, /matmul/],
  ["matmul of integers", (t) => r.matmul(t.i3, t.i3), DtypeError, /matmul.*i32/],
  ["matmul bias", (t) => r.matmul(t.m23, t.v3, { bias: t.v4 }), ShapeError, /matmul.*bias/],
  ["sum over an axis too many", (t) => r.sum(t.m23, 2), ShapeError, /sum.*2.*\[?-?2/],
  ["sum over an axis twice", (t) => r.sum(t.m23, [0, 0]), ShapeError, /sum.*(twice|once|axis)/],
  ["sum of booleans", (t) => r.sum(t.b3), DtypeError, /sum.*bool/],
  ["mean of integers", (t) => r.mean(t.i3), DtypeError, /mean.*i32/],
  ["max of nothing", (t) => r.max(t.empty, 0), ShapeError, /max.*empty.*\[0, 3\]/],
  ["argMax of nothing", (t) => r.argMax(t.empty, 0), ShapeError, /argMax.*empty/],
  ["argMin beyond the rank", (t) => r.argMin(t.v3, 1), ShapeError, /argMin/],
  ["any of floats", (t) => r.any(t.v3), DtypeError, /any.*bool/],
  ["softmax of integers", (t) => r.softmax(t.i3), DtypeError, /softmax.*i32/],
  ["softmax beyond the rank", (t) => r.softmax(t.v3, 1), ShapeError, /softmax/],
  [
    "cross-entropy of truth values",
    (t) => r.softmaxCrossEntropy(t.m23, t.b3),
    DtypeError,
    /softmaxCrossEntropy.*i32/,
  ],
  [
    "cross-entropy of probabilities per row",
    (t) => r.softmaxCrossEntropy(t.m23, t.v3),
    ShapeError,
    /softmaxCrossEntropy.*\[2, 3\].*\[3\]/,
  ],
  [
    "cross-entropy of too many labels",
    (t) => r.softmaxCrossEntropy(t.m23, t.i3),
    ShapeError,
    /softmaxCrossEntropy.*\[2, 3\].*\[3\]/,
  ],
  ["reshape of sizes", (t) => r.reshape(t.m23, [4]), ShapeError, /reshape.*\[2, 3\].*6.*\[4\]/],
  ["reshape with two gaps", (t) => r.reshape(t.m23, [-1, -1]), ShapeError, /reshape.*-1/],
  ["reshape to a fraction", (t) => r.reshape(t.m23, [2.5, 2.4]), ShapeError, /reshape/],
  ["transpose naming twice", (t) => r.transpose(t.m23, [0, 0]), ShapeError, /transpose.*once/],
  ["transpose naming too few", (t) => r.transpose(t.m23, [0]), ShapeError, /transpose/],
  ["expandDims far away", (t) => r.expandDims(t.v3, 5), ShapeError, /expandDims/],
  ["squeeze of a long axis", (t) => r.squeeze(t.m23, 0), ShapeError, /squeeze.*\[2, 3\]/],
  ["flip beyond the rank", (t) => r.flip(t.v3, 2), ShapeError, /flip/],
  ["broadcastTo fewer", (t) => r.broadcastTo(t.m23, [3]), ShapeError, /broadcastTo/],
  ["broadcastTo others", (t) => r.broadcastTo(t.v3, [2, 4]), ShapeError, /broadcastTo.*\[2, 4\]/],
  ["slice with too many", (t) => r.slice(t.v3, [0, 0]), ShapeError, /slice.*2 indices/],
  ["slice outside", (t) => r.slice(t.v3, [3]), ShapeError, /slice.*3.*length 3/],
  ["slice between places", (t) => r.slice(t.v3, [0.5]), ShapeError, /slice.*0\.5/],
  ["slice without a step", (t) => r.slice(t.v3, [{ step: 0 }]), UsageError, /slice.*step/],
  ["concat of nothing", () => r.concat([]), UsageError, /concat.*at least one/],
  ["concat of shapes", (t) => r.concat([t.m23, t.m45]), ShapeError, /concat.*\[2, 3\].*\[4, 5\]/],
  ["concat of dtypes", (t) => r.concat([t.v3, t.i3]), ShapeError, /concat.*dtype/],
  ["stack of shapes", (t) => r.stack([t.v3, t.v4]), ShapeError, /stack|concat/],
  ["split that leaves a rest", (t) => r.split(t.m23, 2, 1), ShapeError, /split.*length 3/],
  ["split into others", (t) => r.split(t.v4, [1, 2]), ShapeError, /split.*\[1,2\].*4/],
  ["pad of too few axes", (t) => r.pad(t.m23, [[1, 1]]), ShapeError, /pad.*every axis/],
  ["tile of too few axes", (t) => r.tile(t.m23, [2]), ShapeError, /tile/],
  ["tile by a fraction", (t) => r.tile(t.v3, [1.5]), ShapeError, /tile.*1\.5/],
  ["gather by floats", (t) => r.gather(t.m23, t.v3), DtypeError, /gather.*f32/],
  ["gather beyond the rank", (t) => r.gather(t.m23, t.i3, 2), ShapeError, /gather/],
  ["ids that are NaN", () => r.tensor([0, NaN], { dtype: "i32" }), UsageError, /NaN at index 1/],
  ["ids that are fractions", () => r.tensor([0.5], { dtype: "u32" }), UsageError, /0\.5/],
  ["negative u32", () => r.tensor([-1], { dtype: "u32" }), UsageError, /-1 at index 0/],
  ["takeAlongAxis of ranks", (t) => r.takeAlongAxis(t.m23, t.i3), ShapeError, /takeAlongAxis/],
  ["scatterAdd of shapes", (t) => r.scatterAdd(t.v4, t.i3, 0, 5), ShapeError, /scatterAdd/],
  ["scatterAdd of integers", (t) => r.scatterAdd(t.i3, t.i3, 0, 5), DtypeError, /scatterAdd/],
  ["oneHot of floats", (t) => r.oneHot(t.v3, 3), DtypeError, /oneHot/],
  ["oneHot without depth", (t) => r.oneHot(t.i3, -1), UsageError, /oneHot.*-1/],
  ["topK of more", (t) => r.topK(t.v3, 4), UsageError, /topK.*4.*length 3/],
  ["sort of booleans", (t) => r.sort(t.b3), DtypeError, /argSort.*bool/],
  ["cumSum beyond the rank", (t) => r.cumSum(t.v3, 1), ShapeError, /cumSum/],
  ["binCount of floats", (t) => r.binCount(t.v3, 3), DtypeError, /binCount/],
  ["searchSorted in a matrix", (t) => r.searchSorted(t.m23, t.v3), ShapeError, /vector/],
  ["einsum of letters", (t) => r.einsum("ij,jk->ik", t.m23, t.m45), ShapeError, /einsum.*"j"/],
  ["einsum of ranks", (t) => r.einsum("ijk->i", t.m23), ShapeError, /einsum.*\[2, 3\]/],
  ["cholesky of a rectangle", (t) => r.cholesky(t.m23), ShapeError, /cholesky.*square/],
  [
    "triangularSolve of rows",
    (t) => r.triangularSolve(r.eye(2), t.m45),
    ShapeError,
    /triangularSolve.*\[2, 2\].*\[4, 5\]/,
  ],
  ["outer of matrices", (t) => r.outer(t.m23, t.v3), ShapeError, /outer.*vectors/],
  ["diag of a scalar", (t) => r.diag(t.scalar), ShapeError, /diag/],
  ["trace of a vector", (t) => r.trace(t.v3), ShapeError, /diagonal|trace/],
  ["roll of axes", (t) => r.roll(t.m23, [1, 2, 3]), UsageError, /roll/],
  ["conv of ranks", (t) => r.conv(t.m23, t.filter), ShapeError, /conv.*\[2, 3\]/],
  ["conv of channels", (t) => r.conv(t.image5, t.filter), ShapeError, /conv.*in/],
  [
    "conv of a data format",
    (t) => r.conv(t.image, t.filter, { dataFormat: "NWC" }),
    UsageError,
    /conv.*NHWC/,
  ],
  ["conv backwards", (t) => r.conv(t.image, t.filter, { stride: -1 }), UsageError, /stride.*-1/],
  [
    "conv of strides",
    (t) => r.conv(t.image, t.filter, { stride: [1, 2, 3] }),
    UsageError,
    /stride.*\[1,2,3\]/,
  ],
  [
    "conv of padding",
    (t) => r.conv(t.image, t.filter, { padding: "some" as "same" }),
    UsageError,
    /padding.*some/,
  ],
  [
    "conv longer than the input",
    (t) => r.conv(t.image, t.filter, { padding: "valid", dilation: 4 }),
    ShapeError,
    /conv.*9.*4/,
  ],
  ["conv bias", (t) => r.conv(t.image, t.filter, { bias: t.v3 }), ShapeError, /conv.*bias/],
  ["conv of integers", (t) => r.conv(t.imageI32, t.filter), DtypeError, /conv.*i32/],
  ["conv in groups", (t) => r.conv(t.image, t.filter, { groups: 2 }), ShapeError, /groups 2/],
  [
    "convTranspose of channels",
    (t) => r.convTranspose(t.image, t.filter),
    ShapeError,
    /convTranspose.*channels/,
  ],
  ["pool longer than the input", (t) => r.maxPool(t.image, 9), ShapeError, /maxPool.*9.*4/],
  ["pool of integers", (t) => r.avgPool(t.imageI32, 2), DtypeError, /avgPool.*i32/],
  ["pool of a matrix", (t) => r.maxPool(t.m23, 2), ShapeError, /maxPool.*\[2, 3\]/],
  ["resize to nothing", (t) => r.resize(t.image, { size: 0 }), UsageError, /resize.*0/],
  [
    "layer norm's scale",
    (t) => r.layerNorm(t.m23, { scale: t.v4 }),
    ShapeError,
    /layerNorm.*\[4\]/,
  ],
  ["layer norm of integers", (t) => r.layerNorm(t.i3), DtypeError, /layerNorm.*i32/],
  ["rms norm's axis", (t) => r.rmsNorm(t.m23, { axes: 2 }), ShapeError, /rmsNorm/],
  [
    "batch norm's scale",
    (t) => r.batchNorm(t.image, { scale: t.v4 }),
    ShapeError,
    /batchNorm.*\[4\]/,
  ],
  ["group norm's groups", (t) => r.groupNorm(t.image, 2), ShapeError, /groupNorm.*2/],
  [
    "attention of depths",
    (t) => r.scaledDotProductAttention(t.m23, t.m45, t.m45),
    ShapeError,
    /scaledDotProductAttention.*\[2, 3\].*\[4, 5\]/,
  ],
  [
    "attention's mask",
    (t) => r.scaledDotProductAttention(t.m23, t.m23, t.m23, { mask: t.b3 }),
    ShapeError,
    /scaledDotProductAttention.*mask.*\[3\]/,
  ],
  ["rotary embedding of odd depth", (t) => r.rotaryEmbedding(t.m23), ShapeError, /rotaryEmb.*3/],
  [
    "LSTM of sizes",
    (t) => {
      const weights = { wInput: t.m45, wHidden: t.m45 };
      return r.lstmCell(t.m23, { hidden: t.m23, cell: t.m23 }, weights);
    },
    ShapeError,
    /lstmCell.*\[4, 5\]/,
  ],
  ["tensor of ragged rows", () => r.tensor([[1], [1, 2]]), ShapeError, /tensor.*equal lengths/],
  ["tensor of another shape", () => r.tensor([1, 2], { shape: [3] }), ShapeError, /2 values/],
  ["negative length", () => r.zeros([-1]), ShapeError, /-1/],
  ["length of a fraction", () => r.zeros([1.5]), ShapeError, /1\.5/],
  ["64-bit integers", () => r.tensor(new BigInt64Array(1) as never), DtypeError, /64-bit/],
  ["arange that goes nowhere", () => r.arange(0, 1, 0), UsageError, /arange.*step/],
  ["a tensor beyond the adapter", () => r.zeros([2 ** 20, 2 ** 20]), DeviceError, /binding/],
  ["a disposed tensor", (t) => r.exp(t.gone), UsageError, /disposed.*\[2, 3\]/],
  [
    "a disposed tensor in a product",
    (t) => r.matmul(t.m23, t.gone, { transposeB: true }),
    UsageError,
    /disposed/,
  ],
  ["gradient of a matrix", (t) => r.grad(() => t.m23, [t.m23]), ShapeError, /scalar/],
  ["gradient for integers", (t) => r.grad(() => r.sum(t.i3), [t.i3]), UsageError, /f32/],
  ["an async scope", () => r.scope(async () => {}), UsageError, /scope.*async/],
  ["assign of a shape", (t) => t.variable.assign(t.v4), ShapeError, /assign.*\[3\]|\[4\]/],
  ["assign of a dtype", (t) => t.variable.assign(t.i3), DtypeError, /assign/],
  ["a variable over a view", (t) => new r.Variable(t.m23.transpose()), UsageError, /contiguous/],
];

describe("wrong calls", () => {
  let t: Operands;
  beforeAll(() => void (t = operands()));

  test("are many", () => {
    expect(CALLS.length).toBeGreaterThanOrEqual(80);
  });

  test.each(CALLS)("%s", (_, call, kind, message) => {
    const { recorder } = device();
    const before = recorder.dispatchCount;
    let error: unknown;
    try {
      call(t);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
    expect(recorder.dispatchCount - before).toBe(0);
  });
});

test("a tensor of another device", async () => {
  const old: Tensor = r.ones([3]);
  r.destroyDevice();
  await r.init({ validate: true });
  expect(() => r.exp(old)).toThrow(UsageError);
  expect(() => r.add(r.ones([3]), old)).toThrow(/device.*init\(\)/);
});
