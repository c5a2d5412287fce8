// Dropout.

import { UsageError } from "../errors.ts";
import { div, greaterEqual, sub } from "../ops/binary.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { where } from "../ops/where.ts";
import type { Shape } from "../tensor/shape.ts";
import { requireIsTraining } from "./isTraining.ts";
import { Module } from "./module.ts";

/** Options of `Dropout`. */
export interface DropoutOptions {
  /** Shape of what is drawn, which broadcasts to the input: `[B, 1, 1, C]` drops whole channels. */
  readonly noiseShape?: Shape;
  readonly generator?: Generator;
  readonly name?: string;
}

/**
 * In training drops each element with probability `rate` and scales the rest by 1 / (1 − rate);
 * otherwise returns its input.
 *
 * @see Srivastava et al. 2014, Dropout.
 */
export class Dropout extends Module<(x: Tensor, call: { isTraining: boolean }) => Tensor> {
  static readonly defaultName: string = "dropout";
  readonly _rate: number | Variable;
  readonly noiseShape: Shape | undefined;
  readonly generator: Generator;

  /** @param rate  in [0, 1); a scalar variable can change it between steps, and is not checked. */
  constructor(rate: number | Variable, options: DropoutOptions = {}) {
    super(options.name);
    if (typeof rate === "number" && !(rate >= 0 && rate < 1)) {
      throw new UsageError("Dropout", "rate must be in [0, 1)", { got: `${rate}` });
    }
    this._rate = rate;
    this.noiseShape = options.noiseShape;
    this.generator = options.generator ?? defaultGenerator;
  }

  /** Probability of dropping an element. */
  get rate(): number | Variable {
    return this._rate;
  }

  /**
   * @param call  must say whether it trains.
   * @throws {UsageError} if it does not.
   */
  forward(x: Tensor, call: { isTraining: boolean }): Tensor {
    const { _rate: rate, noiseShape, generator } = this;
    if (!requireIsTraining(this.moduleName, call) || rate === 0) return x;
    if (typeof rate === "number" && noiseShape === undefined) return generator.dropout(x, rate);
    const kept = greaterEqual(generator.uniform(noiseShape ?? x.shape), rate);
    return div(where(kept, x, 0), typeof rate === "number" ? 1 - rate : sub(1, rate));
  }
}
