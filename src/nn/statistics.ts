// Statistics of what passes by, kept in variables: sums, means and moving averages.

import { UsageError } from "../errors.ts";
import { assign, assignAdd } from "../ops/assign.ts";
import { add, div, mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { ones, zeros } from "../ops/creation.ts";
import { untaped } from "../ops/tape.ts";
import { expm1, neg } from "../ops/unary.ts";
import { withNameScope } from "../tensor/nameScope.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { Module } from "./module.ts";
import { ownField } from "./ownField.ts";

/** A statistic: calling it takes a value in and returns the statistic so far. */
export abstract class Metric extends Module<(value: Tensor) => Tensor> {
  /** Makes the variables for values like this one. Runs once. */
  abstract initialize(value: Tensor): void;

  /** Takes a value in. */
  abstract update(value: Tensor): void;

  /** Starts anew. */
  abstract reset(): void;

  /** The statistic so far. @throws {UsageError} before the first value. */
  abstract readonly value: Tensor;

  forward(value: Tensor): Tensor {
    this.update(value);
    return this.value;
  }
}

function statistic(metric: Metric, name: string, shape: Shape, dtype: "f32" | "i32"): Variable {
  return withNameScope(metric.nameScope, () => {
    return new Variable(
      scope(() => zeros(shape, dtype)),
      { name, trainable: false },
    );
  });
}

function requireStarted<T>(metric: Metric, variable: T | undefined): T {
  if (variable !== undefined) return variable;
  throw new UsageError(metric.moduleName, "there is no value yet", {
    remedy: "Call update(value) first.",
  });
}

/** Runs what changes variables: no tape sees it, and nothing of it stays. */
const quietly = (body: () => void): void => untaped(() => scope(body));

const clear = (variable: Variable): void => {
  quietly(() => assign(variable, zeros(variable.shape, variable.dtype)));
};

/** Sum of all values, element by element. Variable: `sum`. */
export class Sum extends Metric {
  static readonly defaultName: string = "sum";
  sum: Variable | undefined;

  constructor(name?: string) {
    super(name);
  }

  initialize({ shape }: Tensor): void {
    this.sum ??= statistic(this, "sum", shape, "f32");
  }

  update(value: Tensor): void {
    this.initialize(value);
    quietly(() => assignAdd(ownField(this, "sum") as Variable, cast(value, "f32")));
  }

  get value(): Tensor {
    return requireStarted(this, this.sum);
  }

  reset(): void {
    clear(requireStarted(this, this.sum));
  }
}

/** Mean of all values, element by element; NaN after a reset. Variables: `count` i32, `sum`. */
export class Mean extends Metric {
  static readonly defaultName: string = "mean";
  readonly count: Variable;
  sum: Variable | undefined;

  constructor(name?: string) {
    super(name);
    this.count = statistic(this, "count", [], "i32");
  }

  initialize({ shape }: Tensor): void {
    this.sum ??= statistic(this, "sum", shape, "f32");
  }

  update(value: Tensor): void {
    this.initialize(value);
    quietly(() => {
      assignAdd(ownField(this, "sum") as Variable, cast(value, "f32"));
      assignAdd(ownField(this, "count"), ones([], "i32"));
    });
  }

  get value(): Tensor {
    const sum = requireStarted(this, this.sum);
    return untaped(() => scope(() => div(sum, cast(this.count, "f32"))));
  }

  reset(): void {
    clear(this.count);
    clear(requireStarted(this, this.sum));
  }
}

/**
 * Moving average without the bias of its start at zero:
 *
 *   n ← n + 1; hidden ← hidden − (hidden − value) · (1 − decay); average = hidden / (1 − decayⁿ)
 *
 * Variables: `counter` i32, `hidden`, `average`.
 *
 * @see Kingma & Ba 2015, Adam, section 3.
 */
export class ExponentialMovingAverage extends Metric {
  static readonly defaultName: string = "exponential_moving_average";
  readonly decay: number;
  readonly _counter: Variable;
  _hidden: Variable | undefined;
  average: Variable | undefined;

  /** @param decay  in [0, 1): how much of the average stays at each value. */
  constructor(decay: number, name?: string) {
    super(name);
    if (!(decay >= 0 && decay < 1)) {
      throw new UsageError(this.moduleName, "decay must be in [0, 1)", { got: `${decay}` });
    }
    this.decay = decay;
    this._counter = statistic(this, "counter", [], "i32");
  }

  initialize({ shape }: Tensor): void {
    if (this.average !== undefined) return;
    this._hidden = statistic(this, "hidden", shape, "f32");
    this.average = statistic(this, "average", shape, "f32");
  }

  update(value: Tensor): void {
    this.initialize(value);
    const counter = ownField(this, "_counter");
    const hidden = ownField(this, "_hidden") as Variable;
    quietly(() => {
      assignAdd(counter, ones([], "i32"));
      const moved = add(hidden, mul(sub(cast(value, "f32"), hidden), 1 - this.decay));
      assign(hidden, moved);
      // log 0 is −∞, and 1 − e^−∞ is 1.
      const weight = neg(expm1(mul(cast(counter, "f32"), Math.log(this.decay))));
      assign(ownField(this, "average") as Variable, div(moved, weight));
    });
  }

  get value(): Tensor {
    return requireStarted(this, this.average);
  }

  reset(): void {
    for (const one of [this._counter, this._hidden, this.average]) clear(requireStarted(this, one));
  }
}
