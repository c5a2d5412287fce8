// Moving averages of parameters, for evaluation.

import { UsageError } from "../errors.ts";
import { assign, assignAdd } from "../ops/assign.ts";
import { add, div, mul, sub } from "../ops/binary.ts";
import { ones, zeros } from "../ops/creation.ts";
import { pow } from "../ops/pow.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { during, replaceBy } from "./inPlace.ts";

/** Options of `ParameterAverage`. */
export interface ParameterAverageOptions {
  /** β: how much of the average stays at an update. Default 0.999. */
  readonly decay?: number;
  /** Divides by 1 − βᵗ, so that the zeros it starts from do not count. Default true. */
  readonly zeroDebias?: boolean;
}

/**
 * Exponential moving averages of parameters:
 *
 *   a ← β·a + (1 − β)·p, from a = 0; average = a / (1 − βᵗ) after t updates.
 *
 *     const average = new ParameterAverage(model.trainableVariables);
 *     optimizer.minimize(loss, model.trainableVariables);
 *     average.update();                                   // after each step
 *     await average.during(() => evaluate(model, data));  // with the averages in place
 *
 * @see Polyak & Juditsky 1992; Kingma & Ba 2015, Adam, §7.2.
 */
export class ParameterAverage {
  readonly decay: number;
  readonly zeroDebias: boolean;
  /** Updates so far, on the GPU: f32 scalar. */
  readonly step: Variable;
  readonly #parameters: readonly Variable[];
  readonly #hidden: readonly Variable[];

  /** @throws {UsageError} unless there are parameters, and `decay` is in [0, 1). */
  constructor(parameters: readonly Variable[], options: ParameterAverageOptions = {}) {
    const { decay = 0.999, zeroDebias = true } = options;
    if (parameters.length === 0) throw new UsageError("ParameterAverage", "pass parameters");
    if (!(decay >= 0 && decay < 1)) {
      throw new UsageError("ParameterAverage", "decay must be in [0, 1)", { got: `${decay}` });
    }
    this.decay = decay;
    this.zeroDebias = zeroDebias;
    this.#parameters = [...parameters];
    const fresh = (shape: readonly number[], name: string): Variable =>
      scope(() => new Variable(zeros(shape), { name: `average/${name}`, trainable: false }));
    this.step = fresh([], "step");
    this.#hidden = parameters.map(({ shape, name }) => fresh(shape, name));
  }

  /** Everything that a checkpoint must hold. */
  get variables(): readonly Variable[] {
    return [this.step, ...this.#hidden];
  }

  /** Takes the parameters' values of now into the averages. */
  update(): void {
    untaped(() =>
      scope(() => {
        assignAdd(this.step, ones([]));
        this.#hidden.forEach((hidden, i) => {
          const now = mul(this.#parameters[i] as Variable, 1 - this.decay);
          assign(hidden, add(mul(hidden, this.decay), now));
        });
      }),
    );
  }

  /** The averages, in the order of the parameters. Before the first update they are not defined. */
  values(): Tensor[] {
    return untaped(() =>
      scope(() => {
        if (!this.zeroDebias) return this.#hidden.map((hidden) => mul(hidden, 1));
        const part = sub(1, pow(this.decay, this.step));
        return this.#hidden.map((hidden) => div(hidden, part));
      }),
    );
  }

  /** Puts the averages in place of the parameters, for good. */
  replace(): void {
    replaceBy(this.#parameters, this.values());
  }

  /** Runs `use` with the averages in place of the parameters, which are then put back. */
  during<T>(use: () => T | Promise<T>): Promise<T> {
    return during(this.#parameters, this.values(), use);
  }
}
