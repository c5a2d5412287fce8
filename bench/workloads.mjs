// What is measured: each workload with its group, op, parameters and the work of one iteration.

const MATMULS = [
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [128, 784, 256],
  [1024, 64, 1024],
];

const product = ([m, k, n]) => ({ p: { m, k, n }, unit: "GFLOP/s", work: (2 * m * k * n) / 1e9 });

export const matmul = (sizes) => ({
  ...{ id: `matmul ${sizes.join("×")}`, group: "matmul", op: "matmul" },
  ...product(sizes),
});

/** The gradients of x[128, 784] · w[784, 256]; `order` says which operand is transposed. */
function matmulGradient(name, sizes, order) {
  const { p, ...rest } = product(sizes);
  const id = `matmul gradient ${name} ${sizes.join("×")}`;
  return { id, group: "matmul", op: "matmul_gradient", p: { ...p, ...order }, ...rest };
}

/**
 * An op whose work is bytes: the least that must move, `passes` times an array.
 *
 * @param passes  2 if an array of the input's size is written, 1 if only little is.
 */
export const stream = (id, { group, op, passes, rows, cols }) => ({
  ...{ id, group, op, p: { rows, cols }, unit: "GB/s" },
  work: (passes * rows * cols * 4) / 1e9,
});

const affine = (millions) =>
  stream(`relu(x·a+b) ${millions}M`, {
    ...{ group: "elementwise", op: "affine_relu", passes: 2 },
    ...{ rows: millions * 1024, cols: 1024 },
  });

const reduce = (name, op, [rows, cols], passes) =>
  stream(`${name} ${rows}×${cols}`, { group: "reduce", op, passes, rows, cols });

const CONV = { n: 8, h: 32, w: 32, ci: 32, co: 64 };
const convWork = (2 * 9 * 8 * 32 * 32 * 32 * 64) / 1e9;
const conv = (id, op, times) => ({
  ...{ id, group: "conv", op, p: CONV, unit: "GFLOP/s", work: times * convWork },
});

const step = (id, group, model, opts) => ({
  ...{ id, group, op: "train", p: { model, opts }, unit: "steps/s", work: 1, train: true },
});

const TINY_MLP = { B: 16, dims: [64, 64, 64, 10] };
const TINY_LSTM = { B: 4, T: 32, I: 16, Hd: 16 };

/** JavaScript of steps sent one after another with nothing read: what a dispatch costs the page. */
const replay = (id, model, opts) => ({ ...step(id, "js", model, opts), perDispatch: true });

const readback = (n, size) => ({
  ...{ id: `add and read ${size}`, group: "read", op: "readback" },
  ...{ p: { n }, unit: "reads/s", work: 1 },
});

export const WORKLOADS = [
  ...MATMULS.map(matmul),
  matmulGradient("dw", [784, 128, 256], { ta: true }),
  matmulGradient("dx", [128, 256, 784], { tb: true }),
  ...[1, 4].map(affine),
  reduce("sum of all", "sum_all", [1024, 1024], 1),
  reduce("sum of rows", "sum_last", [1024, 1024], 1),
  reduce("softmax", "softmax", [1024, 1000], 2),
  conv("conv 8×32×32×32→64", "conv2d", 1),
  conv("conv with gradients", "conv2d_grad", 3),
  step("MLP", "mlp", "mlp"),
  step("CNN", "cnn", "cnn"),
  step("transformer block", "transformer", "transformer"),
  step("LSTM", "lstm", "lstm"),
  step("LSTM 128", "lstm", "lstm", { B: 32, T: 16, I: 128, Hd: 128 }),
  // The same programs with almost no arithmetic: what is left is dispatches, JavaScript, read-back.
  step("tiny MLP", "tiny", "mlp", TINY_MLP),
  step("tiny LSTM", "tiny", "lstm", TINY_LSTM),
  replay("replay tiny MLP", "mlp", TINY_MLP),
  replay("replay tiny LSTM", "lstm", TINY_LSTM),
  readback(1, "1 float"),
  readback(1 << 20, "4 MB"),
  {
    ...{ id: "2,000 adds of 16 floats", group: "adds", op: "tiny_adds" },
    ...{ p: { n: 16, count: 2000 }, unit: "µs/op", work: 2000, perOp: true },
  },
];

/** Whether a workload is a training step, timed as such. */
export const isStep = ({ train, perDispatch }) => Boolean(train) && !perDispatch;

export const GROUPS = [...new Set(WORKLOADS.map(({ group }) => group))];

export const workloadOf = (id) => WORKLOADS.find((workload) => workload.id === id);
