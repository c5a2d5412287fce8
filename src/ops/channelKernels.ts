// How the channel norms run: which elements share a mean, on how many threads, by which kernel.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { channelMoments } from "../shaders/channelMoments.ts";
import { channelNorm } from "../shaders/channelNorm.ts";
import { channelNormGradient } from "../shaders/channelNormGradient.ts";
import { channelSums } from "../shaders/channelSums.ts";
import { channelWalk } from "../shaders/channelWalk.ts";
import { momentsJoin } from "../shaders/momentsJoin.ts";
import { Tensor } from "../tensor/tensor.ts";
import { full } from "./creation.ts";
import { KernelFamily, fold, gridOf } from "./dispatch.ts";
import { dense } from "./elementwise.ts";
import { overGroup } from "./overGroup.ts";
import { sum } from "./sum.ts";
import { reshape } from "./views.ts";

/** A channel norm's sizes: x is [items, length, channels], or [items, channels, length]. */
export interface ChannelSizes {
  readonly items: number;
  readonly length: number;
  readonly channels: number;
  readonly isChannelsFirst: boolean;
  /** Groups of channels that share a mean and variance. */
  readonly groups: number;
  /** Whether all items share them, too. */
  readonly isPooled: boolean;
}

/** Mean and variance by channel, `[items, channels]`, or `[1, channels]` for all items. */
export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** Tensors that are scaled and shifted by, and what is added to the variance. */
export interface Affine {
  readonly scale?: Tensor | undefined;
  readonly offset?: Tensor | undefined;
  readonly epsilon: number;
}

type Order = "first" | "last";
type Width = "vector" | "scalar";
type Key = `${Order} ${Width}`;
type Entry = "threads" | "groups";

const KEYS = ["first vector", "first scalar", "last vector", "last scalar"] as const;

/** Types of a walk through channels: what a thread reads at once, and what it has per channel. */
function walkPrelude(key: string): string {
  const [order, width] = key.split(" ") as [Order, Width];
  const value = width === "vector" ? "vec4<f32>" : "f32";
  const isFolded = width === "vector" && order === "first";
  const perChannel = isFolded ? "f32" : value;
  return `const CHANNELS_FIRST = ${order === "first"};
alias Value = ${value};
alias Total = ${perChannel};
fn total(v: Value) -> Total { return ${isFolded ? "v.x + v.y + v.z + v.w" : "v"}; }
fn average(v: Value) -> Total { return total(v)${isFolded ? " * 0.25" : ""}; }
${channelWalk}`;
}

const moments = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: channelMoments, prelude: walkPrelude(key) };
});

const joins = /* @__PURE__ */ new KernelFamily<`${Order} ${"each" | "pooled"} ${Entry}`>((key) => {
  const [order, set, entryPoint] = key.split(" ") as [Order, string, Entry];
  const flags = `const CHANNELS_FIRST = ${order === "first"};\nconst POOLED = ${set === "pooled"};`;
  return { shader: momentsJoin, prelude: `${flags}\n${channelWalk}`, part: overGroup, entryPoint };
});

const norms = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: channelNorm, prelude: `${walkPrelude(key)}\nalias Statistic = Total;` };
});

const gradients = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: channelNormGradient, prelude: `${walkPrelude(key)}\nalias Statistic = Total;` };
});

const sums = /* @__PURE__ */ new KernelFamily<Key>((key) => {
  return { shader: channelSums, prelude: `${walkPrelude(key)}\nalias Statistic = Total;` };
});

/** Every kernel of this file. */
export function channelKernels(): Kernel[] {
  const sets = ["first each", "first pooled", "last each", "last pooled"] as const;
  return [
    ...[moments, norms, gradients, sums].flatMap((family) => family.all(KEYS)),
    ...joins.all(sets.flatMap((set) => [`${set} threads`, `${set} groups`] as const)),
  ];
}

/** How threads share the elements: params `sizes` and `chunk`, in Values. */
interface Walk {
  readonly key: Key;
  /** Elements of a Value. */
  readonly lanes: number;
  readonly splits: number;
  readonly sizes: readonly number[];
  readonly chunk: number;
  readonly grid: [number, number];
}

type Sizes = Pick<ChannelSizes, "items" | "length" | "channels" | "isChannelsFirst">;

/**
 * Cuts the length so that enough threads work: a few hundred fill a software adapter, and GPUs want
 * tens of thousands and, with channels first, neighbouring threads in a row.
 */
function planWalk(given: Sizes, tensors: readonly Tensor[]): Walk {
  const { items, isChannelsFirst } = given;
  const inFours = isChannelsFirst ? given.length : given.channels;
  const isVector = inFours % 4 === 0 && tensors.every(({ offset }) => offset % 4 === 0);
  const lanes = isVector ? 4 : 1;
  const length = isChannelsFirst ? given.length / lanes : given.length;
  const channels = isChannelsFirst ? given.channels : given.channels / lanes;
  const isSoftware = device().info.adapterClass === "software";
  const wanted = Math.ceil((isSoftware ? 512 : 32768) / (items * channels));
  const least = isChannelsFirst && !isSoftware ? 32 : 1;
  const most = Math.ceil(length / (isSoftware ? 16 : 4));
  const chunk = Math.ceil(length / Math.min(Math.max(wanted, least), most));
  const splits = Math.ceil(length / chunk);
  return {
    key: `${isChannelsFirst ? "first" : "last"} ${isVector ? "vector" : "scalar"}`,
    lanes,
    splits,
    sizes: [items, length, channels, splits],
    chunk,
    grid: gridOf(items * channels * splits),
  };
}

/** A parameter as kernels read it, with the step between channels: 0 where one value serves all. */
export function parameter(given: Tensor | undefined, value: number): { x: Tensor; step: number } {
  if (given === undefined) return { x: full([4], value), step: 0 };
  return { x: dense(given), step: 1 };
}

/** Mean and variance of what shares them. */
export function runMoments(x: Tensor, given: ChannelSizes): Moments {
  const { items, channels, groups, isPooled, isChannelsFirst } = given;
  const walk = planWalk(given, [x]);
  const parts = Tensor.empty([2, walk.splits, items, channels], "f32");
  const { sizes, chunk } = walk;
  const params = [sizes, chunk, x.offset / walk.lanes];
  device().dispatch(moments.get(walk.key), [x.block, parts.block], params, ...walk.grid);
  const mean = Tensor.empty([isPooled ? 1 : items, channels], "f32");
  const variance = Tensor.empty(mean.shape, "f32");
  const sets = groups * (isPooled ? 1 : items);
  const width = channels / groups;
  const perThread = device().info.adapterClass === "software" || parts.size / (2 * sets) <= 8;
  const set = isPooled ? "pooled" : "each";
  const order = isChannelsFirst ? "first" : "last";
  device().dispatch(
    joins.get(`${order} ${set} ${perThread ? "threads" : "groups"}`),
    [parts.block, mean.block, variance.block],
    [[items, sizes[1] as number, channels, walk.splits], chunk, width],
    ...(perThread ? gridOf(sets) : fold(sets)),
  );
  parts.dispose();
  return { mean, variance };
}

/** (x − mean) · scale / √(variance + ε) + offset. */
export function runNorm(x: Tensor, given: Sizes, found: Moments, affine: Affine): Tensor {
  const y = Tensor.empty(x.shape, "f32");
  const walk = planWalk(given, [x]);
  const scale = parameter(affine.scale, 1);
  const offset = parameter(affine.offset, 0);
  const { mean, variance } = found;
  device().dispatch(
    norms.get(walk.key),
    [x, scale.x, offset.x, mean, variance, y].map(({ block }) => block),
    [
      walk.sizes,
      walk.chunk,
      x.offset / walk.lanes,
      statisticStep(found, walk),
      scale.step,
      offset.step,
      affine.epsilon,
    ],
    ...walk.grid,
  );
  return y;
}

/** Statistics lie apart by one item's channels, unless all items share them. */
function statisticStep({ mean }: Moments, { sizes }: Walk): number {
  return mean.shape[0] === 1 ? 0 : (sizes[2] as number);
}

/** Σ dy and Σ dy · x̂ by item and channel: `[2, items, channels]`. */
export function runSums(
  x: Tensor,
  dy: Tensor,
  given: Sizes,
  found: Moments,
  epsilon: number,
): Tensor {
  const walk = planWalk(given, [x, dy]);
  const { splits, sizes, chunk, lanes } = walk;
  const { items, channels } = given;
  const parts = Tensor.empty([2, splits, items, channels], "f32");
  const blocks = [x, dy, found.mean, found.variance, parts].map(({ block }) => block);
  const offsets = [x.offset / lanes, dy.offset / lanes];
  const params = [sizes, chunk, ...offsets, statisticStep(found, walk), epsilon];
  device().dispatch(sums.get(walk.key), blocks, params, ...walk.grid);
  return splits === 1 ? reshape(parts, [2, items, channels]) : sum(parts, 1);
}

/**
 * r · (scale · dy − mean(g) − x̂ · mean(g · x̂)).
 *
 * @param totals  Σ g and Σ g · x̂ over what shares a mean, by channel: `[2, items or 1, channels]`.
 * @param count   elements that share a mean.
 */
export function runGradient(
  x: Tensor,
  dy: Tensor,
  given: Sizes,
  found: Moments,
  totals: Tensor,
  count: number,
  { scale: factor, epsilon }: Affine,
): Tensor {
  const dx = Tensor.empty(x.shape, "f32");
  const walk = planWalk(given, [x, dy]);
  const { lanes } = walk;
  const scale = parameter(factor, 1);
  const { mean, variance } = found;
  const sumsStep = (mean.shape[0] as number) * (walk.sizes[2] as number);
  device().dispatch(
    gradients.get(walk.key),
    [x, dy, scale.x, mean, variance, totals, dx].map(({ block }) => block),
    [
      walk.sizes,
      walk.chunk,
      x.offset / lanes,
      dy.offset / lanes,
      statisticStep(found, walk),
      sumsStep,
      scale.step,
      1 / count,
      epsilon,
    ],
    ...walk.grid,
  );
  return dx;
}
