// A module that is made when it is needed.

import { UsageError } from "../errors.ts";
import { type AnyFunction, Module, isModule } from "./module.ts";

/**
 * Stands for a module until it is first called, or its `target` asked for: then `constructor` makes it,
 * under the name scope in force at that moment.
 *
 *     const head = new Deferred(() => new Linear(classes)); // classes are known later
 *     head(x); // makes the Linear
 *     head.target.w;
 */
export class Deferred<M extends Module<AnyFunction>> extends Module<AnyFunction> {
  static readonly defaultName: string = "deferred";
  /** Its own name is nobody's prefix. */
  static readonly entersNameScope: boolean = false;
  _target: M | undefined;
  #make: (() => M) | undefined;

  constructor(constructor: () => M, name?: string) {
    super(name);
    this.#make = constructor;
  }

  /** The module, made now if it is not there yet. @throws {UsageError} unless a module is made. */
  get target(): M {
    if (this._target !== undefined) return this._target;
    const made: unknown = this.#make?.();
    if (!isModule(made)) {
      const got = String(made);
      throw new UsageError(this.moduleName, "the constructor must make a module", { got });
    }
    this._target = made as unknown as M;
    this.#make = undefined;
    return this._target;
  }

  forward(...args: Parameters<M>): ReturnType<M> {
    return this.target(...args) as ReturnType<M>;
  }

  override toString(): string {
    return `Deferred(${String(this.target)})`;
  }
}
