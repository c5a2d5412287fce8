// Matrix products: batched, with transposed operands, bias and activation in the epilogue.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { matmulJoin } from "../shaders/matmulJoin.ts";
import { matmul as matmulShader } from "../shaders/matmul.ts";
import { matmulTiled } from "../shaders/matmulTiled.ts";
import { FLOATS, requireDtype } from "../tensor/dtype.ts";
import * as shapes from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { reluGrad, sigmoidGrad, tanhGrad } from "./activations.ts";
import type { BinaryOp } from "./binary.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { planMatmul } from "./matmulPlan.ts";
import { sum, sumTo } from "./sum.ts";
import { record } from "./tape.ts";
import { contiguous, reshape } from "./views.ts";
import { SIGMOID, TANH } from "./wgslFunctions.ts";

/** Activations that a matmul can apply to its result; their gradient needs the result only. */
export type MatmulActivation = "relu" | "tanh" | "sigmoid";

/** Options of `matmul`. */
export interface MatmulOptions {
  /** `a` is stored with its last two axes exchanged. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** `[n]`, added to every row. */
  readonly bias?: Tensor;
  readonly activation?: MatmulActivation;
}

const ACTIVATIONS: Readonly<Record<MatmulActivation | "none", { wgsl: string; grad?: BinaryOp }>> =
  {
    none: { wgsl: "fn activate(v: vec4<f32>) -> vec4<f32> { return v; }" },
    relu: {
      wgsl: "fn activate(v: vec4<f32>) -> vec4<f32> { return select(v, vec4<f32>(), v < vec4<f32>()); }",
      grad: (dy, y) => reluGrad(dy, y),
    },
    tanh: {
      wgsl: `alias A = vec4<f32>;\n${TANH}\nfn activate(v: A) -> A { return tanhStable(v); }`,
      grad: (dy, y) => tanhGrad(dy, y),
    },
    sigmoid: {
      wgsl: `alias A = vec4<f32>;\n${SIGMOID}\nfn activate(v: A) -> A { return sigmoidStable(v); }`,
      grad: (dy, y) => sigmoidGrad(dy, y),
    },
  };

/** Flags of a variant in the order of its key. */
const FLAGS = [
  "A_TRANSPOSED",
  "A_VECTOR",
  "B_TRANSPOSED",
  "B_VECTOR",
  "K_TAIL",
  "TALL",
  "WIDE",
  "BIAS",
] as const;

/** `block 10100110 relu f16 f32`: the kernel, its flags, its activation, operands, result. */
const products = /* @__PURE__ */ new KernelFamily((key) => {
  const [kernel, bits, activation, scalar = "f32", result = scalar] = key.split(" ") as [
    string,
    string,
    keyof typeof ACTIVATIONS,
    string?,
    string?,
  ];
  const types = [`alias Scalar = ${scalar};`, `alias Result = ${result};`];
  const flags = FLAGS.map((name, i) => `const ${name} = ${bits[i] === "1"};`);
  const prelude = [...types, ...flags, ACTIVATIONS[activation].wgsl].join("\n");
  return { shader: kernel === "block" ? matmulShader : matmulTiled, prelude };
});

const joins = /* @__PURE__ */ new KernelFamily((key) => {
  const [bias, activation, scalar = "f32"] = key.split(" ") as [
    string,
    keyof typeof ACTIVATIONS,
    string?,
  ];
  const prelude = `alias Scalar = ${scalar};\nconst BIAS = ${bias === "1"};\n${ACTIVATIONS[activation].wgsl}`;
  return { shader: matmulJoin, prelude };
});

/** Every kernel of this file: all flags without an epilogue, and the epilogues for whole blocks. */
export function matmulKernels(): Kernel[] {
  const keys: string[] = [];
  for (let bits = 0; bits < 128; bits++) {
    const flags = bits.toString(2).padStart(7, "0");
    keys.push(`block ${flags}0 none`);
    if (flags.endsWith("11")) keys.push(`tiled ${flags}0 none`, `tiled ${flags}0 none f16`);
    if (flags.endsWith("11")) keys.push(`block ${flags}0 none f16`, `block ${flags}0 none f16 f32`);
  }
  const epilogues: string[] = [];
  for (const activation of Object.keys(ACTIVATIONS)) {
    keys.push(`block 01010111 ${activation}`, `tiled 01010111 ${activation}`);
    keys.push(`block 01010111 ${activation} f16`, `tiled 01010111 ${activation} f16`);
    epilogues.push(`0 ${activation}`, `1 ${activation}`);
    epilogues.push(`0 ${activation} f16`, `1 ${activation} f16`);
  }
  return [...products.all(keys), ...joins.all(epilogues)];
}

/**
 * Matrix product over the last two axes; the axes before them broadcast.
 *
 *   y = activation(a · b + bias)
 *
 * @param a  `[…, m, k]` f32 or f16, or `[…, k, m]` with `transposeA`. A vector `[k]` counts as one row.
 * @param b  `[…, k, n]` of the dtype of `a`, or `[…, n, k]` with `transposeB`. A vector `[k]` counts as one column.
 * @returns  `[…, m, n]`, without the axis of a vector operand.
 * @throws {ShapeError} if the inner sizes differ or the batch axes do not broadcast.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  requireDtype("matmul", a.dtype, FLOATS);
  requireDtype("matmul", b.dtype, [a.dtype]);
  const { transposeA = false, transposeB = false } = options;
  if (a.rank === 0 || b.rank === 0) {
    const got = `a ${shapeText(a.shape)} and b ${shapeText(b.shape)}`;
    throw new ShapeError("matmul", "operands must have at least one axis", {
      got,
      remedy: "Use mul() for scalars.",
    });
  }
  if (a.rank === 1) {
    const row = reshape(a, transposeA ? [a.size, 1] : [1, a.size]);
    const y = matmul(row, b, options);
    return reshape(y, y.shape.toSpliced(-2, 1));
  }
  if (b.rank === 1) {
    const y = matmul(a, reshape(b, transposeB ? [1, b.size] : [b.size, 1]), options);
    return reshape(y, y.shape.slice(0, -1));
  }
  return product(a, b, transposeA, transposeB, options.bias, options.activation);
}

function product(
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
  bias?: Tensor,
  activation?: MatmulActivation,
): Tensor {
  const y = run(a, b, transposeA, transposeB, bias, activation);
  const toLinear = (dy: Tensor): Tensor =>
    activation === undefined ? dy : (ACTIVATIONS[activation].grad as BinaryOp)(dy, y);
  let last: { dy: Tensor; dz: Tensor } | undefined;
  const linear = (dy: Tensor): Tensor => {
    // The same dy arrives once for each operand: the activation's gradient is shared.
    if (last?.dy !== dy) last = { dy, dz: toLinear(dy) };
    return last.dz;
  };
  record("matmul", bias === undefined ? [a, b] : [a, b, bias], y, [
    (dy) => {
      const dz = linear(dy);
      const da = transposeA ? product(b, dz, transposeB, true) : product(dz, b, false, !transposeB);
      return sumTo(da, a.shape);
    },
    (dy) => {
      const dz = linear(dy);
      // One weight matrix for a whole batch: its gradient is one product over all rows.
      if (b.rank === 2 && a.rank > 2 && !transposeA) {
        const rows = reshape(a, [-1, a.shape.at(-1) as number]);
        const dRows = reshape(dz, [-1, dz.shape.at(-1) as number]);
        return transposeB ? product(dRows, rows, true, false) : product(rows, dRows, true, false);
      }
      const db = transposeB ? product(dz, a, true, transposeA) : product(a, dz, !transposeA, false);
      return sumTo(db, b.shape);
    },
    (dy) =>
      sum(
        linear(dy),
        Array.from({ length: y.rank - 1 }, (_, i) => i),
      ),
  ]);
  return y;
}

/** An operand whose last axis, or the one before, is dense. */
interface Lines {
  readonly x: Tensor;
  /** Elements between stored lines. */
  readonly stride: number;
  readonly transposed: boolean;
}

/** Reads an operand in place where its strides allow, also as the transposed view it may be. */
function linesOf(x: Tensor, transposed: boolean): Lines {
  const rows = x.shape.at(-2) as number;
  const columns = x.shape.at(-1) as number;
  const rowStride = x.strides.at(-2) as number;
  const columnStride = x.strides.at(-1) as number;
  if ((columnStride === 1 || columns === 1) && (rowStride >= columns || rows === 1)) {
    return { x, stride: rows === 1 ? columns : rowStride, transposed };
  }
  if ((rowStride === 1 || rows === 1) && (columnStride >= rows || columns === 1)) {
    return { x, stride: columns === 1 ? rows : columnStride, transposed: !transposed };
  }
  return { x: contiguous(x), stride: columns, transposed };
}

/** Whether vectors of four can be read: everything that is added to an address is a multiple. */
function isAligned(lines: Lines, columns: number, strides: readonly number[]): boolean {
  const { x, stride } = lines;
  return [columns, stride, x.offset, ...strides].every((step) => step % 4 === 0);
}

function run(
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
  givenBias?: Tensor,
  activation?: MatmulActivation,
): Tensor {
  const bias = givenBias && contiguous(givenBias);
  const m = a.shape.at(transposeA ? -1 : -2) as number;
  const k = a.shape.at(transposeA ? -2 : -1) as number;
  const n = b.shape.at(transposeB ? -2 : -1) as number;
  if ((b.shape.at(transposeB ? -1 : -2) as number) !== k)
    throw innerSizes(a, b, transposeA, transposeB);
  if (bias !== undefined && (bias.rank !== 1 || bias.size !== n || bias.dtype !== a.dtype)) {
    const got = `${bias} for ${n} columns`;
    throw new ShapeError("matmul", `bias must be ${a.dtype} with one element per column`, { got });
  }
  const batchShape = shapes.broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const y = Tensor.empty([...batchShape, m, n], a.dtype);
  if (y.size === 0) return y;
  // A batch of rows times one matrix is one tall product.
  if (b.rank === 2 && a.rank > 2 && !transposeA && a.isContiguous) {
    const flat = Tensor.view(a, [a.size / Math.max(1, k), k]);
    launch(flat, b, y, [], { m: y.size / n, n, k }, transposeA, transposeB, bias, activation);
    flat.dispose();
  } else {
    launch(a, b, y, batchShape, { m, n, k }, transposeA, transposeB, bias, activation);
  }
  return y;
}

function launch(
  aGiven: Tensor,
  bGiven: Tensor,
  y: Tensor,
  batchShape: shapes.Shape,
  size: { readonly m: number; readonly n: number; readonly k: number },
  transposeA: boolean,
  transposeB: boolean,
  bias: Tensor | undefined,
  activation: MatmulActivation | undefined,
): void {
  let a = linesOf(aGiven, transposeA);
  let b = linesOf(bGiven, transposeB);
  let batch = batchAxes(batchShape, a.x, b.x);
  if (batch.shape.length > 2) {
    // More broadcast axes than the kernel walks: lay the operands out in full.
    a = linesOf(expanded(a.x, batchShape), a.transposed);
    b = linesOf(expanded(b.x, batchShape), b.transposed);
    batch = batchAxes(batchShape, a.x, b.x);
  }
  const { m, n, k } = size;
  const count = shapes.sizeOf(batchShape);
  const plan = planMatmul({ batch: count, m, n, k }, device().info.adapterClass);
  const [outer, inner] = [
    batch.strides.map((s) => s.at(-2) ?? 0),
    batch.strides.map((s) => s.at(-1) ?? 0),
  ];
  const flags = [
    a.transposed,
    isAligned(a, a.transposed ? m : k, batch.strides[0] as number[]),
    b.transposed,
    isAligned(b, b.transposed ? k : n, batch.strides[1] as number[]),
    k % 4 !== 0,
    plan.kernel === "tiled" || plan.tall,
    plan.kernel === "tiled" || plan.wide,
    bias !== undefined && plan.splits === 1,
  ];
  const bits = flags.map((flag) => (flag ? "1" : "0")).join("");
  const isJoined = plan.splits > 1;
  const types = y.dtype === "f16" ? (isJoined ? " f16 f32" : " f16") : "";
  const kernel = products.get(
    `${plan.kernel} ${bits} ${isJoined ? "none" : (activation ?? "none")}${types}`,
  );
  const target = isJoined ? Tensor.empty([plan.splits, y.size], "f32") : y;
  const biasBlock = (bias ?? b.x).block;
  device().dispatch(
    kernel,
    [a.x.block, a.x.block, b.x.block, b.x.block, biasBlock, target.block],
    [
      ...[m, n, k, a.stride, b.stride, a.x.offset, b.x.offset, batch.shape.at(-1) ?? 1],
      ...[outer[0] as number, inner[0] as number, outer[1] as number, inner[1] as number],
      ...[plan.splits, plan.chunk, count, bias?.offset ?? 0],
      ...[plan.columnGroups, plan.rowGroups],
    ],
    ...plan.grid,
  );
  if (!isJoined) return;
  const half = y.dtype === "f16" ? " f16" : "";
  const join = joins.get(`${bias === undefined ? "0" : "1"} ${activation ?? "none"}${half}`);
  const params = [y.size, plan.splits, n, bias?.offset ?? 0];
  const joinBias = bias ?? target;
  device().dispatch(join, [target.block, joinBias.block, y.block], params, ...gridOf(y.size));
  target.dispose();
}

/** Batch axes that both operands walk through, merged where possible. */
function batchAxes(
  shape: shapes.Shape,
  a: Tensor,
  b: Tensor,
): { shape: number[]; strides: number[][] } {
  const strides = [a, b].map((x) => {
    return shapes.broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), shape);
  });
  return shapes.collapseAxes("matmul", shape, strides);
}

function expanded(x: Tensor, batchShape: shapes.Shape): Tensor {
  const shape = [...batchShape, ...x.shape.slice(-2)];
  const strides = shapes.broadcastStrides(x.shape, x.strides, shape);
  return contiguous(Tensor.view(x, shape, strides));
}

function innerSizes(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): ShapeError {
  const k = a.shape.at(transposeA ? -2 : -1);
  const other = transposeB ? "transposeB: false" : "transposeB: true";
  const fits = k === b.shape.at(transposeB ? -2 : -1);
  return new ShapeError("matmul", "inner sizes must agree", {
    got: `a ${shapeText(a.shape)} and b ${shapeText(b.shape)}`,
    remedy: fits ? `Pass { ${other} }?` : "The last axis of a must be as long as the rows of b.",
    a: a.shape,
    b: b.shape,
  });
}
