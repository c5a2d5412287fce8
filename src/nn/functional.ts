// Module code as pure functions: parameters go in and come out, and nothing else changes.

import { UsageError } from "../errors.ts";
import { compile } from "../compile/compile.ts";
import { rehearse } from "../compile/tracing.ts";
import { assign } from "../ops/assign.ts";
import { valueAndGrad as valueAndGradOf } from "../ops/gradient.ts";
import { copy } from "../ops/elementwise.ts";
import { tensor } from "../ops/creation.ts";
import { isFloat } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import type { AnyFunction } from "./module.ts";
import { leavesOf, mapLeaves } from "./tree.ts";
import { customVariableGetter } from "./variableGetter.ts";

/** Values of variables, by the variables themselves, in the order of `variables`. */
export type Values = ReadonlyMap<Variable, Tensor>;

/** A function as a pair that keeps nothing: `init` makes the parameters, `apply` computes with them. */
export interface Transformed<F extends AnyFunction> {
  init(...args: Parameters<F>): Values;
  apply(params: Values, ...args: Parameters<F>): ReturnType<F>;
}

/** Likewise with the values that are not trained: `apply` gives the new ones. */
export interface TransformedWithState<F extends AnyFunction> {
  init(...args: Parameters<F>): readonly [params: Values, state: Values];
  apply(
    params: Values,
    state: Values,
    ...args: Parameters<F>
  ): readonly [result: ReturnType<F>, state: Values];
}

const valuesOf = (variables: readonly Variable[]): Values => {
  return new Map(variables.map((variable) => [variable, copy.run(variable)]));
};

type Run = (...args: unknown[]) => unknown;

/** The variables that modules read while `f` runs, in order; what it does to them does not happen. */
function variablesRead(f: AnyFunction, args: unknown[]): readonly Variable[] {
  const seen = new Set<Variable>();
  const note = (variable: Variable): Variable => {
    seen.add(variable);
    return variable;
  };
  const run = f as unknown as Run;
  const isRun = rehearse(
    (...all: unknown[]) => customVariableGetter(note, () => run(...all)),
    args,
  );
  if (isRun) return [...seen];
  throw new UsageError(
    "functional.init",
    "the function must be one that can run without its commands",
    {
      remedy: "Do not read numbers back in it.",
    },
  );
}

/**
 * Makes `f` a pair of pure functions of the variables in the modules that it calls. The modules are left as
 * they are, but that `init` makes their variables. Gradients go to the parameters given to `apply`.
 *
 *     const { init, apply } = functional.transformWithState((x) => net(x, { isTraining: true }));
 *     let [params, state] = init(x);
 *     const [y, next] = apply(params, state, x);
 */
export function transformWithState<F extends AnyFunction>(f: F): TransformedWithState<F> {
  return {
    init(...args) {
      const variables = variablesRead(f, args);
      return [
        valuesOf(variables.filter(({ trainable }) => trainable)),
        valuesOf(variables.filter(({ trainable }) => !trainable)),
      ];
    },
    apply(params, state, ...args) {
      const getter = (variable: Variable): Tensor => {
        const value = params.get(variable);
        if (value !== undefined) return value;
        if (state.has(variable)) return variable;
        throw new UsageError("functional.apply", "there must be a value of every variable", {
          got: `none of ${variable.name}`,
          remedy: "Pass what init() gave: the function must not make variables in apply().",
        });
      };
      const variables = [...state.keys()];
      const before = valuesOf(variables);
      try {
        for (const [variable, value] of state) assign(variable, value);
        const result = customVariableGetter(getter, () => (f as unknown as Run)(...args));
        return [result as ReturnType<F>, valuesOf(variables)];
      } finally {
        for (const [variable, value] of before) {
          assign(variable, value);
          value.dispose();
        }
      }
    },
  };
}

/**
 * Takes the state away from a pair that has none.
 *
 * @throws {UsageError} by `init` if there is state.
 */
export function withoutState<F extends AnyFunction>({
  init,
  apply,
}: TransformedWithState<F>): Transformed<F> {
  return {
    init(...args) {
      const [params, state] = init(...args);
      if (state.size === 0) return params;
      throw new UsageError("functional.transform", "networks with state need transformWithState", {
        got: [...state.keys()].map(({ name }) => name).join(", "),
      });
    },
    apply: (params, ...args) => apply(params, new Map(), ...args)[0],
  };
}

/** `transformWithState` for functions without state. @throws {UsageError} by `init` if there is any. */
export function transform<F extends AnyFunction>(f: F): Transformed<F> {
  return withoutState(transformWithState(f));
}

/** Which arguments to differentiate for, and whether `f` gives `[value, auxiliary]`. */
export interface GradOptions {
  /** Default: the first. */
  readonly argnums?: number | readonly number[];
  readonly hasAux?: boolean;
}

const isValues = (value: unknown): value is Values => value instanceof Map;

const tensorsOf = (value: unknown): Tensor[] =>
  isValues(value) ? [...value.values()] : leavesOf(value).filter(({ dtype }) => isFloat(dtype));

/** The structure with gradients in place of its tensors; null where there is none. */
function placed(value: unknown, next: () => Tensor | null): unknown {
  if (isValues(value)) return new Map([...value.keys()].map((key) => [key, next()]));
  return mapLeaves(value, (leaf) => (isFloat(leaf.dtype) ? next() : null));
}

/**
 * The function that gives the value of `f`, a scalar, and its gradients with the structure of the
 * arguments they are for. With `hasAux`, `[[value, auxiliary], gradients]`.
 */
export function valueAndGrad(
  f: AnyFunction,
  { argnums = 0, hasAux = false }: GradOptions = {},
): (...args: unknown[]) => readonly [value: unknown, gradients: unknown] {
  const numbers = typeof argnums === "number" ? [argnums] : argnums;
  return (...args) => {
    const chosen = numbers.map((at) => args[at]);
    const sources = chosen.flatMap(tensorsOf);
    let whole: unknown;
    const { value, grads } = valueAndGradOf(() => {
      whole = (f as unknown as Run)(...args);
      return (hasAux ? (whole as readonly unknown[])[0] : whole) as Tensor;
    }, sources);
    let at = 0;
    const gradients = chosen.map((one) => placed(one, () => grads[at++] ?? null));
    const result = hasAux ? [value, (whole as readonly unknown[])[1]] : value;
    return [result, typeof argnums === "number" ? gradients[0] : gradients];
  };
}

/** The gradients of `valueAndGrad`; with `hasAux`, `[gradients, auxiliary]`. */
export function grad(f: AnyFunction, options: GradOptions = {}): (...args: unknown[]) => unknown {
  const both = valueAndGrad(f, options);
  return (...args) => {
    const [value, gradients] = both(...args);
    return options.hasAux === true ? [gradients, (value as readonly unknown[])[1]] : gradients;
  };
}

/** A structure of numbers and typed arrays as tensors on the device. */
export function devicePut(value: unknown): unknown {
  if (value instanceof Tensor) return value;
  if (typeof value === "number" || ArrayBuffer.isView(value)) return tensor(value as number);
  if (Array.isArray(value)) return value.map(devicePut);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, devicePut(item)]));
}

/** The numbers of a structure's tensors, as `data()` gives them. */
export async function deviceGet(value: unknown): Promise<unknown> {
  const leaves = leavesOf(value);
  const data = await Promise.all(leaves.map((leaf) => leaf.data()));
  let next = 0;
  return mapLeaves(value, () => data[next++]);
}

/** What an optimizer of variables can do, for `optimizer`. */
interface VariableOptimizer {
  readonly variables: readonly Variable[];
  prepare(parameters: readonly Variable[]): void;
  apply(gradients: readonly (Tensor | null)[], parameters: readonly Variable[]): void;
}

/** An optimizer as a pair that keeps nothing. */
export interface FunctionalOptimizer {
  /** @returns the slots and the step, by variables of the optimizer's own. */
  init(params: Values): Values;
  /** @returns new parameters and new slots. */
  apply(
    state: Values,
    gradients: ReadonlyMap<Variable, Tensor | null>,
    params: Values,
  ): readonly [params: Values, state: Values];
}

/**
 * Makes a class of optimizers one of pure pairs, of one list of parameters each.
 *
 *     const { init, apply } = functional.optimizer(Adam)({ learningRate: 1e-3 });
 *     let slots = init(params);
 *     [params, slots] = apply(slots, gradients, params);
 */
export function optimizer<Args extends readonly unknown[]>(
  Class: new (...args: Args) => VariableOptimizer,
): (...args: Args) => FunctionalOptimizer {
  return (...args) => {
    const inner = new Class(...args);
    const own = new Map<Variable, Variable>();
    return {
      init(params) {
        for (const [variable, value] of params) {
          own.set(variable, new Variable(value, { name: variable.name }));
        }
        inner.prepare([...own.values()]);
        return valuesOf(inner.variables);
      },
      apply(state, gradients, params) {
        for (const [variable, value] of state) assign(variable, value);
        for (const [variable, value] of params) {
          const mine = own.get(variable);
          if (mine !== undefined) assign(mine, value);
          else {
            throw new UsageError("functional.optimizer", "parameters must be those of init", {
              got: variable.name,
            });
          }
        }
        const keys = [...own.keys()];
        inner.apply(
          keys.map((key) => gradients.get(key) ?? null),
          [...own.values()],
        );
        const moved = keys.map((key) => [key, copy.run(own.get(key) as Variable)] as const);
        return [new Map(moved), valuesOf(inner.variables)];
      },
    };
  };
}

/** Module code as pure functions. An object of functions, which bundlers drop where nothing uses it. */
export const functional: {
  readonly jit: typeof compile;
  readonly transform: typeof transform;
  readonly transformWithState: typeof transformWithState;
  readonly withoutState: typeof withoutState;
  readonly grad: typeof grad;
  readonly valueAndGrad: typeof valueAndGrad;
  readonly devicePut: typeof devicePut;
  readonly deviceGet: typeof deviceGet;
  readonly optimizer: typeof optimizer;
} = {
  jit: compile,
  transform,
  transformWithState,
  withoutState,
  grad,
  valueAndGrad,
  devicePut,
  deviceGet,
  optimizer,
};
