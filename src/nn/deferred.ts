// A module that is made when it is needed.

import { UsageError } from "../errors.ts";
import { type AnyFunction, Module, type ModuleBase, isModule } from "./module.ts";

/** Options of `Deferred`. */
export interface DeferredOptions {
  /** Methods of the module that make it when they are called, besides calling it. Default: none. */
  readonly callMethods?: readonly string[];
  readonly name?: string;
}

/** What a deferred module has before its target is there. */
export interface DeferredBase<M extends Module> extends ModuleBase {
  (...args: Parameters<M>): ReturnType<M>;
  /** The module, made now if it is not there yet. @throws {UsageError} unless a module is made. */
  readonly target: M;
}

class DeferredModule<M extends Module> extends Module<AnyFunction> {
  static readonly defaultName: string = "deferred";
  /** Its own name is nobody's prefix. */
  static readonly entersNameScope: boolean = false;
  _target: M | undefined;
  #make: (() => M) | undefined;

  constructor(constructor: () => M, { callMethods = [], name }: DeferredOptions = {}) {
    super(name);
    this.#make = constructor;
    for (const method of callMethods) {
      const call = (...args: never[]): unknown => {
        const { target } = this;
        return (target as unknown as Record<string, AnyFunction>)[method]?.apply(target, args);
      };
      Object.defineProperty(this, method, { value: call, configurable: true });
    }
  }

  get target(): M {
    if (this._target !== undefined) return this._target;
    const made: unknown = this.#make?.();
    if (!isModule(made)) {
      const got = String(made);
      throw new UsageError(this.moduleName, "the constructor must make a module", { got });
    }
    this._target = made as unknown as M;
    this.#make = undefined;
    forward(this, made);
    return this._target;
  }

  forward(...args: Parameters<M>): ReturnType<M> {
    return this.target(...args) as ReturnType<M>;
  }

  override toString(): string {
    return `Deferred(${String(this.target)})`;
  }
}

/** Shows fields and methods of the target on the module that stands for it, where that has none. */
function forward(from: object, target: Module): void {
  const fields = target as unknown as Record<string, unknown>;
  let at: object = target;
  while (at !== Module.prototype) {
    for (const key of Object.getOwnPropertyNames(at)) {
      if (key in from) continue;
      Object.defineProperty(from, key, {
        get: () => fields[key],
        set: (value: unknown) => {
          fields[key] = value;
        },
        configurable: true,
      });
    }
    at = Object.getPrototypeOf(at) as object;
  }
}

/**
 * Stands for a module until it is first called, or its `target` asked for: then `constructor` makes it,
 * under the name scope in force at that moment. From then on what the module has can be had here too.
 *
 *     const head = new Deferred(() => new Linear(classes)); // classes are known later
 *     head(x); // makes the Linear
 *     head.w; // that of head.target
 */
export type Deferred<M extends Module> = DeferredBase<M> & Omit<M, keyof ModuleBase>;

/** @param constructor  makes the module, once. */
export const Deferred: new <M extends Module>(
  constructor: () => M,
  options?: DeferredOptions,
) => Deferred<M> = DeferredModule as never;
