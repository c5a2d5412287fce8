// How convolutions and their gradients run: which kernel, on which grid, with which params. Tensors are
// [batch, depth, height, width, channels], filters [depth, height, width, in per group, out].

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { ShaderSource } from "../gpu/shaderSource.ts";
import { conv as convShader } from "../shaders/conv.ts";
import { convFilter } from "../shaders/convFilter.ts";
import { convFilterLarge } from "../shaders/convFilterLarge.ts";
import { convFilterTiled } from "../shaders/convFilterTiled.ts";
import { convPlace } from "../shaders/convPlace.ts";
import { convStore } from "../shaders/convStore.ts";
import { convTiled } from "../shaders/convTiled.ts";
import { depthwise } from "../shaders/depthwise.ts";
import { depthwiseFilter } from "../shaders/depthwiseFilter.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Triple, type WindowGeometry, countOf, four, windowParams } from "./convGeometry.ts";
import {
  type ConvKernel,
  PRODUCT_KERNELS,
  filterKernels,
  planDepthwiseFilter,
  planFilter,
  planProduct,
  usualFilter,
  usualProduct,
} from "./convPlan.ts";
import { zeros } from "./creation.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { joinSplits } from "./joinSplits.ts";
import {
  type Lanes,
  epilogueOf,
  lanesPrelude,
  readPrelude,
  storePrelude,
  sumsPrelude,
  withResult,
} from "./productPreludes.ts";
import { sum } from "./sum.ts";
import { untaped } from "./tape.ts";
import { alike, tunedForm } from "./tuning.ts";
import { contiguous, reshape } from "./views.ts";

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

/** Bools of a prelude from a key like `01001`. */
function flagLines(names: readonly string[], bits: string): string {
  return names.map((name, i) => `const ${name} = ${bits[i] === "1"};`).join("\n");
}

const bitsOf = (flags: readonly boolean[]): string =>
  flags.map((flag) => (flag ? "1" : "0")).join("");

const PRODUCT_FLAGS = ["INPUT_GRADIENT", "DEPTH_VECTOR", "COLUMN_VECTOR", "BIAS", "FOURS"];
const FILTER_FLAGS = ["ROW_VECTOR", "COLUMN_VECTOR", "HAS_SUMS", "PARTIAL", "FOURS"];

/** The shader of a kernel, which one of its entry points, and the size of its block. */
function variant(
  kernel: string,
  block: ShaderSource,
  tiled: ShaderSource,
): { shader: ShaderSource; entryPoint?: string; size: string } {
  if (kernel === "large" || kernel === "small")
    return { shader: tiled, entryPoint: kernel, size: "" };
  return { shader: block, size: `const COLUMNS = ${kernel}u;` };
}

/** `16 01101`: the kernel and PRODUCT_FLAGS. */
const products = /* @__PURE__ */ new KernelFamily((key) => {
  const [kernel, bits] = key.split(" ") as [string, string];
  const { size, ...options } = variant(kernel, convShader, convTiled);
  const lanes: Lanes = bits[4] === "1" ? 4 : 1;
  const prelude = [
    flagLines(PRODUCT_FLAGS, bits),
    size,
    readPrelude("source", bits[1] === "1"),
    readPrelude("w", bits[2] === "1"),
    convPlace,
    convStore,
    storePrelude(lanes, "f32"),
  ].join("\n");
  return { ...options, prelude, ...epilogueOf(lanes, 3, true) };
});

/** `8 11001`: the kernel and FILTER_FLAGS. */
const filters = /* @__PURE__ */ new KernelFamily((key) => {
  const [kernel, bits] = key.split(" ") as [string, string];
  const { size, shader, ...options } =
    kernel === "square"
      ? { shader: convFilterLarge, size: "" }
      : variant(kernel, convFilter, convFilterTiled);
  const [hasSums, isPartial, isFours] = [...bits.slice(2)].map((bit) => bit === "1");
  const lanes: Lanes = isFours ? 4 : 1;
  const prelude = [
    flagLines(FILTER_FLAGS.slice(0, 1), bits),
    size,
    readPrelude("x", bits[0] === "1"),
    readPrelude("dy", bits[1] === "1"),
    storePrelude(lanes, "f32"),
    sumsPrelude(hasSums === true, isPartial ? undefined : 3, lanes),
  ].join("\n");
  return {
    ...options,
    shader: hasSums && !isPartial ? withResult(shader) : shader,
    prelude,
    ...epilogueOf(lanes, 2, !isPartial),
  };
});

const valueAlias = (bit: string | undefined): string =>
  `alias Value = ${bit === "1" ? "vec4<f32>" : "f32"};`;

const depthwises = /* @__PURE__ */ new KernelFamily((key) => {
  const flags = flagLines(["INPUT_GRADIENT", "BIAS", "SINGLE"], key.slice(1));
  const lanes: Lanes = key[0] === "1" ? 4 : 1;
  const types = `${valueAlias(key[0])}\nconst LANES = ${lanes}u;\n${lanesPrelude(lanes, "f32")}`;
  const prelude = `${types}\n${flags}\n${convPlace}`;
  return { shader: depthwise, prelude, ...epilogueOf(lanes, 3, true) };
});

const depthwiseFilters = /* @__PURE__ */ new KernelFamily((key) => {
  return { shader: depthwiseFilter, prelude: valueAlias(key) };
});

/** Every combination of `count` bits. */
function combinations(count: number): string[] {
  return Array.from({ length: 1 << count }, (_, i) => i.toString(2).padStart(count, "0"));
}

/** The last three FILTER_FLAGS, as far as they differ in what is compiled. */
const STORES = ["000", "001", "101", "110", "111"];

/** Every kernel of this file. */
export function convKernels(): Kernel[] {
  const named = (names: readonly ConvKernel[], keys: readonly string[]): string[] =>
    names.flatMap((name) => keys.map((key) => `${name} ${key}`));
  // Bias belongs to the forward direction.
  const isUsed = (key: string): boolean => key[0] !== "1" || key[3] !== "1";
  const forms = combinations(5).filter(isUsed);
  const filterForms = combinations(5).filter((key) => STORES.includes(key.slice(2)));
  return [
    ...products.all(named(["4", "8", "16", "large", "small"], forms)),
    ...filters.all(named(["4", "8", "large", "small"], filterForms)),
    ...filters.all(named(["square"], ["11001", "11011", "11101", "11111"])),
    ...depthwises.all(combinations(4).filter((key) => key[1] !== "1" || key[2] !== "1")),
    ...depthwiseFilters.all(["0", "1"]),
  ];
}

/** Whether every input channel has output channels of its own. */
function isDepthwise({ groups, depth }: ConvSpec): boolean {
  return depth === 1 && groups > 1;
}

/** Lanes of the values of a depthwise kernel: four channels together, where these come in fours. */
function lanesOf({ columns, groups }: ConvSpec, offsets: readonly number[]): 1 | 4 {
  return columns === 1 && [groups, ...offsets].every((n) => n % 4 === 0) ? 4 : 1;
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
  const { input, output, stride } = geometry;
  const [from, to] = isGradient ? [output, input] : [input, output];
  const columns = isGradient ? spec.depth : spec.columns;
  const y = Tensor.empty([batch, ...to, groups * columns], "f32");
  if (y.size === 0) return y;
  const [source, w] = [contiguous(given), contiguous(filter)];
  const phases: Triple = isGradient ? stride : [1, 1, 1];
  const ceils = to.map((n, i) => Math.ceil(n / (phases[i] as number)));
  const launch: Launch = {
    tensors: [source, w, bias ? contiguous(bias) : w, y],
    places: [four(batch, to), four(batch, from), ...windowParams(geometry), four(1, phases)],
    rows: batch * countOf(ceils as unknown as Triple),
    phases: countOf(phases),
    isGradient,
    hasBias: bias !== undefined,
  };
  if (isDepthwise(spec)) runDepthwise(spec, launch);
  else runProduct(spec, launch);
  return y;
}

interface Launch {
  /** Source, filter, bias and result, contiguous. */
  readonly tensors: readonly [Tensor, Tensor, Tensor, Tensor];
  readonly places: readonly number[][];
  /** Pixels of the largest phase. */
  readonly rows: number;
  readonly phases: number;
  readonly isGradient: boolean;
  readonly hasBias: boolean;
}

function runProduct(spec: ConvSpec, launch: Launch): void {
  const { tensors, places, rows, phases, isGradient, hasBias } = launch;
  const [source, w, bias, y] = tensors;
  const { groups } = spec;
  const [depth, columns] = isGradient ? [spec.columns, spec.depth] : [spec.depth, spec.columns];
  const { adapterClass } = device().info;
  const problem = { rows, columns, slices: groups * phases };
  const kernel = tunedForm(usualProduct(problem, adapterClass), () => ({
    key: `conv${isGradient ? " gradient" : ""} ${places.join()} ${groups} ${depth} ${columns}`,
    forms: PRODUCT_KERNELS[adapterClass],
    repeat: () => runProductAlike(spec, launch),
  }));
  const plan = planProduct(problem, adapterClass, kernel);
  const isVector = depth % 4 === 0 && source.offset % 4 === 0;
  const isAligned = spec.columns % 4 === 0 && w.offset % 4 === 0;
  const flags = [isGradient, isVector, isAligned, hasBias, columns % 4 === 0];
  device().dispatch(
    products.get(`${plan.kernel} ${bitsOf(flags)}`),
    [source.block, w.block, bias.block, y.block],
    [
      ...places,
      groups,
      depth,
      columns,
      source.offset,
      w.offset,
      bias.offset,
      plan.columnBlocks,
      plan.rowBlocks,
    ],
    ...plan.grid,
  );
}

/** The same launch once more, on memory of its own. */
function runProductAlike(spec: ConvSpec, launch: Launch): () => void {
  const [source, w, bias, y] = launch.tensors;
  const like = [alike(source), alike(w), alike(bias), alike(y)] as const;
  return () => {
    const tensors = [like[0](), like[1](), like[2](), like[3]()] as const;
    runProduct(spec, { ...launch, tensors });
  };
}

/** Pixels that a thread of the depthwise kernel makes. */
const DEPTHWISE_PIXELS = 4;

function runDepthwise(spec: ConvSpec, launch: Launch): void {
  const { tensors, places, rows, phases, isGradient, hasBias } = launch;
  const { groups, columns } = spec;
  const offsets = tensors.slice(0, 3).map(({ offset }) => offset);
  const lanes = lanesOf(spec, offsets);
  const rowBlocks = Math.ceil(rows / DEPTHWISE_PIXELS);
  const width = (isGradient ? groups : groups * columns) / lanes;
  device().dispatch(
    depthwises.get(bitsOf([lanes === 4, isGradient, hasBias, columns === 1])),
    tensors.map(({ block }) => block),
    [...places, groups / lanes, columns, ...offsets.map((offset) => offset / lanes), rowBlocks],
    ...gridOf(rowBlocks * width * phases),
  );
}

/** y = x ∗ w + bias. */
export function runForward(x: Tensor, w: Tensor, spec: ConvSpec, bias?: Tensor): Tensor {
  return product(x, w, spec, false, bias);
}

/** dx from dy and w. */
export function runInputGradient(dy: Tensor, w: Tensor, spec: ConvSpec): Tensor {
  return product(dy, w, spec, true);
}

/** Gradients of a filter, and with it of a bias. */
export interface FilterGradients {
  readonly dw: Tensor;
  /** `[out]`, if asked for. */
  readonly sums?: Tensor | undefined;
}

/**
 * dw from x and dy, and if wanted dy's sums over all pixels from the same kernel, which reads them
 * anyway: splits of the pixels, then their sum in order.
 */
export function runFilterGradient(
  givenX: Tensor,
  givenDy: Tensor,
  spec: ConvSpec,
  wantsSums: boolean,
): FilterGradients {
  const { geometry, batch, groups, depth, columns } = spec;
  const { input, output, kernel } = geometry;
  const shape = [...kernel, depth, groups * columns];
  const lines = batch * output[0] * output[1];
  const size = countOf(kernel) * depth * groups * columns;
  const axes = [0, 1, 2, 3];
  if (size * lines * output[2] === 0 || givenX.size === 0) {
    return { dw: zeros(shape), sums: wantsSums ? untaped(() => sum(givenDy, axes)) : undefined };
  }
  const [x, dy] = [contiguous(givenX), contiguous(givenDy)];
  const places = [four(batch, input), four(batch, output), ...windowParams(geometry)];
  if (!isDepthwise(spec)) return filterGradients(x, dy, { spec, places, lines, shape, wantsSums });
  const sums = wantsSums ? untaped(() => sum(dy, axes)) : undefined;
  const target = depthwiseSplits(x, dy, spec, places, lines);
  if (target.shape[0] === 1) return { dw: untaped(() => reshape(target, shape)), sums };
  const dw = untaped(() => sum(target, 0));
  target.dispose();
  return { dw, sums };
}

interface FilterLaunch {
  readonly spec: ConvSpec;
  readonly places: readonly number[][];
  readonly lines: number;
  readonly shape: readonly number[];
  readonly wantsSums: boolean;
}

function filterGradients(x: Tensor, dy: Tensor, launch: FilterLaunch): FilterGradients {
  const { spec, places, lines, shape, wantsSums } = launch;
  const { geometry, groups, depth, columns } = spec;
  const rows = countOf(geometry.kernel) * depth;
  const isRowVector = depth % 4 === 0 && x.offset % 4 === 0;
  const isColumnVector = columns % 4 === 0 && dy.offset % 4 === 0;
  const isInFours = isRowVector && isColumnVector;
  const problem = { rows, columns, groups, lines, width: geometry.output[2], isInFours };
  const { adapterClass } = device().info;
  const kernel = tunedForm(usualFilter(problem, adapterClass), () => ({
    key: `conv filter ${places.join()} ${groups} ${depth} ${columns} ${isInFours} ${wantsSums}`,
    forms: filterKernels(problem, adapterClass),
    repeat: () => filterGradientsAlike(x, dy, launch),
  }));
  const plan = planFilter(problem, adapterClass, kernel);
  const { splits, chunk, columnBlocks, rowBlocks } = plan;
  const channels = groups * columns;
  const dw = Tensor.empty(shape, "f32");
  const sums = wantsSums ? Tensor.empty([channels], "f32") : undefined;
  const isSplit = splits > 1;
  const target = isSplit ? Tensor.empty([splits, dw.size + (sums?.size ?? 0)], "f32") : dw;
  const flags = [isRowVector, isColumnVector, wantsSums, isSplit, columns % 4 === 0];
  const tail = [x.offset, dy.offset, splits, chunk, columnBlocks, rowBlocks];
  const results = isSplit || sums === undefined ? [target.block] : [target.block, sums.block];
  device().dispatch(
    filters.get(`${plan.kernel} ${bitsOf(flags)}`),
    [x.block, dy.block, ...results],
    [...places, groups, depth, columns, ...tail],
    ...plan.grid,
  );
  if (isSplit) {
    joinSplits(target, { y: dw, sums, n: channels });
    target.dispose();
  }
  return { dw, sums };
}

/** The same launch once more, on memory of its own. */
function filterGradientsAlike(x: Tensor, dy: Tensor, launch: FilterLaunch): () => void {
  const [first, second] = [alike(x), alike(dy)];
  return () => void filterGradients(first(), second(), launch);
}

/** `[splits, …kernel, 1, out]`. */
function depthwiseSplits(
  x: Tensor,
  dy: Tensor,
  spec: ConvSpec,
  places: readonly number[][],
  lines: number,
): Tensor {
  const { groups, columns, geometry } = spec;
  const lanes = lanesOf(spec, [x.offset, dy.offset]);
  const threads = (countOf(geometry.kernel) * groups * columns) / lanes;
  const { splits, chunk } = planDepthwiseFilter(threads, lines, device().info.adapterClass);
  const y = Tensor.empty([splits, ...geometry.kernel, 1, groups * columns], "f32");
  device().dispatch(
    depthwiseFilters.get(lanes === 4 ? "1" : "0"),
    [x.block, dy.block, y.block],
    [...places, groups / lanes, columns, x.offset / lanes, dy.offset / lanes, splits, chunk],
    ...gridOf(threads * splits),
  );
  return y;
}
