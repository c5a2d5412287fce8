// How matrix products run: which kernel, on which grid, with which params.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { matmul as matmulShader } from "../shaders/matmul.ts";
import { matmulTiled } from "../shaders/matmulTiled.ts";
import * as shapes from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { KernelFamily } from "./dispatch.ts";
import { MATMUL_FORMS, planMatmul, usualForm } from "./matmulPlan.ts";
import { joinSplits } from "./joinSplits.ts";
import {
  ACTIVATIONS,
  type Activation,
  type MatmulActivation,
  epilogueOf,
  storePrelude,
  sumsPrelude,
  withResult,
} from "./productPreludes.ts";
import { alike, tunedForm } from "./tuning.ts";
import { contiguous } from "./views.ts";

/** What is to be multiplied, and what happens to it on the way into memory. */
export interface Product {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly bias?: Tensor | undefined;
  readonly activation?: MatmulActivation | undefined;
}

const SHADERS = {
  block: { shader: matmulShader },
  tiled: { shader: matmulTiled, entryPoint: "large" },
  tiledSmall: { shader: matmulTiled, entryPoint: "small" },
};

const NAMES = ["block", "tiled", "tiledSmall"] as const;

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
  "SUMS",
  "FOURS",
  "WIDEST",
] as const;

/** How a kernel reads four numbers of an operand. */
function operandPrelude(name: "A" | "B", isVector: boolean): string {
  const x = name.toLowerCase();
  const scalars = `vec4<Scalar>(${x}[i.x], ${x}[i.y], ${x}[i.z], ${x}[i.w])`;
  const body = isVector
    ? `return vec4<f32>(${x}[at]);`
    : `let i = at + lines;\n  return vec4<f32>(${scalars});`;
  return `alias Stored${name} = ${isVector ? "vec4<Scalar>" : "Scalar"};
const ${name}_UNIT = ${isVector ? 4 : 1}u;
fn load${name}(at: u32, lines: vec4<u32>) -> vec4<f32> {
  ${body}
}`;
}

/** Operands, and results or the parts of their sums: `f16 partial`. */
const TYPES = ["f32 f32", "f32 partial", "f16 f16", "f16 partial"] as const;
type Types = (typeof TYPES)[number];
type Shader = keyof typeof SHADERS;

/** `block 1010011000 relu f32 f32`: the kernel, its flags, its activation, its types. */
const products = /* @__PURE__ */ new KernelFamily<`${Shader} ${string} ${Activation} ${Types}`>(
  (key) => {
    const parts = key.split(" ") as [Shader, string, Activation, "f32" | "f16", string];
    const [kernel, bits, activation, scalar, result] = parts;
    const isSet = (flag: (typeof FLAGS)[number]): boolean => bits[FLAGS.indexOf(flag)] === "1";
    const lanes = isSet("FOURS") ? 4 : 1;
    const isPartial = result === "partial";
    const prelude = [
      `alias Scalar = ${scalar};`,
      ...FLAGS.filter((name) => name !== "SUMS").map((name) => `const ${name} = ${isSet(name)};`),
      operandPrelude("A", isSet("A_VECTOR")),
      operandPrelude("B", isSet("B_VECTOR")),
      ACTIVATIONS[activation],
      storePrelude(lanes, isPartial ? "f32" : scalar),
      sumsPrelude(isSet("SUMS"), isPartial ? undefined : 4, lanes),
    ].join("\n");
    const { shader, ...entry } = SHADERS[kernel];
    return {
      ...entry,
      shader: isSet("SUMS") && !isPartial ? withResult(shader) : shader,
      prelude,
      ...epilogueOf(lanes, 3, !isPartial && scalar === "f32"),
    };
  },
);

/** Every kernel of this file: all ways to read without an epilogue, and the epilogues for one. */
export function matmulKernels(): Kernel[] {
  const kernels: Kernel[] = [];
  for (let bits = 0; bits < 128; bits++) {
    const flags = bits.toString(2).padStart(7, "0");
    kernels.push(products.get(`block ${flags}00${bits % 2}0 none f32 f32`));
    if (!flags.endsWith("11")) continue;
    for (const shader of NAMES) {
      for (const widest of shader === "block" ? ["0", "1"] : ["0"]) {
        const key = `${shader} ${flags}000${widest}` as const;
        for (const types of TYPES) kernels.push(products.get(`${key} none ${types}`));
      }
    }
  }
  for (const activation of Object.keys(ACTIVATIONS) as Activation[]) {
    for (const shader of NAMES) {
      for (const tail of ["1000", "1010", "1001", "1011", "0100", "0110"]) {
        if (shader !== "block" && tail.endsWith("1")) continue;
        const flags = `0101011${tail}`;
        kernels.push(products.get(`${shader} ${flags} ${activation} f32 f32`));
        kernels.push(products.get(`${shader} ${flags} ${activation} f16 f16`));
      }
    }
  }
  return kernels;
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

/** Sizes of one product. */
interface Size {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Where the results of a launch go. */
export interface Target {
  readonly y: Tensor;
  readonly batchShape: shapes.Shape;
  readonly size: Size;
  /** Where the sums of b over k go; only without batch axes. */
  readonly sums?: Tensor | undefined;
}

/** Computes a product into `y`, and the sums of b's columns if asked for. */
export function launch(product: Product, { y, batchShape, size, sums }: Target): void {
  let a = linesOf(product.a, product.transposeA);
  let b = linesOf(product.b, product.transposeB);
  let batch = batchAxes(batchShape, a.x, b.x);
  if (batch.shape.length > 2) {
    // More broadcast axes than the kernel walks: lay the operands out in full.
    a = linesOf(expanded(a.x, batchShape), a.transposed);
    b = linesOf(expanded(b.x, batchShape), b.transposed);
    batch = batchAxes(batchShape, a.x, b.x);
  }
  const { m, n, k } = size;
  const count = shapes.sizeOf(batchShape);
  const isAlongK = !a.transposed && b.transposed;
  const { adapterClass } = device().info;
  const problem = { batch: count, m, n, k, isAlongK };
  const form = tunedForm(usualForm(problem, adapterClass), () => {
    const order = `${a.transposed ? "T" : "N"}${b.transposed ? "T" : "N"}`;
    return {
      key: `matmul ${count}x${m}x${k}x${n} ${order} ${y.dtype}`,
      forms: MATMUL_FORMS[adapterClass],
      repeat: () => launchAlike(product, { y, batchShape, size, sums }),
    };
  });
  const plan = planMatmul(problem, adapterClass, form);
  const isSplit = plan.splits > 1;
  const bias = product.bias && contiguous(product.bias);
  const [strideA, strideB] = batch.strides as [number[], number[]];
  const flags = [
    a.transposed,
    isAligned(a, a.transposed ? m : k, strideA),
    b.transposed,
    isAligned(b, b.transposed ? k : n, strideB),
    k % 4 !== 0 && plan.kernel === "block",
    plan.rows > 4,
    plan.columns > 4,
    bias !== undefined && !isSplit,
    sums !== undefined,
    n % 4 === 0,
    plan.kernel === "block" && plan.columns === 16,
  ];
  const bits = flags.map((flag) => (flag ? "1" : "0")).join("");
  const activation = isSplit ? "none" : (product.activation ?? "none");
  const types = `${y.dtype} ${isSplit ? "partial" : y.dtype}` as Types;
  const partSize = y.size + (sums?.size ?? 0);
  const target = isSplit ? Tensor.empty([plan.splits, partSize], "f32") : y;
  const results = isSplit || sums === undefined ? [target.block] : [target.block, sums.block];
  device().dispatch(
    products.get(`${plan.kernel} ${bits} ${activation} ${types}`),
    [a.x.block, b.x.block, (bias ?? b.x).block, ...results],
    [
      ...[m, n, k, a.stride, b.stride, a.x.offset, b.x.offset, batch.shape.at(-1) ?? 1],
      ...[strideA.at(-2) ?? 0, strideA.at(-1) ?? 0, strideB.at(-2) ?? 0, strideB.at(-1) ?? 0],
      ...[plan.splits, plan.chunk, count, bias?.offset ?? 0],
      ...[plan.columnGroups, plan.rowGroups, plan.across],
    ],
    ...plan.grid,
  );
  if (!isSplit) return;
  joinSplits(target, { y, sums, n, bias: product.bias, activation: product.activation });
  target.dispose();
}

/** The same launch once more, on memory of its own. */
function launchAlike(product: Product, target: Target): () => void {
  const [a, b, y] = [alike(product.a), alike(product.b), alike(target.y)];
  const [bias, sums] = [alike(product.bias), alike(target.sums)];
  return () =>
    launch({ ...product, a: a(), b: b(), bias: bias() }, { ...target, y: y(), sums: sums() });
}
