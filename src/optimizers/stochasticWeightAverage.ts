// Stochastic weight averaging: the mean of the parameters that training passes through.

import { UsageError } from "../errors.ts";
import { assign, assignAdd } from "../ops/assign.ts";
import { add, div, mul, sub } from "../ops/binary.ts";
import { ones, zeros } from "../ops/creation.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { during, replaceBy } from "./inPlace.ts";

/**
 * Equal averages of parameters:
 *
 *   n ← n + 1; a ← a + (p − a) / n.
 *
 *     const average = new StochasticWeightAverage(model.trainableVariables);
 *     average.update(); // now and then, once training wanders about: at the end of an epoch, say
 *     average.replace();
 *     await updateBatchNorm(model, batches, (x) => model(x, { isTraining: true })); // of renga/nn
 *
 * Statistics of batch norm are those of other parameters than the averages, hence the last line. A learning
 * rate that stays high, or comes back to it as in `cosineRestarts`, is part of the method.
 *
 * @see Izmailov et al. 2018, Averaging Weights Leads to Wider Optima and Better Generalization.
 */
export class StochasticWeightAverage {
  /** Updates so far, on the GPU: f32 scalar. */
  readonly step: Variable;
  readonly #parameters: readonly Variable[];
  readonly #averages: readonly Variable[];

  /** @throws {UsageError} unless there are parameters. */
  constructor(parameters: readonly Variable[]) {
    if (parameters.length === 0) {
      throw new UsageError("StochasticWeightAverage", "pass parameters");
    }
    this.#parameters = [...parameters];
    const fresh = (shape: readonly number[], name: string): Variable =>
      scope(() => new Variable(zeros(shape), { name: `average/${name}`, trainable: false }));
    this.step = fresh([], "step");
    this.#averages = parameters.map(({ shape, name }) => fresh(shape, name));
  }

  /** Everything that a checkpoint must hold. */
  get variables(): readonly Variable[] {
    return [this.step, ...this.#averages];
  }

  /** Takes the parameters' values of now into the averages. */
  update(): void {
    untaped(() =>
      scope(() => {
        assignAdd(this.step, ones([]));
        this.#averages.forEach((average, i) => {
          const distance = sub(this.#parameters[i] as Variable, average);
          assign(average, add(average, div(distance, this.step)));
        });
      }),
    );
  }

  /** The averages, in the order of the parameters. Before the first update they are 0. */
  values(): Tensor[] {
    return untaped(() => scope(() => this.#averages.map((average) => mul(average, 1))));
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
