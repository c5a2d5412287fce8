// Rotary position embedding: pairs of elements turned by an angle that grows with the position.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { requireDtype } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, mul } from "./binary.ts";
import { arange, tensor } from "./creation.ts";
import { gather } from "./gather.ts";
import { concat, slice, stack } from "./slice.ts";
import { neg } from "./unary.ts";
import { reshape } from "./views.ts";
import { inF32 } from "./inF32.ts";

/** Options of `rotaryEmbedding`. */
export interface RotaryOptions {
  /** The slowest pair turns by about 1/base per position. Default 10000. */
  readonly base?: number;
  /**
   * Elements that turn together. "halves" (default): d and d + D/2, as in GPT-NeoX and Llama.
   * "interleaved": 2d and 2d + 1, as in the paper and GPT-J.
   */
  readonly pairing?: "halves" | "interleaved";
  /**
   * Position of the first row, for decoding with a cache: a number, or i32 on the GPU, so that a
   * compiled step need not be recorded anew. Default 0.
   */
  readonly offset?: number | Tensor;
  /** Positions there are in all, for an offset on the GPU; rows beyond become 0. */
  readonly length?: number;
}

const OP = "rotaryEmbedding";

/**
 * Rows turned by their position, so that products of queries and keys depend on distances only.
 *
 *   (a, b) → (a cos θ − b sin θ, a sin θ + b cos θ),   θ = (t + offset) · base^(−2d/D)
 *
 * for pair d of D/2 in row t.
 *
 * @param x  `[…, T, D]` f32, with D even.
 * @returns  of the shape of `x`.
 * @throws {ShapeError} if D is odd or x has fewer than two axes.
 * @throws {UsageError} if the base is not positive, or an offset on the GPU has no length.
 * @see Su et al. 2021, RoFormer, §3.2.2.
 */
export function rotaryEmbedding(x: Tensor, options: RotaryOptions = {}): Tensor {
  if (x.dtype === "f16") return inF32(rotaryEmbedding, x, options);
  const { base = 10000, pairing = "halves", offset = 0 } = options;
  const isFixed = typeof offset === "number";
  requireDtype(OP, x.dtype, ["f32"]);
  const [length, depth] = [x.shape.at(-2) ?? 0, x.shape.at(-1) ?? 0];
  if (x.rank < 2 || depth % 2 !== 0) {
    throw new ShapeError(OP, "x must be [..., T, D] with D even", { got: shapeText(x.shape) });
  }
  if (!(base > 0)) throw new UsageError(OP, "the base must be positive", { got: `${base}` });
  if (!isFixed && options.length === undefined) {
    throw new UsageError(OP, "an offset on the GPU needs the length of all", {
      remedy: "Pass { offset, length }, the length of the longest sequence.",
    });
  }
  const rows = isFixed ? length : (options.length ?? 0);
  const table = angles(rows, depth / 2, base, isFixed ? offset : 0);
  const places = isFixed ? undefined : add(arange(0, length, 1, "i32"), reshape(offset, []));
  // Angles in f64 on the host: f32 loses the phase of late positions.
  const [cosines, sines] = [Math.cos, Math.sin].map((wave) => {
    const all = tensor(Float32Array.from(table, wave), { shape: [rows, depth / 2] });
    return places === undefined ? all : gather(all, places);
  }) as [Tensor, Tensor];
  return pairing === "halves" ? turnHalves(x, cosines, sines) : turnNeighbours(x, cosines, sines);
}

function angles(length: number, pairs: number, base: number, offset: number): Float64Array {
  return Float64Array.from({ length: length * pairs }, (_, i) => {
    return (Math.floor(i / pairs) + offset) * base ** (-(i % pairs) / pairs);
  });
}

function turnHalves(x: Tensor, cosines: Tensor, sines: Tensor): Tensor {
  const half = (x.shape.at(-1) as number) / 2;
  const front = x.shape.slice(1).map(() => null);
  const a = slice(x, [...front, [0, half]]);
  const b = slice(x, [...front, [half, 2 * half]]);
  const swapped = concat([neg(b), a], -1);
  return add(mul(x, concat([cosines, cosines], -1)), mul(swapped, concat([sines, sines], -1)));
}

function turnNeighbours(x: Tensor, cosines: Tensor, sines: Tensor): Tensor {
  const pairs = reshape(x, [...x.shape.slice(0, -1), (x.shape.at(-1) as number) / 2, 2]);
  const front = x.shape.map(() => null);
  const a = slice(pairs, [...front, 0]);
  const b = slice(pairs, [...front, 1]);
  const turned = [add(mul(a, cosines), neg(mul(b, sines))), add(mul(a, sines), mul(b, cosines))];
  return reshape(stack(turned, -1), x.shape);
}
