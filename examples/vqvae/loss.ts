// What the autoencoder is trained by.

import type { Tensor } from "../../src/index.ts";
import { meanSquaredError } from "../../src/losses/index.ts";

/** Squared error in units of the data's variance: mean (x̂ − x)² / σ². */
export const reconstructionLoss =
  (variance: number) =>
  (outputs: Tensor, inputs: Tensor): Tensor =>
    meanSquaredError(outputs, inputs).div(variance);
