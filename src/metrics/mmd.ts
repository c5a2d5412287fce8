// Maximum mean discrepancy of two sets of features.

import { UsageError } from "../errors.ts";
import { add, equal, mul } from "../ops/binary.ts";
import { arange, tensor } from "../ops/creation.ts";
import { cast } from "../ops/cast.ts";
import { concat, stack } from "../ops/slice.ts";
import { sum } from "../ops/sum.ts";
import { gather } from "../ops/gather.ts";
import { untaped } from "../ops/tape.ts";
import { exp } from "../ops/unary.ts";
import { expandDims } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { KeptRows } from "./keptRows.ts";
import type { Metric, MetricOptions } from "./metric.ts";
import { centered, overBlocks, squaredDistances } from "./pairs.ts";
import { requirePositive, requireRows } from "./requirements.ts";

/** Options of `MMD`. */
export interface MMDOptions extends MetricOptions {
  /**
   * σ of the kernel exp(−‖x − y‖²/(2σ²)); of several, the mean kernel. Default: the median distance of
   * all rows, at most a thousand of them.
   */
  readonly bandwidths?: readonly number[];
}

/** Rows that the median distance is taken of. */
const MEDIAN_ROWS = 1000;

/** What `MMD.details` gives. */
export interface MMDDetails {
  /** σ as given, or the median distance. */
  readonly bandwidths: readonly number[];
}

/**
 * Unbiased estimate of the squared maximum mean discrepancy, which is 0 in the mean for equal
 * distributions, and so may be negative.
 *
 *   1/(n(n−1)) Σ_{i≠j} k(xᵢ, xⱼ) + 1/(m(m−1)) Σ_{i≠j} k(yᵢ, yⱼ) − 2/(nm) Σ_{ij} k(xᵢ, yⱼ)
 *
 * Both sets are kept on the GPU, 4 bytes per number, and compared there in blocks. NaN for fewer than
 * two rows of either set.
 *
 * @see Gretton et al. 2012, A Kernel Two-Sample Test, lemma 6.
 */
export class MMD implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #bandwidths: readonly number[] | undefined;
  readonly #first: KeptRows = new KeptRows("MMD");
  readonly #second: KeptRows = new KeptRows("MMD");

  constructor(options: MMDOptions = {}) {
    const { bandwidths, name = "mmd" } = options;
    for (const one of bandwidths ?? []) requirePositive("MMD", "every bandwidth", one);
    if (bandwidths?.length === 0) {
      throw new UsageError("MMD", "bandwidths must not be empty", { got: "[]" });
    }
    this.name = name;
    this.#bandwidths = bandwidths;
  }

  reset(): void {
    this.#first.reset();
    this.#second.reset();
  }

  /**
   * @param first   `[n, features]`.
   * @param second  `[m, features]`; a batch of either may have no rows.
   * @throws {ShapeError} unless both have as many features as those before.
   */
  update(first: Tensor, second: Tensor): void {
    requireRows("MMD", first, this.#second.columns);
    requireRows("MMD", second, first.shape[1]);
    untaped(() =>
      scope(() => {
        this.#first.add(cast(first, "f32"));
        this.#second.add(cast(second, "f32"));
      }),
    );
  }

  async result(): Promise<number> {
    const [n, m] = [this.#first.rows, this.#second.rows];
    if (n < 2 || m < 2) return NaN;
    const { bandwidths } = await this.details();
    const sums = scope(() => {
      const [x, y] = this.#sets();
      const pairs = [
        [x, x],
        [y, y],
        [x, y],
      ] as const;
      return pairs.map(([a, b]) => kernelSums(a, b, bandwidths, a === b));
    });
    const [xx, yy, xy] = await Promise.all(sums.map(totalOf));
    return (
      (xx as number) / (n * (n - 1)) +
      (yy as number) / (m * (m - 1)) -
      (2 * (xy as number)) / (n * m)
    );
  }

  async details(): Promise<MMDDetails> {
    const given = this.#bandwidths;
    if (given !== undefined) return { bandwidths: given };
    if (this.#first.rows < 2 || this.#second.rows < 2) return { bandwidths: [NaN] };
    const distances = scope(() => {
      const pool = concat([...this.#sets()]);
      const rows = pool.shape[0] as number;
      const count = Math.min(rows, MEDIAN_ROWS);
      const picked = Int32Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
      const some = gather(pool, tensor(picked));
      return squaredDistances(some, some);
    });
    return { bandwidths: [Math.sqrt(medianOfPairs(await distances.data()))] };
  }

  #sets(): readonly [Tensor, Tensor] {
    return centered(this.#first.joined() as Tensor, this.#second.joined() as Tensor);
  }
}

/** Sums of the mean kernel over blocks of pairs, without those of a row with itself. */
function kernelSums(a: Tensor, b: Tensor, bandwidths: readonly number[], isSame: boolean): Tensor {
  const blocks = overBlocks(a, b, (distances, from) => {
    const kernels = bandwidths.map((sigma) => exp(mul(distances, -0.5 / sigma ** 2)));
    const kernel = mul(
      kernels.reduce((total, one) => add(total, one)),
      1 / kernels.length,
    );
    if (!isSame) return sum(kernel);
    const [rows, columns] = distances.shape as [number, number];
    const row = expandDims(arange(from, from + rows, 1, "i32"), 1);
    return sum(where(equal(row, arange(0, columns, 1, "i32")), 0, kernel));
  });
  return stack(blocks);
}

async function totalOf(parts: Tensor): Promise<number> {
  return Array.from(await parts.data()).reduce((total, part) => total + part, 0);
}

/** The median of a symmetric matrix above its diagonal. */
function medianOfPairs(matrix: ArrayLike<number>): number {
  const n = Math.sqrt(matrix.length);
  const values = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) values[at++] = matrix[i * n + j] as number;
  }
  values.sort();
  const half = values.length / 2;
  return ((values[Math.ceil(half) - 1] as number) + (values[Math.floor(half)] as number)) / 2;
}
