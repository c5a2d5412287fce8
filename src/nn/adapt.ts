// Parameters after some steps of gradient descent, while the module keeps its own.

import { UsageError } from "../errors.ts";
import { mul, sub } from "../ops/binary.ts";
import { valueAndGrad } from "../ops/gradient.ts";
import { stopGradient } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Values } from "./functional.ts";
import { customVariableGetter } from "./variableGetter.ts";

/** Options of `adapt`. */
export interface AdaptOptions {
  /** η. */
  readonly learningRate: number;
  /** Default 1. */
  readonly steps?: number;
  /** Take the gradients of the steps as constants when differentiating through them. Default false. */
  readonly firstOrder?: boolean;
}

/**
 * Runs `body`; modules that are called in it find values in place of their variables, where there are any.
 *
 *     const y = withValues(values, () => model(x));
 */
export function withValues<T>(values: Values, body: () => T): T {
  return customVariableGetter((variable) => values.get(variable) ?? variable, body);
}

/**
 * Values of a module's parameters after steps of gradient descent on a loss:
 *
 *   θ₀ = θ, θₖ₊₁ = θₖ − η ∇L(θₖ)
 *
 * The module's own stay as they are, and gradients of what is computed with the values flow to them, through
 * all steps.
 *
 *     const values = adapt(model, () => meanSquaredError(model(x), y), { learningRate: 0.01 });
 *     const after = withValues(values, () => model(x));
 *
 * @param module  has seen an input: before, it has no parameters.
 * @param loss    of the module; a scalar.
 * @see Finn et al. 2017, Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks.
 */
export function adapt(
  module: { readonly trainableVariables: readonly Variable[] },
  loss: () => Tensor,
  options: AdaptOptions,
): Values {
  const { learningRate, steps = 1, firstOrder = false } = options;
  if (!Number.isInteger(steps) || steps < 0) {
    throw new UsageError("adapt", "steps must be a whole number from 0 on", { got: `${steps}` });
  }
  const variables = module.trainableVariables;
  let now: readonly Tensor[] = variables;
  const valuesOf = (tensors: readonly Tensor[]): Values =>
    new Map(variables.map((variable, i) => [variable, tensors[i] as Tensor]));
  for (let step = 0; step < steps; step++) {
    const values = valuesOf(now);
    const before = now;
    now = scope(() => {
      const { grads } = valueAndGrad(() => withValues(values, loss), before);
      return before.map((value, i) => {
        const gradient = grads[i];
        if (gradient === null || gradient === undefined) return value;
        return sub(value, mul(firstOrder ? stopGradient(gradient) : gradient, learningRate));
      });
    });
  }
  return valuesOf(now);
}
