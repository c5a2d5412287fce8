// How a row of the elementwise tables becomes kernels: flat vec4 paths where the operands allow it,
// strides for everything else.

import { DtypeError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Block } from "../gpu/buffers.ts";
import type { Elementwise, Launch, Scalar } from "../gpu/joints.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { binaryFlat } from "../shaders/binaryFlat.ts";
import { binaryStrided } from "../shaders/binaryStrided.ts";
import { unaryFlat } from "../shaders/unaryFlat.ts";
import { unaryStrided } from "../shaders/unaryStrided.ts";
import {
  COMPUTE_TYPE,
  type DType,
  FLOATS,
  WGSL_TYPE,
  requireDtype,
  wordOf,
} from "../tensor/dtype.ts";
import { fromHalf, toHalf } from "../tensor/half.ts";
import * as shapes from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { KernelFamily, gridOf, words8 } from "./dispatch.ts";
import { type Mode, binaryFlatPlaces, stridedPlaces, unaryFlatPlaces } from "./places.ts";

/** A unary op: `expression` of `a` (and the numbers `params.p`, `params.q`), type `A`. */
export interface UnaryRow {
  readonly name: string;
  readonly expression: string;
  /** WGSL functions that the expression calls, for the type `A`; `Word` is as many u32. */
  readonly helpers?: string;
  /** Default: f32 and f16. */
  readonly dtypes?: readonly DType[];
  /** Default: the input's. */
  readonly result?: DType;
  /** Whether views whose elements lie in fours have a kernel of their own. */
  readonly isWalkedInFours?: boolean;
}

/** A binary op: `expression` of `a` and `b`, both of type `A`, and of the same numbers. */
export type BinaryRow = UnaryRow;

/** Values of `params.p` and `params.q`. */
export type RowNumbers = readonly [p: number, q: number];

/** The order is that of binaryFlat.wgsl. */
const MODES: readonly Mode[] = ["whole", "element", "row", "number"];

function typesPrelude(row: UnaryRow, input: DType, lanes: 1 | 4, output: DType): string {
  const wide = (scalar: string): string => (lanes === 1 ? scalar : `vec4<${scalar}>`);
  return [
    `alias StoredA = ${wide(WGSL_TYPE[input])};`,
    `alias StoredOut = ${wide(WGSL_TYPE[output])};`,
    `alias Lane = ${COMPUTE_TYPE[input]};`,
    `alias A = ${wide(COMPUTE_TYPE[input])};`,
    `alias Out = ${wide(COMPUTE_TYPE[output])};`,
    `alias Word = ${lanes === 1 ? "u32" : "vec4<u32>"};`,
    row.helpers ?? "",
  ].join("\n");
}

/** What compiled functions are told of a row's kernel; nothing of halves, which round in between. */
function factsOf(
  row: UnaryRow,
  names: readonly string[],
  input: DType,
  places: Elementwise["places"],
): { readonly elementwise?: Elementwise } {
  const output = row.result ?? input;
  if (input === "f16" || output === "f16") return {};
  const { name, expression, helpers = "" } = row;
  const operands = names.map((operand) => ({ name: operand, scalar: WGSL_TYPE[input] as Scalar }));
  const result = WGSL_TYPE[output] as Scalar;
  return { elementwise: { name, expression, helpers, operands, result, places } };
}

type UnaryPath = "flat" | "strided" | "fours";

const UNARY_PLACES = {
  flat: unaryFlatPlaces,
  strided: stridedPlaces({ operands: 1, numbers: 2 }),
  fours: stridedPlaces({ operands: 1, numbers: 2, inFours: true }),
};

/** A unary op's kernels and their launch. */
export class Unary {
  readonly row: UnaryRow;
  readonly kernels: KernelFamily<`${DType} ${UnaryPath}`>;

  constructor(row: UnaryRow) {
    this.row = row;
    this.kernels = new KernelFamily((key) => {
      const [input, path] = key.split(" ") as [DType, UnaryPath];
      const types = typesPrelude(row, input, path === "strided" ? 1 : 4, row.result ?? input);
      const apply = `fn apply(a: A) -> Out { return ${row.expression}; }`;
      const shader = path === "flat" ? unaryFlat : unaryStrided;
      const facts = factsOf(row, ["a"], input, UNARY_PLACES[path]);
      return { shader, prelude: `${types}\n${apply}`, variant: `${row.name} ${key}`, ...facts };
    });
  }

  /** y[i] = expression(x[i]) for the first `size` f32 of two blocks, and nothing behind them. */
  launch(x: Block, y: Block, size: number): Launch & { readonly kernel: Kernel } {
    const blocks = [x, y];
    if (size % 4 === 0) {
      const params = [size / 4, 0, 0, 0];
      return {
        kernel: this.kernels.get("f32 flat"),
        blocks,
        params,
        grid: [...gridOf(size / 4), 1],
      };
    }
    const params = [size, 1, 0, 0, 0, words8([size]), words8([1])];
    return { kernel: this.kernels.get("f32 strided"), blocks, params, grid: [...gridOf(size), 1] };
  }

  /** y = expression(x), contiguous; records nothing. */
  run(x: Tensor, p = 0, q = 0): Tensor {
    const { name, dtypes = FLOATS, result = x.dtype } = this.row;
    if (!dtypes.includes(x.dtype)) requireDtype(name, x.dtype, dtypes);
    const y = Tensor.empty(x.shape, result);
    if (y.size === 0) return y;
    if (x.isContiguous && x.offset % 4 === 0) {
      const vectors = Math.ceil(y.size / 4);
      const [gx, gy] = gridOf(vectors);
      const kernel = this.kernels.get(`${x.dtype} flat`);
      device().dispatch(kernel, [x.block, y.block], [vectors, x.offset / 4, p, q], gx, gy);
      return y;
    }
    this.#runStrided(x, y, p, q);
    return y;
  }

  #runStrided(x: Tensor, y: Tensor, p: number, q: number): void {
    const { name, isWalkedInFours = false } = this.row;
    const single = shapes.collapseAxes(name, x.shape, [x.strides]);
    const fours = isWalkedInFours
      ? shapes.inFours(single.shape, single.strides, [x.offset])
      : undefined;
    const { shape, strides, offsets } = fours ?? { ...single, offsets: [x.offset] };
    const size = fours === undefined ? y.size : y.size / 4;
    const walk = [words8(shape), words8(strides[0] as readonly number[])];
    const params = [size, shape.length, offsets[0] as number, p, q, ...walk];
    const kernel = this.kernels.get(`${x.dtype} ${fours === undefined ? "strided" : "fours"}`);
    device().dispatch(kernel, [x.block, y.block], params, ...gridOf(size));
  }
}

/** Every kernel of a unary op. */
export function kernelsOfUnary({ row, kernels }: Unary): Kernel[] {
  const { dtypes = FLOATS, isWalkedInFours = false } = row;
  const paths: UnaryPath[] = ["flat", "strided", ...(isWalkedInFours ? ["fours" as const] : [])];
  return kernels.all(dtypes.flatMap((d) => paths.map((path) => `${d} ${path}` as const)));
}

/** Row-major copies of views. */
export const copy: Unary = /* @__PURE__ */ new Unary({
  name: "copy",
  expression: "a",
  dtypes: ["f32", "f16", "i32", "u32", "bool"],
  isWalkedInFours: true,
});

/** `x` itself if its elements begin its block in row-major order, else a copy that does. */
export function dense(x: Tensor): Tensor {
  return x.isContiguous && x.offset === 0 ? x : copy.run(x);
}

/** A binary op's kernels and their launch. */
export class Binary {
  readonly row: BinaryRow;
  readonly flat: KernelFamily<`${DType} ${Mode} ${Mode}`>;
  readonly strided: KernelFamily<DType>;

  constructor(row: BinaryRow) {
    this.row = row;
    const apply = `fn apply(a: A, b: A) -> Out { return ${row.expression}; }`;
    this.flat = new KernelFamily((key) => {
      const [dtype, a, b] = key.split(" ") as [DType, Mode, Mode];
      const types = typesPrelude(row, dtype, 4, row.result ?? dtype);
      const modes = `const A_MODE = ${MODES.indexOf(a)}u;\nconst B_MODE = ${MODES.indexOf(b)}u;`;
      const prelude = `${types}\n${modes}\n${apply}`;
      const facts = factsOf(row, ["a", "b"], dtype, binaryFlatPlaces(a, b));
      return { shader: binaryFlat, prelude, variant: `${row.name} ${key}`, ...facts };
    });
    this.strided = new KernelFamily((dtype) => {
      const types = typesPrelude(row, dtype, 1, row.result ?? dtype);
      const facts = factsOf(row, ["a", "b"], dtype, stridedPlaces({ operands: 2, numbers: 2 }));
      const prelude = `${types}\n${apply}`;
      return { shader: binaryStrided, prelude, variant: `${row.name} ${dtype}`, ...facts };
    });
  }

  /** y = expression(a, b) over the broadcast shape; records nothing. At most one is a number. */
  run(a: Tensor | number, b: Tensor | number, numbers: RowNumbers = [0, 0]): Tensor {
    const { name, dtypes = FLOATS } = this.row;
    const first = typeof a === "number" ? (b as Tensor) : a;
    const { dtype } = first;
    if (!dtypes.includes(dtype)) requireDtype(name, dtype, dtypes);
    if (typeof a !== "number" && typeof b !== "number" && b.dtype !== dtype) {
      throw new DtypeError(name, "both operands must have the same dtype", {
        got: `${a.dtype} and ${b.dtype}`,
        remedy: `Cast one: b.cast("${a.dtype}").`,
      });
    }
    const shape =
      typeof a === "number" || typeof b === "number"
        ? first.shape
        : shapes.broadcastShapes(name, a.shape, b.shape);
    const y = Tensor.empty(shape, this.row.result ?? dtype);
    if (y.size === 0 || this.#runFlat(a, b, y, numbers)) return y;
    if (typeof a === "number") this.#runFlat(a, copy.run(b as Tensor), y, numbers);
    else if (typeof b === "number") this.#runFlat(copy.run(a), b, y, numbers);
    else this.#runStrided(a, b, y, numbers);
    return y;
  }

  #runFlat(a: Tensor | number, b: Tensor | number, y: Tensor, numbers: RowNumbers): boolean {
    const { dtype } = typeof a === "number" ? (b as Tensor) : a;
    const aMode = modeOf(a, y);
    const bMode = modeOf(b, y);
    if (aMode === undefined || bMode === undefined) return false;
    if (aMode !== "whole" && bMode !== "whole") return false;
    const vectors = Math.ceil(y.size / 4);
    const row = aMode === "row" ? a : b;
    const period = typeof row === "number" ? 1 : row.size / 4;
    const given = typeof a === "number" ? a : typeof b === "number" ? b : 0;
    // Sums take a number as it is; comparisons take the f16 that it would be.
    const isCompared = dtype === "f16" && this.row.result === "bool";
    const number = isCompared ? fromHalf(toHalf(given)) : given;
    const aBlock = (typeof a === "number" ? (b as Tensor) : a).block;
    const bBlock = typeof b === "number" ? aBlock : b.block;
    const offsets = [flatOffset(a, aMode), flatOffset(b, bMode)] as const;
    const params = [vectors, ...offsets, period, wordOf(number, dtype), ...numbers];
    const [gx, gy] = gridOf(vectors);
    const kernel = this.flat.get(`${dtype} ${aMode} ${bMode}`);
    device().dispatch(kernel, [aBlock, bBlock, y.block], params, gx, gy);
    return true;
  }

  #runStrided(a: Tensor, b: Tensor, y: Tensor, numbers: RowNumbers): void {
    const { shape, strides } = shapes.collapseAxes(this.row.name, y.shape, [
      shapes.broadcastStrides(a.shape, a.strides, y.shape),
      shapes.broadcastStrides(b.shape, b.strides, y.shape),
    ]);
    const walk = [words8(shape), words8(strides[0] as number[]), words8(strides[1] as number[])];
    const params = [y.size, shape.length, a.offset, b.offset, ...numbers, ...walk];
    const [gx, gy] = gridOf(y.size);
    device().dispatch(this.strided.get(a.dtype), [a.block, b.block, y.block], params, gx, gy);
  }
}

/** Every kernel of a binary op. */
export function kernelsOfBinary({ row, flat, strided }: Binary): Kernel[] {
  const { dtypes = FLOATS } = row;
  const pairs = ["whole whole", "whole element", "whole row", "whole number"] as const;
  const mirrored = ["element whole", "row whole", "number whole"] as const;
  const modes = [...pairs, ...mirrored];
  return dtypes.flatMap((dtype) => [
    ...flat.all(modes.map((mode) => `${dtype} ${mode}` as const)),
    strided.get(dtype),
  ]);
}

/** How a flat kernel can read the operand, or undefined when only strides can. */
function modeOf(operand: Tensor | number, y: Tensor): Mode | undefined {
  if (typeof operand === "number") return "number";
  if (operand.isContiguous && operand.size === y.size && operand.offset % 4 === 0) return "whole";
  if (operand.size === 1) return "element";
  const { size, shape, isContiguous, offset } = operand;
  if (!isContiguous || size % 4 !== 0 || offset % 4 !== 0) return undefined;
  // A row repeats when the operand's shape, leading ones aside, is the end of y's shape.
  let covered = 1;
  for (let i = 1; i <= y.rank && covered < size; i++) {
    const length = shape[shape.length - i] ?? 1;
    if (length !== y.shape[y.rank - i]) return undefined;
    covered *= length;
  }
  return "row";
}

function flatOffset(operand: Tensor | number, mode: Mode): number {
  if (typeof operand === "number") return 0;
  return mode === "element" ? operand.offset : operand.offset / 4;
}
