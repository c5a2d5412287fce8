// Resampling along one to three spatial axes. Forward pass and input gradient are each other's
// derivative.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { resize as resizeShader } from "../shaders/resize.ts";
import { volume } from "../shaders/volume.ts";
import { requireDtype } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { fromVolume, toVolume } from "./channels.ts";
import { CHANNEL_RUNS, type ChannelRun, planRun, runPrelude } from "./channelRuns.ts";
import { type DataFormat, perAxis } from "./convGeometry.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { record } from "./tape.ts";
import { contiguous } from "./views.ts";
import { inF32 } from "./inF32.ts";

type Direction = "forward" | "adjoint";

const kernels = /* @__PURE__ */ new KernelFamily<`${Direction} ${ChannelRun}`>((key) => {
  const [entryPoint, run] = key.split(" ") as [Direction, `${ChannelRun}`];
  const prelude = `${runPrelude(run)}\n${volume}`;
  return { shader: resizeShader, entryPoint, prelude };
});

/** Every kernel of this file. */
export function resizeKernels(): Kernel[] {
  return kernels.all(CHANNEL_RUNS.flatMap((run) => [`forward ${run}`, `adjoint ${run}`] as const));
}

/** How values between elements are made: "bilinear" and "bicubic" along one to three axes. */
export type ResizeMethod = "nearest" | "bilinear" | "bicubic";

/** Where element o of the result lies in the input. */
export type ResizeCoordinates = "halfPixel" | "alignCorners" | "asymmetric";

/** Which element is nearest to a place between two; the last two differ half-way. */
export type ResizeRounding = "floor" | "ceil" | "roundPreferFloor" | "roundPreferCeil";

/** Options of `resize`: one of `size` and `scale`, and how. */
export interface ResizeOptions {
  /** Lengths of the result's spatial axes, one for all or one each. */
  readonly size?: number | readonly number[];
  /** Factors instead of lengths; the result has ⌊input · scale⌋ elements. */
  readonly scale?: number | readonly number[];
  /** Default "bilinear". */
  readonly method?: ResizeMethod;
  /**
   * "halfPixel", the default: (o + ½) / scale − ½. "alignCorners": o·(input − 1) / (output − 1).
   * "asymmetric": o / scale.
   */
  readonly coordinates?: ResizeCoordinates;
  /**
   * Which element "nearest" takes. Default "roundPreferCeil", and "floor" with "asymmetric"
   * coordinates (PyTorch's "nearest").
   */
  readonly rounding?: ResizeRounding;
  /** The cubic kernel's a. Default −0.75, as in PyTorch and ONNX; TensorFlow and Keys have −0.5. */
  readonly cubicCoefficient?: number;
  /** Default: channels last. */
  readonly dataFormat?: DataFormat;
}

/** One axis: the source coordinate is (o·slope + shift) / divisor. */
export interface AxisMap {
  readonly from: number;
  readonly to: number;
  readonly slope: number;
  readonly shift: number;
  readonly divisor: number;
  readonly taps: number;
}

/** A resize with all its sizes. */
export interface ResizeSpec {
  readonly batch: number;
  readonly channels: number;
  readonly maps: readonly AxisMap[];
  readonly cubic: number;
}

/**
 * `x` with other spatial lengths, resampled without a filter against aliasing.
 *
 * "nearest" rounds the source coordinate s: "floor" to ⌊s⌋, "ceil" to ⌈s⌉, "roundPreferFloor" to
 * ⌈s − ½⌉, "roundPreferCeil" to ⌊s + ½⌋. Coordinates are exact fractions, so that every host picks
 * the same elements. Elements beyond the ends are those at the ends.
 *
 * @param x  `[batch, …spatial, channels]` f32 with one to three spatial axes, or
 *           `[batch, channels, …spatial]` with `dataFormat: "NCHW"`.
 * @returns  `[batch, …size, channels]` in the data format of `x`.
 * @throws {UsageError} unless one of size and scale is given, and of `rounding` without "nearest".
 * @throws {ShapeError} if there is nothing to sample, or an axis is too long for 32-bit coordinates.
 * @see Keys 1981, Cubic convolution interpolation for digital image processing.
 */
export function resize(x: Tensor, options: ResizeOptions): Tensor {
  if (x.dtype === "f16") return inF32(resize, x, options);
  const { cubicCoefficient: cubic = -0.75, dataFormat } = options;
  requireDtype("resize", x.dtype, ["f32"]);
  const axes = x.rank - 2;
  if (axes < 1 || axes > 3) {
    throw new ShapeError("resize", "x must have one to three spatial axes", {
      got: shapeText(x.shape),
      remedy: "x is [batch, …spatial, channels]; add a batch axis with expandDims(0)?",
    });
  }
  const source = toVolume("resize", x, axes, dataFormat);
  const [batch, channels] = [source.shape[0] as number, source.shape[4] as number];
  const maps = axisMaps(source.shape.slice(4 - axes, 4), options);
  return fromVolume(forward(source, { batch, channels, maps, cubic }), axes, dataFormat);
}

const IDENTITY: AxisMap = { from: 1, to: 1, slope: 1, shift: 0, divisor: 1, taps: 1 };

/** Maps of depth, height and width. */
function axisMaps(spatial: Shape, options: ResizeOptions): AxisMap[] {
  const { size, scale, coordinates = "halfPixel" } = options;
  const sampling = { coordinates, ...methodOf(options) };
  const axes = spatial.length;
  if ((size === undefined) === (scale === undefined)) {
    throw new UsageError("resize", "either size or scale must be given", {
      got: size === undefined ? "neither" : "both",
      remedy: "resize(x, { size: [height, width] }) or resize(x, { scale: 2 }).",
    });
  }
  const sizes = size === undefined ? undefined : perAxis("resize", "size", size, axes);
  const scales = scale === undefined ? [] : factors(scale, axes);
  const maps = spatial.map((from, i) => {
    const ratio: Fraction = sizes ? [sizes[i] as number, from] : fraction(scales[i] as number);
    const to = sizes ? (sizes[i] as number) : Math.floor((from * ratio[0]) / ratio[1]);
    return axisMap(from, to, ratio, sampling);
  });
  return [...Array<AxisMap>(3 - axes).fill(IDENTITY), ...maps];
}

function factors(scale: number | readonly number[], axes: number): readonly number[] {
  const list = typeof scale === "number" ? Array<number>(axes).fill(scale) : scale;
  if (list.length === axes && list.every((value) => Number.isFinite(value) && value > 0)) {
    return list;
  }
  throw new UsageError("resize", "scale must be positive, one number or one per spatial axis", {
    got: `${JSON.stringify(scale)} for ${axes} axes`,
  });
}

/** Numerator and denominator. */
type Fraction = readonly [number, number];

/** The simplest fraction within 10⁻⁹ of a positive number, by its continued fraction. */
function fraction(value: number): Fraction {
  let [before, last]: [Fraction, Fraction] = [
    [0, 1],
    [1, 0],
  ];
  for (let rest = value; ; rest = 1 / (rest - Math.floor(rest))) {
    const whole = Math.floor(rest);
    const next: Fraction = [whole * last[0] + before[0], whole * last[1] + before[1]];
    if (Math.abs(next[0] / next[1] - value) <= 1e-9 * value) return next;
    [before, last] = [last, next];
  }
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestDivisor(b, a % b);
}

/** What an axis is sampled by. */
interface Sampling {
  readonly method: ResizeMethod;
  readonly coordinates: ResizeCoordinates;
  readonly rounding: ResizeRounding;
}

/** The method and its rounding; those that interpolate begin at ⌊s⌋. */
function methodOf(options: ResizeOptions): Omit<Sampling, "coordinates"> {
  const { method = "bilinear", coordinates, rounding } = options;
  if (method === "nearest") {
    const usual = coordinates === "asymmetric" ? "floor" : "roundPreferCeil";
    return { method, rounding: rounding ?? usual };
  }
  if (rounding === undefined) return { method, rounding: "floor" };
  throw new UsageError("resize", 'rounding belongs to method "nearest"', {
    got: `rounding "${rounding}" with method "${method}"`,
    remedy: 'Leave it out, or pass method: "nearest".',
  });
}

type Three = readonly [number, number, number];

/** The map whose floor is (a·o + b) / c rounded. */
const FLOORED: Readonly<Record<ResizeRounding, (a: number, b: number, c: number) => Three>> = {
  floor: (a, b, c) => [a, b, c],
  ceil: (a, b, c) => [a, b + c - 1, c],
  roundPreferFloor: (a, b, c) => [2 * a, 2 * b + c - 1, 2 * c],
  roundPreferCeil: (a, b, c) => [2 * a, 2 * b + c, 2 * c],
};

const TAPS: Readonly<Record<ResizeMethod, number>> = { nearest: 1, bilinear: 2, bicubic: 4 };

function axisMap(
  from: number,
  to: number,
  [over, under]: Fraction,
  { method, coordinates, rounding }: Sampling,
): AxisMap {
  const sources: Readonly<Record<ResizeCoordinates, readonly [number, number, number]>> = {
    halfPixel: [2 * under, under - over, 2 * over],
    alignCorners: to > 1 ? [from - 1, 0, to - 1] : [0, 0, 1],
    asymmetric: [under, 0, over],
  };
  const map = sources[coordinates];
  const common = greatestDivisor(greatestDivisor(map[0], map[1]), map[2]);
  const [a, b, c] = map.map((n) => n / common) as [number, number, number];
  const [slope, shift, divisor] = FLOORED[rounding](a, b, c);
  const isIdentity = slope === divisor && shift === 0;
  const greatest = Math.max(to * slope + Math.abs(shift), (from + 4) * divisor + Math.abs(shift));
  if ((from === 0 && to > 0) || greatest + Math.max(slope, divisor) >= 2 ** 31) {
    throw new ShapeError("resize", "an axis must not be empty, nor too long for its ratio", {
      got: `${from} elements to ${to}`,
      remedy: "Take a ratio of small integers.",
    });
  }
  return { from, to, slope, shift, divisor, taps: isIdentity ? 1 : TAPS[method] };
}

function shapeOf({ batch, channels, maps }: ResizeSpec, side: "from" | "to"): number[] {
  return [batch, ...maps.map((map) => map[side]), channels];
}

function forward(x: Tensor, spec: ResizeSpec): Tensor {
  const y = Tensor.empty(shapeOf(spec, "to"), "f32");
  launch("forward", x, y, spec);
  record("resize", [x], y, [(dy) => adjoint(dy, spec)], spec);
  return y;
}

function adjoint(dy: Tensor, spec: ResizeSpec): Tensor {
  const dx = Tensor.empty(shapeOf(spec, "from"), "f32");
  launch("adjoint", dy, dx, spec);
  record("resizeGradient", [dy], dx, [(g) => forward(g, spec)]);
  return dx;
}

function launch(direction: Direction, given: Tensor, result: Tensor, spec: ResizeSpec): void {
  if (result.size === 0) return;
  const source = contiguous(given);
  const run = planRun(spec.channels, source.offset);
  const width = run === 1 ? 1 : 4;
  const vector = (first: number, name: keyof AxisMap): number[] => [
    first,
    ...spec.maps.map((map) => map[name]),
  ];
  const params = [
    vector(spec.batch, "from"),
    vector(spec.batch, "to"),
    vector(1, "slope"),
    vector(0, "shift"),
    vector(1, "divisor"),
    vector(1, "taps"),
    spec.channels / width,
    source.offset / width,
    spec.cubic,
  ];
  const kernel = kernels.get(`${direction} ${run}`);
  const grid = gridOf(result.size / run);
  device().dispatch(kernel, [source.block, result.block], params, ...grid);
}
