// What the autoencoder is trained by.

import type { Tensor } from "../../src/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";
import type { Coded } from "./net.ts";

/** The loss, and the part of it that people understand. */
export interface Losses {
  readonly loss: Tensor;
  /** Mean squared error of a pixel. */
  readonly error: Tensor;
}

/**
 * Squared error in units of the data's variance, and what keeps the encoder near the codebook:
 *
 *   loss = mean (x̂ − x)² / σ² + commitment
 */
export function vqvaeLoss(
  x: Tensor,
  { reconstruction, quantized }: Coded,
  variance: number,
): Losses {
  const error = meanSquaredError(reconstruction, x);
  return { loss: error.div(variance).add(quantized.loss), error };
}
