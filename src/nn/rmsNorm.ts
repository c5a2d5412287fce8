// Norm by the root mean square.

import { rmsNorm } from "../ops/layerNorm.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { type Initializer, Ones } from "./initializers.ts";
import { Module } from "./module.ts";

/** Options of `RMSNorm`. */
export interface RMSNormOptions {
  /** Added to the mean square. Default 1e-5. */
  readonly eps?: number;
  /** Default true. */
  readonly createScale?: boolean;
  /** Default: ones. */
  readonly scaleInit?: Initializer;
  readonly name?: string;
}

/**
 * y = x / √(mean(x²) + ε) · scale over the last axis. Variable: `scale [features]`.
 *
 * @see Zhang & Sennrich 2019, Root Mean Square Layer Normalization.
 */
export class RMSNorm extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "rms_norm";
  readonly options: RMSNormOptions;
  scale: Variable | undefined;

  constructor(options: RMSNormOptions = {}) {
    super(options.name);
    this.options = options;
  }

  /** @param x  `[…, features]`. */
  forward(x: Tensor): Tensor {
    const { eps = 1e-5, createScale = true, scaleInit = Ones() } = this.options;
    if (createScale) {
      this.scale ??= new Variable(scaleInit([x.shape.at(-1) ?? 1]), { name: "scale" });
    }
    return rmsNorm(x, { epsilon: eps, ...(this.scale && { scale: this.scale }) });
  }
}
