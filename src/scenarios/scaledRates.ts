// Learning rates by module, for any optimizer.

import { UsageError } from "../errors.ts";
import { assign } from "../ops/assign.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { copy } from "../ops/elementwise.ts";
import { untaped } from "../ops/tape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Trainable } from "./update.ts";

/** Modules with the learning rates of their parameters, as multiples of the optimizer's. */
export type Rates = readonly (readonly [module: Trainable, rate: number])[];

/**
 * Lets parameters go a part of the way that an optimizer takes them: p ← p₀ + rate · (p − p₀). For rules
 * whose step is a multiple of the learning rate that is another learning rate.
 */
export class ScaledRates {
  readonly #rates: ReadonlyMap<Variable, number>;
  #before: ReadonlyMap<Variable, Tensor> = new Map();

  /** @throws {UsageError} unless rates are numbers from 0 on. */
  constructor(op: string, rates: Rates) {
    const wrong = rates.find(([, rate]) => !(rate >= 0 && Number.isFinite(rate)));
    if (wrong !== undefined) {
      throw new UsageError(op, "rates must be numbers from 0 on", { got: `${wrong[1]}` });
    }
    const each = rates.flatMap(([module, rate]) => {
      return module.trainableVariables.map((variable) => [variable, rate] as const);
    });
    this.#rates = new Map(each.filter(([, rate]) => rate !== 1));
  }

  /** Notes where the parameters are before a step. */
  note(): void {
    const keep = (): [Variable, Tensor][] =>
      [...this.#rates.keys()].map((variable) => [variable, copy.run(variable)]);
    this.#before = new Map(untaped(keep));
  }

  /** Takes the rest of the step back. */
  apply(): void {
    for (const [variable, before] of this.#before) {
      const way = mul(sub(variable, before), this.#rates.get(variable) as number);
      assign(variable, add(before, way));
    }
  }
}
