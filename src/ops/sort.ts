// Sorting: a stable order along an axis, and what is read in that order.

import { UsageError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { sort as sortShader } from "../shaders/sort.ts";
import { COMPUTE_TYPE, type DType, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { normalizeAxis, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { KernelFamily, fold, gridOf } from "./dispatch.ts";
import { take } from "./elements.ts";
import { slice } from "./slice.ts";
import { contiguous } from "./views.ts";

type Step = "load" | "localSort" | "globalStep" | "localMerge" | "store";
const STEPS: readonly Step[] = ["load", "localSort", "globalStep", "localMerge", "store"];

/** u32 whose order is that of the elements; −0 equals 0, NaN is the largest. */
const KEYS: Readonly<Record<"f32" | "i32" | "u32", string>> = {
  f32: `let bits = bitcast<u32>(f32(x[at]) + 0.0);
  let key = select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
  let isZero = (bits & 0x7fffffffu) == 0u;
  let isNan = (bits & 0x7fffffffu) > 0x7f800000u;
  return select(select(key, 0x80000000u, isZero), 0xffffffffu, isNan);`,
  i32: "return bitcast<u32>(x[at]) ^ 0x80000000u;",
  u32: "return x[at];",
};

const kernels = /* @__PURE__ */ new KernelFamily<`${DType} ${Step}`>((key) => {
  const [dtype, entryPoint] = key.split(" ") as [DType, Step];
  const key32 = KEYS[COMPUTE_TYPE[dtype]];
  const prelude = `alias Scalar = ${WGSL_TYPE[dtype]};\nfn keyOf(at: u32) -> u32 {\n  ${key32}\n}`;
  return { shader: sortShader, prelude, entryPoint };
});

const NUMERIC: readonly DType[] = ["f32", "f16", "i32", "u32"];

/** Every kernel of this file. */
export function sortKernels(): Kernel[] {
  return kernels.all(NUMERIC.flatMap((dtype) => STEPS.map((step) => `${dtype} ${step}` as const)));
}

/** Options of `sort` and `argSort`. */
export interface SortOptions {
  /** Default -1. */
  readonly axis?: number;
  /** Largest first. Default false. */
  readonly descending?: boolean;
}

/** Elements per workgroup of the local steps. */
const BLOCK = 512;

/**
 * i32 indices that sort `x` along an axis. Equal elements keep their order; NaN counts as the largest.
 *
 * @see Batcher 1968, Sorting networks and their applications.
 */
export function argSort(x: Tensor, options: SortOptions = {}): Tensor {
  const { axis = -1, descending = false } = options;
  requireDtype("argSort", x.dtype, NUMERIC);
  const at = normalizeAxis("argSort", axis, x.rank);
  const order = Tensor.empty(x.shape, "i32");
  if (order.size === 0) return order;
  const source = contiguous(x);
  const outer = sizeOf(x.shape.slice(0, at));
  const inner = sizeOf(x.shape.slice(at + 1));
  const length = x.shape[at] as number;
  const padded = 1 << Math.ceil(Math.log2(length));
  const total = outer * inner * padded;
  const keys = Tensor.empty([total], "u32");
  const places = Tensor.empty([total], "u32");
  const blocks = [source.block, keys.block, places.block, order.block];
  const sizes = [outer, length, inner, source.offset, padded];
  const launch = (step: Step, grid: readonly [number, number], stage = 0, distance = 0): void => {
    const params = [...sizes, stage, distance, descending ? 1 : 0];
    device().dispatch(kernels.get(`${x.dtype} ${step}`), blocks, params, ...grid);
  };
  const groups = fold(Math.ceil(total / BLOCK));
  launch("load", gridOf(total));
  launch("localSort", groups);
  for (let stage = 2 * BLOCK; stage <= padded; stage *= 2) {
    for (let distance = stage / 2; distance >= BLOCK; distance /= 2) {
      launch("globalStep", gridOf(total / 2), stage, distance);
    }
    launch("localMerge", groups, stage);
  }
  launch("store", gridOf(order.size));
  keys.dispose();
  places.dispose();
  return order;
}

/** Elements in order, and where they were. */
export interface Sorted {
  readonly values: Tensor;
  /** i32; no gradient. */
  readonly indices: Tensor;
}

/** `x` sorted along an axis, stably. The gradient goes back to where each element was. */
export function sort(x: Tensor, options: SortOptions = {}): Sorted {
  const at = normalizeAxis("sort", options.axis ?? -1, x.rank);
  const indices = argSort(x, options);
  return { values: take(x, indices, at, true), indices };
}

/**
 * The `k` largest elements along an axis, largest first.
 *
 * @param options  `largest: false` for the smallest, smallest first.
 */
export function topK(
  x: Tensor,
  k: number,
  options: { readonly axis?: number; readonly largest?: boolean } = {},
): Sorted {
  const { axis = -1, largest = true } = options;
  const at = normalizeAxis("topK", axis, x.rank);
  const length = x.shape[at] as number;
  if (!Number.isInteger(k) || k < 0 || k > length) {
    const got = `k = ${k} for an axis of length ${length}`;
    throw new UsageError("topK", "k must be an integer from 0 to the length of the axis", { got });
  }
  const order = argSort(x, { axis: at, descending: largest });
  const indices = contiguous(slice(order, [...Array<null>(at).fill(null), [0, k]]));
  return { values: take(x, indices, at, true), indices };
}
