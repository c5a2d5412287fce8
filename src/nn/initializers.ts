// Initial values of variables, named and scaled as in Sonnet.

import { UsageError } from "../errors.ts";
import { full, ones, eye, tensor, zeros } from "../ops/creation.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { leavingStreams } from "../ops/streamJournal.ts";
import { HostRandom } from "../tensor/philox.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Makes a variable's initial value from its shape. */
export type Initializer = (shape: Shape) => Tensor;

/** All 0. */
export const Zeros = (): Initializer => (shape) => zeros(shape);
/** All 1. */
export const Ones = (): Initializer => (shape) => ones(shape);
/** All the same value. */
export const Constant =
  (value: number): Initializer =>
  (shape) =>
    full(shape, value);

/** Options of random initializers. */
export interface RandomOptions {
  /** Default: the library's, see `setSeed`. */
  readonly generator?: Generator;
}

/** What `draw` draws: once, since a variable has one initial value. */
function drawn<T>({ generator }: RandomOptions, draw: (generator: Generator) => T): T {
  return leavingStreams(() => draw(generator ?? defaultGenerator));
}

/** Uniform in [low, high). */
export function RandomUniform(low = 0, high = 1, options: RandomOptions = {}): Initializer {
  return (shape) => drawn(options, (generator) => generator.uniform(shape, low, high));
}

/** Normal with a mean and a standard deviation. */
export function RandomNormal(mean = 0, stddev = 1, options: RandomOptions = {}): Initializer {
  return (shape) => drawn(options, (generator) => generator.normal(shape, mean, stddev));
}

/** Normal within two deviations of the mean. */
export function TruncatedNormal(mean = 0, stddev = 1, options: RandomOptions = {}): Initializer {
  return (shape) => drawn(options, (generator) => generator.truncatedNormal(shape, mean, stddev));
}

/** `gain` on the diagonal of a matrix. */
export function Identity(gain = 1): Initializer {
  return (shape) => {
    const [rows, columns] = requireMatrix("Identity", shape);
    return eye(rows, columns).mul(gain);
  };
}

/** Options of `VarianceScaling`. */
export interface VarianceScalingOptions extends RandomOptions {
  readonly scale?: number;
  readonly mode?: "fanIn" | "fanOut" | "fanAvg";
  readonly distribution?: "truncatedNormal" | "untruncatedNormal" | "uniform";
}

/** Deviation of the standard normal distribution cut at ±2. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/**
 * Variance `scale / n`, with n the number of inputs, outputs, or their mean.
 *
 * @see Glorot & Bengio 2010; He et al. 2015.
 */
export function VarianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const { scale = 1, mode = "fanIn", distribution = "truncatedNormal" } = options;
  return (shape) => {
    const [fanIn, fanOut] = fans(shape);
    const n = mode === "fanIn" ? fanIn : mode === "fanOut" ? fanOut : (fanIn + fanOut) / 2;
    const variance = scale / Math.max(1, n);
    if (distribution === "uniform") {
      const limit = Math.sqrt(3 * variance);
      return RandomUniform(-limit, limit, options)(shape);
    }
    if (distribution === "untruncatedNormal") {
      return RandomNormal(0, Math.sqrt(variance), options)(shape);
    }
    return TruncatedNormal(0, Math.sqrt(variance) / TRUNCATED_DEVIATION, options)(shape);
  };
}

/** Inputs and outputs of a weight: the last two axes, times the area of those before them. */
function fans(shape: Shape): [number, number] {
  if (shape.length < 2) return [sizeOf(shape), sizeOf(shape)];
  const area = sizeOf(shape.slice(0, -2));
  return [area * (shape.at(-2) as number), area * (shape.at(-1) as number)];
}

/**
 * A matrix with orthonormal rows or columns, whichever are fewer, times `gain`; axes before the last
 * are taken together.
 *
 * @see Saxe et al. 2014, Exact solutions to the nonlinear dynamics of learning.
 */
export function Orthogonal(gain = 1, options: { readonly seed?: number } = {}): Initializer {
  return (shape) => {
    if (shape.length < 2) throw matrixError("Orthogonal", shape);
    const columns = shape.at(-1) as number;
    const rows = sizeOf(shape) / columns;
    const random = new HostRandom(options.seed ?? drawn({}, (generator) => generator.nextStream()));
    const basis = orthonormal(Math.min(rows, columns), Math.max(rows, columns), random);
    const at = (i: number): number => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      const vector = basis[Math.min(rows, columns) === rows ? row : column] as Float64Array;
      return gain * (vector[Math.min(rows, columns) === rows ? column : row] as number);
    };
    return tensor(
      Float32Array.from({ length: rows * columns }, (_, i) => at(i)),
      { shape },
    );
  };
}

/** `count` orthonormal vectors by Gram and Schmidt's method, twice for accuracy. */
function orthonormal(count: number, length: number, random: HostRandom): Float64Array[] {
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const v = Float64Array.from({ length }, () => random.normal());
    for (const u of [...basis, ...basis]) {
      const overlap = u.reduce((sum, x, i) => sum + x * (v[i] as number), 0);
      u.forEach((x, i) => (v[i] = (v[i] as number) - overlap * x));
    }
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    if (norm > 1e-8) basis.push(v.map((x) => x / norm));
  }
  return basis;
}

function requireMatrix(op: string, shape: Shape): [number, number] {
  if (shape.length !== 2) throw matrixError(op, shape);
  return [shape[0] as number, shape[1] as number];
}

function matrixError(op: string, shape: Shape): UsageError {
  return new UsageError(op, "the shape must be that of a matrix", { got: `[${shape}]` });
}
