// What generator and discriminator of a GAN minimise, from the discriminator's scores.

import { add, mul, sub } from "../ops/binary.ts";
import { relu, softplus } from "../ops/activations.ts";
import { mean } from "../ops/sum.ts";
import { neg, square } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Two losses that belong together. Scores are unbounded, of any shape. */
export interface AdversarialLosses {
  /** Of the scores of what was generated. */
  readonly generatorLoss: (fake: Tensor) => Tensor;
  /** Of the scores of what is real and of what was generated. */
  readonly discriminatorLoss: (real: Tensor, fake: Tensor) => Tensor;
}

/**
 * The non-saturating losses, in nats; scores s are logits of being real:
 *
 *   L_D = −mean log σ(s_real) − mean log(1 − σ(s_fake)),  L_G = −mean log σ(s_fake)
 *
 * @see Goodfellow et al. 2014, Generative Adversarial Nets, §3.
 */
export const nonSaturating: AdversarialLosses = {
  generatorLoss: (fake) => mean(softplus(neg(fake))),
  discriminatorLoss: (real, fake) => add(mean(softplus(neg(real))), mean(softplus(fake))),
};

/**
 * Least squares: L_D = ½ mean (s_real − 1)² + ½ mean s_fake², L_G = ½ mean (s_fake − 1)².
 *
 * @see Mao et al. 2017, Least Squares Generative Adversarial Networks, eq. 9.
 */
export const leastSquares: AdversarialLosses = {
  generatorLoss: (fake) => mul(mean(square(sub(fake, 1))), 0.5),
  discriminatorLoss: (real, fake) => mul(add(mean(square(sub(real, 1))), mean(square(fake))), 0.5),
};

/**
 * Wasserstein: L_D = mean s_fake − mean s_real, L_G = −mean s_fake. The discriminator must be kept
 * Lipschitz, by `gradientPenalty` say.
 *
 * @see Arjovsky et al. 2017, Wasserstein GAN, algorithm 1.
 */
export const wasserstein: AdversarialLosses = {
  generatorLoss: (fake) => neg(mean(fake)),
  discriminatorLoss: (real, fake) => sub(mean(fake), mean(real)),
};

/**
 * Hinge: L_D = mean max(0, 1 − s_real) + mean max(0, 1 + s_fake), L_G = −mean s_fake.
 *
 * @see Miyato et al. 2018, Spectral Normalization for GANs, eq. 16 and 17.
 */
export const adversarialHinge: AdversarialLosses = {
  generatorLoss: (fake) => neg(mean(fake)),
  discriminatorLoss: (real, fake) => add(mean(relu(sub(1, real))), mean(relu(add(fake, 1)))),
};
