// How convolutions and their gradients run: which kernel, on which grid, with which params. Tensors are
// [batch, depth, height, width, channels], filters [depth, height, width, in per group, out].

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { conv as convShader } from "../shaders/conv.ts";
import { convFilter } from "../shaders/convFilter.ts";
import { convPlace } from "../shaders/convPlace.ts";
import { depthwise } from "../shaders/depthwise.ts";
import { depthwiseFilter } from "../shaders/depthwiseFilter.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Triple, type WindowGeometry, countOf } from "./convGeometry.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { sum } from "./sum.ts";
import { untaped } from "./tape.ts";
import { contiguous } from "./views.ts";

/** A convolution's sizes. */
export interface ConvSpec {
  readonly geometry: WindowGeometry;
  readonly batch: number;
  readonly groups: number;
  /** Input channels per group. */
  readonly depth: number;
  /** Output channels per group. */
  readonly columns: number;
}

const FLAGS = ["INPUT_GRADIENT", "DEPTH_VECTOR", "COLUMN_VECTOR", "DEPTH_TAIL", "BIAS"];

/** Bools of a prelude from a key like `01001`. */
function flagLines(names: readonly string[], bits: string): string {
  return names.map((name, i) => `const ${name} = ${bits[i] === "1"};`).join("\n");
}

const bitsOf = (flags: readonly boolean[]): string =>
  flags.map((flag) => (flag ? "1" : "0")).join("");

const products = /* @__PURE__ */ new KernelFamily((key) => {
  return { shader: convShader, prelude: `${flagLines(FLAGS, key)}\n${convPlace}` };
});

const filters = /* @__PURE__ */ new KernelFamily((key) => {
  return { shader: convFilter, prelude: flagLines(["ROW_VECTOR", "COLUMN_VECTOR"], key) };
});

const depthwises = /* @__PURE__ */ new KernelFamily((key) => {
  const value = `alias Value = ${key[0] === "1" ? "vec4<f32>" : "f32"};`;
  const flags = flagLines(["INPUT_GRADIENT", "BIAS"], key.slice(1));
  return { shader: depthwise, prelude: `${value}\n${flags}\n${convPlace}` };
});

const depthwiseFilters = /* @__PURE__ */ new KernelFamily<"main">(() => ({
  shader: depthwiseFilter,
}));

/** Every combination of `count` bits. */
function combinations(count: number): string[] {
  return Array.from({ length: 1 << count }, (_, i) => i.toString(2).padStart(count, "0"));
}

/** Every kernel of this file. */
export function convKernels(): Kernel[] {
  // Bias belongs to the forward direction, and vectors along the depth leave no tail.
  const isUsed = (key: string): boolean =>
    !(key[0] === "1" && key[4] === "1") && !(key[1] === "1" && key[3] === "1");
  return [
    ...products.all(combinations(5).filter(isUsed)),
    ...filters.all(combinations(2)),
    ...depthwises.all(combinations(3).filter((key) => !key.endsWith("11"))),
    ...depthwiseFilters.all(["main"]),
  ];
}

const four = (first: number, rest: Triple): number[] => [first, ...rest];

/** Whether every input channel has output channels of its own. */
export function isDepthwise({ groups, depth }: ConvSpec): boolean {
  return depth === 1 && groups > 1;
}

function windowParams(spec: ConvSpec): number[][] {
  const { kernel, stride, dilation, before } = spec.geometry;
  return [kernel, stride, dilation, before].map((axes) => four(1, axes));
}

/** The result of either direction: pixels of `source` gathered through the taps. */
function product(
  given: Tensor,
  filter: Tensor,
  spec: ConvSpec,
  isGradient: boolean,
  bias?: Tensor,
): Tensor {
  const { geometry, batch, groups } = spec;
  const [from, to] = isGradient
    ? [geometry.output, geometry.input]
    : [geometry.input, geometry.output];
  const [depth, columns] = isGradient ? [spec.columns, spec.depth] : [spec.depth, spec.columns];
  const y = Tensor.empty([batch, ...to, groups * columns], "f32");
  if (y.size === 0) return y;
  const source = contiguous(given);
  const w = contiguous(filter);
  const phases: Triple = isGradient ? geometry.stride : [1, 1, 1];
  const places = [four(batch, to), four(batch, from), ...windowParams(spec), four(1, phases)];
  const rows = batch * countOf(to.map((n, i) => Math.ceil(n / (phases[i] as number))) as never);
  const biasOffset = bias?.offset ?? 0;
  if (isDepthwise(spec)) {
    const isVector =
      spec.columns === 1 && [groups, source.offset, w.offset, biasOffset].every((n) => n % 4 === 0);
    const lanes = isVector ? 4 : 1;
    const kernel = depthwises.get(bitsOf([isVector, isGradient, bias !== undefined]));
    const width = isGradient ? groups : groups * spec.columns;
    const offsets = [source.offset, w.offset, biasOffset].map((offset) => offset / lanes);
    device().dispatch(
      kernel,
      [source.block, w.block, (bias ?? w).block, y.block],
      [...places, groups / lanes, spec.columns, ...offsets],
      ...gridOf((rows * width) / lanes),
      countOf(phases),
    );
    return y;
  }
  const wLine = isGradient ? groups * depth : groups * columns;
  const inLine = isGradient ? depth : columns;
  const flags = [
    isGradient,
    depth % 4 === 0 && source.offset % 4 === 0,
    [wLine, inLine, w.offset].every((n) => n % 4 === 0),
    depth % 4 !== 0,
    bias !== undefined,
  ];
  const blocks = [source.block, source.block, w.block, w.block, (bias ?? w).block, y.block];
  const params = [...places, groups, depth, columns, source.offset, w.offset, biasOffset];
  device().dispatch(
    products.get(bitsOf(flags)),
    blocks,
    params,
    Math.ceil(columns / 64),
    Math.ceil(rows / 64),
    groups * countOf(phases),
  );
  return y;
}

/** y = x ∗ w + bias. */
export function runForward(x: Tensor, w: Tensor, spec: ConvSpec, bias?: Tensor): Tensor {
  return product(x, w, spec, false, bias);
}

/** dx from dy and w. */
export function runInputGradient(dy: Tensor, w: Tensor, spec: ConvSpec): Tensor {
  return product(dy, w, spec, true);
}

/** Threads that keep the adapter busy with a filter gradient. */
const FILTER_THREADS = { software: 64, gpu: 32768 } as const;

/** Lines of output per split, and how many splits there are. */
function planLines(threads: number, lines: number): { splits: number; chunk: number } {
  const wanted = FILTER_THREADS[device().info.adapterClass];
  const most = Math.max(1, Math.min(lines, Math.ceil(wanted / threads), 256));
  const chunk = Math.ceil(lines / most);
  return { splits: Math.ceil(lines / chunk), chunk };
}

/** dw from x and dy: splits of the pixels, then their sum in order. */
export function runFilterGradient(givenX: Tensor, givenDy: Tensor, spec: ConvSpec): Tensor {
  const { geometry, batch, groups, depth, columns } = spec;
  const { input, output, kernel } = geometry;
  const shape = [...kernel, depth, groups * columns];
  const taps = countOf(kernel);
  const lines = batch * output[0] * output[1];
  const rows = taps * depth;
  if (rows * groups * columns === 0 || lines * output[2] === 0) return zerosOf(shape);
  const x = contiguous(givenX);
  const dy = contiguous(givenDy);
  const places = [four(batch, input), four(batch, output), ...windowParams(spec)];
  const grid = [Math.ceil(columns / 64), Math.ceil(rows / 64)] as const;
  const threads = isDepthwise(spec)
    ? taps * groups * columns
    : Math.ceil(columns / 8) * Math.ceil(rows / 8) * groups;
  const { splits, chunk } = planLines(threads, lines);
  const target = Tensor.empty(splits === 1 ? shape : [splits, ...shape], "f32");
  const tail = [x.offset, dy.offset, splits, chunk];
  if (isDepthwise(spec)) {
    const blocks = [x.block, dy.block, target.block];
    const params = [...places, groups, columns, ...tail];
    device().dispatch(depthwiseFilters.get("main"), blocks, params, ...gridOf(target.size));
  } else {
    const flags = [depth % 4 === 0 && x.offset % 4 === 0, columns % 4 === 0 && dy.offset % 4 === 0];
    const blocks = [x.block, x.block, dy.block, dy.block, target.block];
    const params = [...places, groups, depth, columns, ...tail];
    device().dispatch(filters.get(bitsOf(flags)), blocks, params, ...grid, groups * splits);
  }
  if (splits === 1) return target;
  const dw = untaped(() => sum(target, 0));
  target.dispose();
  return dw;
}

function zerosOf(shape: readonly number[]): Tensor {
  return untaped(() => sum(Tensor.empty([0, ...shape], "f32"), 0));
}
