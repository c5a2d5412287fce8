// What modules find when they read their variables, for as long as a body runs.

import { UsageError } from "../errors.ts";
import { Variable } from "../tensor/variable.ts";
import { calls } from "./module.ts";
import { watched } from "./ownField.ts";
import { mapLeaves } from "./tree.ts";

/** What stands for a variable where a module reads it: a tensor, or the variable itself. */
export type VariableGetter = (variable: Variable) => unknown;

/** A class whose instances are meant. */
type AnyClass = abstract new (...args: never[]) => object;

/** Whose variables a getter is for. Default: those of every module. */
export interface VariableGetterOptions {
  readonly classes?: readonly AnyClass[];
  readonly instances?: readonly object[];
}

interface Context {
  readonly getter: VariableGetter;
  readonly affects: (module: object) => boolean;
}

let contexts: readonly Context[] = [];

/**
 * Runs `body`; modules that are called in it, and modules in them, find `getter(variable)` wherever they
 * read one of their variables, also in arrays and plain objects. Getters nest: the inner one comes first.
 *
 *     const y = customVariableGetter(stopGradient, () => model(x)); // no gradients to parameters
 *
 * @param body  must not be async: other code would run with the getter while it waits.
 * @throws {UsageError} if it gives a promise.
 */
export function customVariableGetter<T>(
  getter: VariableGetter,
  body: () => T,
  { classes, instances }: VariableGetterOptions = {},
): T {
  const affects = (module: object): boolean =>
    (classes === undefined || classes.some((one) => module instanceof one)) &&
    (instances === undefined || instances.includes(module));
  const outer = contexts;
  contexts = [{ getter, affects }, ...outer];
  calls.around = throughGetters;
  try {
    const result = body();
    if (!(result instanceof Promise)) return result;
    throw new UsageError("customVariableGetter", "body must not be async", {
      remedy: "Await outside of it.",
    });
  } finally {
    contexts = outer;
    if (outer.length === 0) calls.around = undefined;
  }
}

/** A field as getters show it; itself if there is no variable in it. */
function shown(module: object, value: unknown): unknown {
  let isFound = false;
  const mapped = mapLeaves(value, (leaf) => {
    if (!(leaf instanceof Variable)) return leaf;
    isFound = true;
    let seen: unknown = leaf;
    for (const { getter, affects } of contexts) {
      if (affects(module) && seen instanceof Variable) seen = getter(seen);
    }
    return seen;
  });
  return isFound ? mapped : value;
}

/** Puts accessors in place of a module's fields. @returns what puts the fields back. */
function watch(module: object): () => void {
  const fields = new Map<string, PropertyDescriptor>();
  for (const [key, field] of Object.entries(Object.getOwnPropertyDescriptors(module))) {
    if (field.configurable !== true || field.writable !== true || !field.enumerable) continue;
    fields.set(key, field);
    Object.defineProperty(module, key, {
      get: () => shown(module, field.value),
      set: (value: unknown) => {
        field.value = value;
      },
      configurable: true,
      enumerable: true,
    });
  }
  watched.set(module, fields);
  return () => {
    for (const [key, field] of fields) Object.defineProperty(module, key, field);
    watched.delete(module);
  };
}

/**
 * Runs a call of modules whose variables getters may show.
 *
 * @param modules  lists the module and all in it.
 */
function throughGetters<T>(modules: () => Iterable<object>, call: () => T): T {
  const restores: (() => void)[] = [];
  try {
    for (const module of [...modules()]) if (!watched.has(module)) restores.push(watch(module));
    return call();
  } finally {
    for (const restore of restores) restore();
  }
}
