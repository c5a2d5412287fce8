// What the kernel bench measures: operands by name, in channels-last layouts, the same for
// everyone.

/** Numbers in (−1, 1) from a seed (mulberry32). */
function uniform(seed, count, scale = 1) {
  let state = (seed * 0x9e3779b1) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return scale * (((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1);
  });
}

const size = (shape) => shape.reduce((product, n) => product * n, 1);

/** Operands [name, shape, scale]; `outputs` are the shapes of what gradients arrive at. */
function define(id, inputs, outputs, extra = {}) {
  return {
    id,
    ...extra,
    inputs: inputs.map(([name, shape, scale], i) => {
      return { name, shape, data: uniform(i + 1, size(shape), scale) };
    }),
    cotangents: outputs.map((shape, i) => ({ shape, data: uniform(50 + i, size(shape)) })),
  };
}

function integers(seed, count, limit) {
  return Int32Array.from(uniform(seed, count), (x) => Math.floor(((x + 1) / 2) * limit));
}

export const CASES = [
  define(
    "conv2d 8x32x32x32 to 64, 3x3",
    [
      ["x", [8, 32, 32, 32]],
      ["w", [3, 3, 32, 64]],
    ],
    [[8, 32, 32, 64]],
    { op: "conv2d" },
  ),
  define(
    "depthwise 8x32x32x64, 3x3",
    [
      ["x", [8, 32, 32, 64]],
      ["w", [3, 3, 64, 1]],
    ],
    [[8, 32, 32, 64]],
    { op: "depthwise" },
  ),
  define(
    "batch norm 8x32x32x64",
    [
      ["x", [8, 32, 32, 64]],
      ["scale", [64]],
      ["offset", [64]],
    ],
    [[8, 32, 32, 64]],
    { op: "batchNorm" },
  ),
  define(
    "layer norm 1024x512",
    [
      ["x", [1024, 512]],
      ["scale", [512]],
      ["offset", [512]],
    ],
    [[1024, 512]],
    { op: "layerNorm" },
  ),
  define("softmax 1024x1000", [["x", [1024, 1000], 4]], [[1024, 1000]], { op: "softmax" }),
  define(
    "attention 8 heads, T 256, D 64",
    [
      ["q", [1, 8, 256, 64]],
      ["k", [1, 8, 256, 64]],
      ["v", [1, 8, 256, 64]],
    ],
    [[1, 8, 256, 64]],
    { op: "attention" },
  ),
  define("embedding 5000x128, 4096 ids", [["w", [5000, 128]]], [[4096, 128]], {
    op: "embedding",
    ids: integers(9, 4096, 5000),
  }),
  define(
    "LSTM step, batch 32, 128 units",
    [
      ["x", [32, 128]],
      ["h", [32, 128]],
      ["c", [32, 128]],
      ["wx", [128, 512], 0.1],
      ["wh", [128, 512], 0.1],
      ["b", [512]],
    ],
    [
      [32, 128],
      [32, 128],
    ],
    { op: "lstm" },
  ),
];
