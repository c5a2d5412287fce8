import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../src/index.ts";
import {
  type LossOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  cosineSimilarityLoss,
  hingeLoss,
  huberLoss,
  klDivergence,
  meanAbsoluteError,
  meanSquaredError,
  smoothL1Loss,
  tripletLoss,
  zLoss,
} from "../../src/losses/index.ts";
import { expectClose, expectGradients, numbers, randomTensor } from "../support/check.ts";

type Loss = (a: Tensor, b: Tensor, options?: LossOptions) => Tensor;

const entropy = (p: number, y: number, w = 1): number => {
  return -(w * y * Math.log(p) + (1 - y) * Math.log(1 - p));
};
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Losses of pairs of elements: ranges of both, and the definition. */
const TABLE: readonly [
  string,
  Loss,
  { readonly a?: [number, number]; readonly b?: [number, number] },
  (a: number, b: number) => number,
][] = [
  ["meanSquaredError", meanSquaredError, {}, (a, b) => (a - b) ** 2],
  ["meanAbsoluteError", meanAbsoluteError, {}, (a, b) => Math.abs(a - b)],
  [
    "huberLoss",
    (a, b, options) => huberLoss(a, b, { ...options, delta: 0.5 }),
    {},
    (a, b) => {
      const e = Math.abs(a - b);
      return e <= 0.5 ? 0.5 * e * e : 0.5 * (e - 0.25);
    },
  ],
  [
    "smoothL1Loss",
    (a, b, options) => smoothL1Loss(a, b, { ...options, beta: 0.4 }),
    {},
    (a, b) => {
      const e = Math.abs(a - b);
      return e <= 0.4 ? (0.5 * e * e) / 0.4 : e - 0.2;
    },
  ],
  ["hingeLoss", hingeLoss, { a: [-2, 2] }, (a, b) => Math.max(0, 1 - a * b)],
  [
    "binaryCrossEntropy",
    binaryCrossEntropy,
    { a: [0.05, 0.95], b: [0, 1] },
    (a, b) => entropy(a, b),
  ],
  [
    "binaryCrossEntropyWithLogits",
    binaryCrossEntropyWithLogits,
    { a: [-4, 4], b: [0, 1] },
    (a, b) => entropy(sigmoid(a), b),
  ],
  [
    "binaryCrossEntropyWithLogits with posWeight",
    (a, b, options) => binaryCrossEntropyWithLogits(a, b, { ...options, posWeight: 2.5 }),
    { a: [-4, 4], b: [0, 1] },
    (a, b) => entropy(sigmoid(a), b, 2.5),
  ],
  [
    "klDivergence",
    (a, b, options) => klDivergence(a, b, { reduction: "mean", ...options }),
    { a: [-3, 0], b: [0.1, 1] },
    (a, b) => b * (Math.log(b) - a),
  ],
  [
    "klDivergence of log targets",
    (a, b, options) => klDivergence(a, b, { reduction: "mean", ...options, isLogTarget: true }),
    { a: [-3, 0], b: [-3, 0] },
    (a, b) => Math.exp(b) * (b - a),
  ],
];

describe.each(TABLE)("%s", (name, loss, { a = [-1, 1], b = [-1, 1] }, definition) => {
  test.each([[[1]], [[7]], [[4, 5]], [[3, 1, 33]]] as const)("%j", async (shape) => {
    const size = shape.reduce<number>((product, n) => product * n, 1);
    const [x, y] = [numbers(size, 1, ...a), numbers(size, 2, ...b)];
    const [first, second] = [tensor(x, { shape }), tensor(y, { shape })];
    const want = [...x].map((value, i) => definition(value, y[i] as number));
    const total = want.reduce((p, q) => p + q, 0);
    const tolerance = { rtol: 1e-4, atol: 1e-5 };
    await expectClose(loss(first, second, { reduction: "none" }), want, shape, tolerance);
    await expectClose(loss(first, second, { reduction: "sum" }), [total], [], tolerance);
    await expectClose(loss(first, second), [total / size], [], tolerance);
    // Short steps: some have kinks.
    await expectGradients(loss, [first, second], { step: 1e-3, rtol: 5e-2 });
  });

  test("views, nothing, and wrong shapes", async () => {
    const [x, y] = [randomTensor([3, 4], 1, ...a), randomTensor([4, 3], 2, ...b)];
    const straight = loss(x, y.transpose().contiguous(), { reduction: "none" });
    const view = loss(x, y.transpose(), { reduction: "none" });
    expect(await view.array()).toEqual(await straight.array());
    const empty = tensor(new Float32Array(0), { shape: [0, 2] });
    expect(loss(empty, empty, { reduction: "none" }).shape).toEqual([0, 2]);
    const op = name === "smoothL1Loss" ? "huberLoss" : (name.split(" ")[0] as string);
    expect(() => loss(x, y)).toThrow(new RegExp(`${op}: .* must have the same shape.*\\[4, 3\\]`));
  });
});

describe("binary cross-entropy", () => {
  test("stays finite where probabilities and logits are extreme", async () => {
    const p = tensor([0, 1, 0, 1]);
    const y = tensor([0, 1, 1, 0]);
    const none = { reduction: "none" } as const;
    await expectClose(binaryCrossEntropy(p, y, none), [0, 0, 100, 100], [4]);
    const x = tensor([-200, 200, -200, 200]);
    await expectClose(binaryCrossEntropyWithLogits(x, y, none), [0, 0, 200, 200], [4]);
    const posWeight = tensor([2, 1]);
    const pairs = binaryCrossEntropyWithLogits(x.reshape([2, 2]), y.reshape([2, 2]), {
      ...none,
      posWeight,
    });
    await expectClose(pairs, [0, 0, 400, 200], [2, 2]);
  });
});

describe("klDivergence", () => {
  test("of a batch divides by its rows; 0 · log 0 is 0", async () => {
    const q = tensor([
      [0, 1],
      [0.5, 0.5],
    ]);
    const logP = tensor([
      [-1, -2],
      [-0.5, -0.5],
    ]);
    const want = (2 + (Math.log(0.5) + 0.5)) / 2;
    await expectClose(klDivergence(logP, q), [want], []);
  });
});

describe("losses of vectors", () => {
  test("cosineSimilarityLoss is 0, 1 and 2", async () => {
    const a = tensor([
      [1, 2],
      [3, 0],
      [1, 1],
    ]);
    const b = tensor([
      [2, 4],
      [0, 2],
      [-2, -2],
    ]);
    await expectClose(cosineSimilarityLoss(a, b, { reduction: "none" }), [0, 1, 2], [3]);
    const [x, y] = [randomTensor([3, 5], 1), randomTensor([3, 5], 2)];
    await expectGradients((p, q) => cosineSimilarityLoss(p, q), [x, y]);
    expect(() => cosineSimilarityLoss(a, randomTensor([2, 3]))).toThrow(/cosineSimilarityLoss/);
  });

  test("cosineEmbeddingLoss tells like from unlike", async () => {
    const a = tensor([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    const b = tensor([
      [1, 1],
      [1, 1],
      [-1, 0],
    ]);
    const targets = tensor([1, -1, -1]);
    const options = { margin: 0.5, reduction: "none" } as const;
    const want = [1 - Math.SQRT1_2, Math.SQRT1_2 - 0.5, 0];
    await expectClose(cosineEmbeddingLoss(a, b, targets, options), want, [3]);
    await expectGradients((x) => cosineEmbeddingLoss(x, b, targets), [a]);
    expect(() => cosineEmbeddingLoss(a, b, tensor([1]))).toThrow(/cosineEmbeddingLoss: .*\[1\]/);
  });

  test.each([
    [2, false],
    [1, true],
  ])("tripletLoss, ord %i, swap %j", async (ord, swap) => {
    const [n, width] = [5, 3];
    const rows = [1, 2, 3].map((seed) => numbers(n * width, seed));
    const distance = (i: number, j: number, row: number): number => {
      const at = Array.from({ length: width }, (_, k) => row * width + k);
      const powers = at.map((k) => {
        return Math.abs((rows[i]?.[k] as number) - (rows[j]?.[k] as number) + 1e-6) ** ord;
      });
      return powers.reduce((a, b) => a + b, 0) ** (1 / ord);
    };
    const want = Array.from({ length: n }, (_, row) => {
      const far = swap ? Math.min(distance(0, 2, row), distance(1, 2, row)) : distance(0, 2, row);
      return Math.max(0, distance(0, 1, row) - far + 0.8);
    });
    const inputs = rows.map((row) => tensor(row, { shape: [n, width] })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const options = { margin: 0.8, ord, swap };
    await expectClose(tripletLoss(...inputs, { ...options, reduction: "none" }), want, [n]);
    const loss = (a: Tensor, p: Tensor, q: Tensor): Tensor => tripletLoss(a, p, q, options);
    await expectGradients(loss as (...x: Tensor[]) => Tensor, inputs, { step: 1e-3, rtol: 5e-2 });
    expect(() => tripletLoss(inputs[0], inputs[1], tensor([1]))).toThrow(/tripletLoss: anchor/);
  });

  test("deltas and betas must be positive", () => {
    const x = randomTensor([2]);
    expect(() => huberLoss(x, x, { delta: 0 })).toThrow(
      /huberLoss: delta must be a positive number/,
    );
    expect(() => smoothL1Loss(x, x, { beta: -1 })).toThrow(/smoothL1Loss: beta.*-1/);
  });
});

test("zLoss is the square of the logarithm of softmax's normaliser", async () => {
  const x = numbers(15, 4, -3, 3);
  const wanted = Array.from({ length: 5 }, (_, n) => {
    const row = [...x.subarray(3 * n, 3 * n + 3)];
    return Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) ** 2;
  });
  const logits = randomTensor([5, 3], 4, -3, 3);
  await expectClose(zLoss(logits, { reduction: "none" }), wanted, [5]);
  const mean = wanted.reduce((a, b) => a + b) / 5;
  expect(await zLoss(logits).item()).toBeCloseTo(mean, 5);
});
