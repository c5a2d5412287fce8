// Module: a function with parameters.

import { UsageError } from "../errors.ts";
import { currentNameScope, withNameScope } from "../tensor/nameScope.ts";
import { isPlainObject } from "../tensor/plainObject.ts";
import { Variable } from "../tensor/variable.ts";
import { requireName, snakeCase } from "./naming.ts";

/** Any function; what a module's `forward` may be. */
export type AnyFunction = (...args: never[]) => unknown;

/** What every module has besides being callable. */
export interface ModuleBase {
  /** Name within the enclosing module. */
  readonly moduleName: string;
  /** Prefix of the names of its variables, ending in "/". */
  readonly nameScope: string;
  /** All variables of the module and its submodules. @throws {UsageError} if there are none yet. */
  readonly variables: readonly Variable[];
  /** Those of `variables` that training changes. @throws {UsageError} if there are none yet. */
  readonly trainableVariables: readonly Variable[];
  /** The rest of `variables`; there may be none of them. */
  readonly nonTrainableVariables: readonly Variable[];
  /** Modules inside this one, at any depth. */
  readonly submodules: readonly Module[];
}

/** A module of any signature. */
export type Module<F extends AnyFunction = AnyFunction> = ModuleBase & F;

/**
 * A class's name as Sonnet would give it. Bundlers rename classes, and with them variables and what
 * checkpoints call them: a class can say its own.
 */
function defaultNameOf(made: { readonly name: string; readonly defaultName?: string }): string {
  const own = Object.hasOwn(made, "defaultName") ? made.defaultName : undefined;
  return own ?? snakeCase(made.name.replace(/^_+(?=.)/, ""));
}

/** What runs calls of modules, given the module and all in it: set while variables are got otherwise. */
export const calls: {
  around: (<T>(modules: () => Iterable<object>, call: () => T) => T) | undefined;
} = { around: undefined };

class ModuleCore {
  declare readonly moduleName: string;
  declare readonly nameScope: string;
  /** Whether calls run under the module's name. */
  static readonly entersNameScope: boolean = true;

  constructor(name?: string) {
    // The instance is a function: calling it calls forward, by the name scope it was made in.
    const isScope = new.target.entersNameScope;
    const call = (args: never[]): unknown => {
      const run = (): unknown => self.forward(...args);
      return calls.around === undefined ? run() : calls.around(() => collect(self).modules, run);
    };
    const self = ((...args: never[]) => {
      return isScope ? withNameScope(self.nameScope, () => call(args)) : call(args);
    }) as unknown as Module & { forward: AnyFunction };
    if (!("forward" in new.target.prototype)) {
      throw new UsageError(new.target.name, "a module must have a method named forward", {
        remedy: "Write `forward(x: Tensor) { … }`: calling the module calls it.",
      });
    }
    Object.setPrototypeOf(self, new.target.prototype);
    const moduleName = requireName(name ?? defaultNameOf(new.target));
    const nameScope = `${currentNameScope()}${moduleName}/`;
    Object.defineProperties(self, {
      moduleName: { value: moduleName },
      nameScope: { value: nameScope },
      name: { value: moduleName },
      length: { value: 0 },
    });
    return self as unknown as this;
  }

  get variables(): readonly Variable[] {
    return requireSome(this as unknown as Module, "variables", () => true);
  }

  get trainableVariables(): readonly Variable[] {
    return requireSome(
      this as unknown as Module,
      "trainable variables",
      ({ trainable }) => trainable,
    );
  }

  get nonTrainableVariables(): readonly Variable[] {
    return allVariables(this as unknown as Module).filter((variable) => !variable.trainable);
  }

  get submodules(): readonly Module[] {
    return [...collect(this as unknown as Module).modules].slice(1);
  }

  toString(): string {
    return `${this.constructor.name}(${this.nameScope.slice(0, -1)})`;
  }
}

/**
 * Base class of everything with parameters. A subclass writes `forward`; an instance is called like
 * a function. Variables and modules in its fields, arrays and plain objects are found by themselves.
 * Names of variables begin with that of the class in snake case; `static defaultName = "my_layer"` keeps
 * it where a bundler shortens names.
 */
export const Module: abstract new <F extends AnyFunction>(name?: string) => Module<F> =
  ModuleCore as never;

/** Whether a value is a module. */
export function isModule(value: unknown): value is Module {
  return value instanceof ModuleCore;
}

/** Variables of one module or several, without the check that there are any. */
export function allVariables(...modules: readonly Module[]): readonly Variable[] {
  return [...new Set(modules.flatMap((module) => [...collect(module).variables]))];
}

interface Collected {
  readonly variables: Set<Variable>;
  readonly modules: Set<Module>;
}

/** Own variables first, fields by name; then submodules in the order met. */
function collect(
  root: Module,
  into: Collected = { variables: new Set(), modules: new Set() },
): Collected {
  if (into.modules.has(root)) return into;
  into.modules.add(root);
  const inner: Module[] = [];
  const fields = root as unknown as Record<string, unknown>;
  for (const key of Object.keys(root).sort()) walk(fields[key], into.variables, inner, new Set());
  for (const module of inner) collect(module, into);
  return into;
}

function walk(value: unknown, variables: Set<Variable>, inner: Module[], seen: Set<unknown>): void {
  if (value instanceof Variable) variables.add(value);
  else if (isModule(value)) inner.push(value);
  else if (Array.isArray(value)) value.forEach((item) => walk(item, variables, inner, seen));
  else if (isPlainObject(value) && !seen.has(value)) {
    seen.add(value);
    for (const key of Object.keys(value).sort()) walk(value[key], variables, inner, seen);
  }
}

/**
 * Lets a module, or all of a class, have no variables: `variables` and `trainableVariables` are then empty
 * instead of an error.
 */
export function allowEmptyVariables<T extends Module | (abstract new (...args: never[]) => object)>(
  moduleOrClass: T,
): T {
  const marked = isModule(moduleOrClass) ? moduleOrClass : (moduleOrClass.prototype as object);
  Object.defineProperty(marked, "mayBeEmpty", { value: true });
  return moduleOrClass;
}

function requireSome(
  module: Module,
  what: string,
  isMeant: (variable: Variable) => boolean,
): readonly Variable[] {
  const variables = [...collect(module).variables].filter(isMeant);
  if (variables.length > 0 || "mayBeEmpty" in module) return variables;
  throw new UsageError(module.moduleName, `the module has no ${what} yet`, {
    remedy:
      "Modules make their variables when they first see an input: call it once, " +
      "`model(zeros([1, ...]))`, then ask for its variables.",
  });
}
