// What a variational autoencoder minimises: the negative evidence lower bound.

import { ShapeError, shapeText } from "../errors.ts";
import { add, mul } from "../ops/binary.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import { split } from "../ops/slice.ts";
import { mean } from "../ops/sum.ts";
import { exp } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { gaussianKlDivergence } from "./gaussianKlDivergence.ts";
import type { NegativeLogLikelihood } from "./likelihood.ts";

/** The functions that a variational autoencoder consists of. */
export interface VariationalParts {
  /** From `[batch, …]` to `[batch, …, 2·latents]`: means, and behind them logarithms of variances. */
  readonly encoder: (x: Tensor) => Tensor;
  /** From `[batch, …, latents]` to what `likelihood` takes. */
  readonly decoder: (z: Tensor) => Tensor;
  /** `bernoulliLikelihood` or a `gaussianLikelihood()`. */
  readonly likelihood: NegativeLogLikelihood;
}

/** Options of `variationalLosses`. */
export interface VariationalOptions {
  /** How much the divergence counts. Default 1. */
  readonly beta?: number;
  /** Draws the latents. Default: the library's. */
  readonly generator?: Generator;
}

/** Means over the examples, in nats. */
export interface VariationalLosses {
  readonly loss: Tensor;
  readonly reconstruction: Tensor;
  readonly kl: Tensor;
}

/**
 * The negative evidence lower bound per example, with one latent drawn for each; `loss` is, for β = 1,
 * an upper bound of −log p(x).
 *
 *   loss = reconstruction + β·kl,  reconstruction = −log p(x | z),  kl = KL(N(μ, σ²) ‖ N(0, 1))
 *   z = μ + σ·ε, ε standard normal
 *
 * @throws {ShapeError} if the encoder's outputs do not have an even last axis.
 * @see Kingma & Welling 2014, Auto-Encoding Variational Bayes, eq. 10; Higgins et al. 2017, β-VAE.
 */
export function variationalLosses(
  parts: VariationalParts,
  x: Tensor,
  options: VariationalOptions = {},
): VariationalLosses {
  const { encoder, decoder, likelihood } = parts;
  const { beta = 1, generator = defaultGenerator } = options;
  const encoded = encoder(x);
  if (encoded.rank < 2 || (encoded.shape.at(-1) as number) % 2 !== 0) {
    throw new ShapeError("variationalLosses", "the encoder must give means and log variances", {
      got: shapeText(encoded.shape),
      remedy: "Make its last layer twice as wide as the latents.",
    });
  }
  const [means, logVariances] = split(encoded, 2, -1) as [Tensor, Tensor];
  const noise = generator.normal(means.shape);
  const latents = add(means, mul(exp(mul(logVariances, 0.5)), noise));
  const reconstruction = mean(likelihood(decoder(latents), x));
  const kl = gaussianKlDivergence(means, logVariances);
  return { loss: add(reconstruction, mul(kl, beta)), reconstruction, kl };
}
