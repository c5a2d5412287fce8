// Limits on gradients, by their common norm and by value.

import { UsageError } from "../errors.ts";
import { div, maximum, mul, add } from "../ops/binary.ts";
import { sum } from "../ops/sum.ts";
import { clip, sqrt, square } from "../ops/unary.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Gradients in the order of their parameters; null where there is none. */
export type Gradients = readonly (Tensor | null)[];

function requirePositive(op: string, limit: number): void {
  if (limit > 0) return;
  throw new UsageError(op, "the limit must be a positive number", { got: `${limit}` });
}

/**
 * √(Σ g²) over all elements of all gradients: a scalar.
 *
 * @throws {UsageError} if every gradient is null.
 */
export function globalNorm(gradients: Gradients): Tensor {
  return scope(() => {
    const squares = gradients.flatMap((g) => (g === null ? [] : [sum(square(g))]));
    if (squares.length === 0) {
      const got = `${gradients.length} gradients`;
      throw new UsageError("globalNorm", "there must be a gradient", { got });
    }
    return sqrt(squares.reduce((a, b) => add(a, b)));
  });
}

/** What `clipByGlobalNorm` returns. */
export interface ClippedGradients {
  readonly gradients: (Tensor | null)[];
  /** Scalar: the norm before clipping. */
  readonly norm: Tensor;
}

/**
 * Gradients scaled down together so that their common norm is at most `limit`:
 *
 *   g ← g · limit / max(limit, ‖g‖)
 *
 * @throws {UsageError} unless `limit` is positive.
 * @see Pascanu et al. 2013, On the difficulty of training recurrent neural networks, algorithm 1.
 */
export function clipByGlobalNorm(gradients: Gradients, limit: number): ClippedGradients {
  requirePositive("clipByGlobalNorm", limit);
  return scope(() => {
    const norm = globalNorm(gradients);
    const scale = div(limit, maximum(norm, limit));
    return { gradients: gradients.map((g) => (g === null ? null : mul(g, scale))), norm };
  });
}

/**
 * Gradients with every element limited to [−limit, limit].
 *
 * @throws {UsageError} unless `limit` is positive.
 */
export function clipByValue(gradients: Gradients, limit: number): (Tensor | null)[] {
  requirePositive("clipByValue", limit);
  return gradients.map((g) => (g === null ? null : clip(g, { min: -limit, max: limit })));
}
