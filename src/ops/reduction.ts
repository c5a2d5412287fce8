// How reductions run: which axes are reduced where, into how many splits, by which kernel.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { reduce } from "../shaders/reduce.ts";
import { COMPUTE_TYPE, type DType, WGSL_TYPE, requireDtype } from "../tensor/dtype.ts";
import { type Axes, normalizeAxes, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { KernelFamily, fold, gridOf } from "./dispatch.ts";
import { copy } from "./elementwise.ts";
import { transpose } from "./views.ts";
import { untaped } from "./tape.ts";

/** A reduction: an associative combination with its neutral element. */
export interface ReductionRow {
  readonly name: string;
  /** WGSL expression of `a` and `b`, type `Acc`. */
  readonly combine: string;
  /** WGSL constant that an empty range gives. */
  readonly initial: string;
  /** WGSL expression of the total `a`; may use `params.scale`. Default: `a`. */
  readonly finish?: string;
  readonly dtypes: readonly DType[];
}

/** Options of every reduction. */
export interface ReduceOptions {
  /** Keep reduced axes, with length 1. Default false. */
  readonly keepDims?: boolean;
}

/** x seen as [outer, length, inner], with `length` to be reduced. */
export interface Folded {
  readonly x: Tensor;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Brings reduced axes together: neighbouring ones stay in place, others move to the end. */
export function foldAxes(x: Tensor, axes: readonly number[]): Folded {
  const first = axes[0] ?? x.rank;
  const last = axes.at(-1) ?? x.rank - 1;
  const between = x.shape
    .slice(first, last + 1)
    .filter((n, i) => n !== 1 && !axes.includes(first + i));
  if (between.length === 0) {
    const { shape } = x;
    const flat = x.isContiguous ? x : copy.run(x);
    const outer = sizeOf(shape.slice(0, first));
    const inner = sizeOf(shape.slice(last + 1));
    return { x: flat, outer, length: sizeOf(shape.slice(first, last + 1)), inner };
  }
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const moved = untaped(() => transpose(x, [...kept, ...axes]));
  const outer = sizeOf(kept.map((i) => x.shape[i] as number));
  const packed = copy.run(moved);
  moved.dispose();
  return { x: packed, outer, length: x.size / Math.max(1, outer), inner: 1 };
}

/** The shape after reducing `axes`. */
export function reducedShape(x: Tensor, axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return x.shape.map((length, i) => (axes.includes(i) ? 1 : length));
  return x.shape.filter((_, i) => !axes.includes(i));
}

/**
 * Splits of a long axis, so that enough threads work. The counts come from kernels on SwiftShader
 * (a thread per result is best, and a few hundred of them fill it) and from occupancy on GPUs.
 */
export function planSplits(folded: Omit<Folded, "x">, software: boolean): number {
  const { outer, length, inner } = folded;
  const results = outer * inner;
  const wanted = software ? 256 : inner > 1 ? 16384 : 1024;
  const shortest = software ? 64 : inner > 1 ? 32 : 1024;
  if (results >= wanted || length < 2 * shortest) return 1;
  return Math.min(Math.ceil(wanted / Math.max(1, results)), Math.ceil(length / shortest));
}

/** The dtype of a pass; the partial results of f16 are f32. */
type Pass = DType | "f16>f32" | "f32>f16";

function passOf(x: Tensor, y: Tensor): Pass {
  if (x.dtype === y.dtype) return x.dtype;
  return x.dtype === "f16" ? "f16>f32" : "f32>f16";
}

/**
 * What a thread reads at once: a number; four numbers of neighbouring results; or four of one result,
 * which are reduced in the end.
 */
type Reads = "single" | "fours" | "folded";

/** A reduction's kernels and their launch. */
export class Reduction {
  readonly row: ReductionRow;
  readonly kernels: KernelFamily<`${Pass} ${"rows" | "columns"} ${Reads}`>;

  constructor(row: ReductionRow) {
    this.row = row;
    this.kernels = new KernelFamily((key) => {
      const [pass, entryPoint, reads] = key.split(" ") as [Pass, string, Reads];
      const [input, output = input] = pass.split(">") as [DType, DType?];
      const wide = (type: string): string => (reads === "single" ? type : `vec4<${type}>`);
      const single = COMPUTE_TYPE[input];
      const out = reads === "folded" ? WGSL_TYPE[output] : wide(WGSL_TYPE[output]);
      const pairs = "combineSingle(combineSingle(v.x, v.y), combineSingle(v.z, v.w))";
      const prelude = [
        `alias In = ${wide(WGSL_TYPE[input])};`,
        `alias Out = ${out};`,
        `alias Acc = ${wide(single)};`,
        `const INITIAL: Acc = ${row.initial};`,
        `fn combine(a: Acc, b: Acc) -> Acc { return ${row.combine}; }`,
        `fn combineSingle(a: ${single}, b: ${single}) -> ${single} { return ${row.combine}; }`,
        `fn finish(a: Acc) -> Acc { return ${row.finish ?? "a"}; }`,
        `fn folded(v: Acc) -> Out { return Out(${reads === "folded" ? pairs : "v"}); }`,
      ].join("\n");
      const variant = `${row.name} ${key}`;
      return { shader: reduce, prelude, entryPoint, variant, prologue: reads === "single" ? 1 : 4 };
    });
  }

  /** Reduces `axes` (all by default); records nothing. `scale` reaches the last pass only. */
  run(x: Tensor, axes: Axes | undefined, keepDims: boolean, scale = 1): Tensor {
    requireDtype(this.row.name, x.dtype, this.row.dtypes);
    const reduced = normalizeAxes(this.row.name, axes, x.rank);
    const y = Tensor.empty(reducedShape(x, reduced, keepDims), x.dtype);
    if (y.size === 0) return y;
    const folded = foldAxes(x, reduced);
    const software = device().info.adapterClass === "software";
    const splits = planSplits(folded, software);
    if (splits === 1) {
      this.#launch(folded, y, 1, scale, software);
    } else {
      const { outer, inner } = folded;
      const partial = Tensor.empty([outer, splits, inner], x.dtype === "f16" ? "f32" : x.dtype);
      this.#launch(folded, partial, splits, 1, software);
      this.#launch({ x: partial, outer, length: splits, inner }, y, 1, scale, software);
      partial.dispose();
    }
    if (folded.x !== x) folded.x.dispose();
    return y;
  }

  #launch(folded: Folded, y: Tensor, splits: number, scale: number, software: boolean): void {
    const { x, outer, length, inner } = folded;
    const chunk = Math.ceil(length / splits);
    const useRows = inner === 1 && !software && length > 32;
    const reads = software && x.offset % 4 === 0 ? readsOf(inner, length, chunk) : "single";
    const [perLength, perInner] = [reads === "folded" ? 4 : 1, reads === "fours" ? 4 : 1];
    const offset = reads === "single" ? x.offset : x.offset / 4;
    const sizes = [length / perLength, inner / perInner, offset, splits, chunk / perLength];
    const [gx, gy] = useRows ? fold(outer * splits) : gridOf(y.size / perInner);
    const kernel = this.kernels.get(`${passOf(x, y)} ${useRows ? "rows" : "columns"} ${reads}`);
    device().dispatch(kernel, [x.block, y.block], [outer, ...sizes, scale], gx, gy);
  }
}

/** Every kernel of a reduction. */
export function kernelsOfReduction({ row, kernels }: Reduction): Kernel[] {
  const { dtypes } = row;
  const passes: Pass[] = dtypes.includes("f16") ? [...dtypes, "f16>f32", "f32>f16"] : [...dtypes];
  const paths = ["rows single", "columns single", "columns fours", "columns folded"] as const;
  return kernels.all(passes.flatMap((pass) => paths.map((path) => `${pass} ${path}` as const)));
}

/** Vectors are worth it where reading costs most of the time, as on software adapters. */
function readsOf(inner: number, length: number, chunk: number): Reads {
  if (inner % 4 === 0) return "fours";
  return inner === 1 && length % 4 === 0 && chunk % 4 === 0 ? "folded" : "single";
}
