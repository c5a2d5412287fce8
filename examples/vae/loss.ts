// The loss: what images cost in nats, by the bound.

import type { Tensor } from "../../src/index.ts";
import { bernoulliLikelihood, variationalLosses } from "../../src/losses/index.ts";
import type { Coder } from "./net.ts";

/** Pixels are black or white. */
export { bernoulliLikelihood as pixelLikelihood };

/** The mean negative evidence lower bound of images. */
export function bound(coder: Coder, images: Tensor): Tensor {
  return variationalLosses({ ...coder, likelihood: bernoulliLikelihood }, images).loss;
}
