// Distance of two sets of features as if both were normally distributed.

import { cast } from "../ops/cast.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Metric, MetricOptions } from "./metric.ts";
import { type MomentValues, Moments } from "./moments.ts";
import { requireRows } from "./requirements.ts";
import { traceOfRoot } from "./traceOfRoot.ts";

const OP = "FrechetDistance";

/** The two parts of a Fréchet distance. */
export interface FrechetDetails {
  /** ‖μ₁ − μ₂‖². */
  readonly means: number;
  /** tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½). */
  readonly covariances: number;
}

/**
 * Fréchet distance, squared, between the normal distributions with the means and covariances of two
 * sets of features: the FID, if they are those of an Inception network.
 *
 *   ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½)
 *
 * Both sets go into sums on the GPU, 16·features² bytes in all; the result is computed on the host, in
 * 3·features³ steps or so: some twenty seconds for 2048 features. Covariances are unbiased; NaN for
 * fewer than two rows of either set.
 *
 * @see Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
 *   Equilibrium.
 * @see Dowson & Landau 1982, The Fréchet distance between multivariate normal distributions.
 */
export class FrechetDistance implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  readonly #generated: Moments = new Moments(OP, true);
  readonly #real: Moments = new Moments(OP, true);

  constructor(options: MetricOptions = {}) {
    this.name = options.name ?? "frechetDistance";
  }

  reset(): void {
    this.#generated.reset();
    this.#real.reset();
  }

  /**
   * The order of the two sets does not matter, nor need they be equally large: a batch of either may
   * have no rows.
   *
   * @param generated  `[n, features]`.
   * @param real       `[m, features]`.
   * @throws {ShapeError} unless both have as many features as those before.
   */
  update(generated: Tensor, real: Tensor): void {
    requireRows(OP, generated, this.#real.columns);
    requireRows(OP, real, generated.shape[1]);
    untaped(() =>
      scope(() => {
        this.#generated.add(cast(generated, "f32"));
        this.#real.add(cast(real, "f32"));
      }),
    );
  }

  async result(): Promise<number> {
    const { means, covariances } = await this.details();
    return means + covariances;
  }

  async details(): Promise<FrechetDetails> {
    const [a, b] = await Promise.all([this.#generated.read(), this.#real.read()]);
    if (a.count < 2 || b.count < 2) return { means: NaN, covariances: NaN };
    const n = a.mean.length;
    const means = a.mean.reduce((sum, mean, i) => sum + (mean - (b.mean[i] as number)) ** 2, 0);
    const [first, second] = [covarianceOf(a), covarianceOf(b)];
    const root = traceOfRoot(first, second, n);
    return { means, covariances: traceOf(first, n) + traceOf(second, n) - 2 * root };
  }
}

function covarianceOf({ spread, count }: MomentValues): Float64Array {
  return spread.map((value) => value / (count - 1));
}

function traceOf(matrix: Float64Array, n: number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += matrix[i * n + i] as number;
  return total;
}
