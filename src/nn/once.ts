// once: a method that runs at its first call on each instance.

import { UsageError } from "../errors.ts";
import { leavingStreams } from "../ops/streamJournal.ts";

/**
 * Decorates a method that makes variables: it runs once per instance, whatever its arguments. If it
 * throws, it has not run. It returns nothing.
 */
export function once<This extends object, Args extends unknown[]>(
  method: (this: This, ...args: Args) => void,
  context: ClassMethodDecoratorContext<This>,
): (this: This, ...args: Args) => void {
  const done = new WeakSet<object>();
  return function (this: This, ...args: Args): void {
    if (done.has(this)) return;
    const result: unknown = leavingStreams((): unknown => method.apply(this, args));
    if (result !== undefined) {
      throw new UsageError(String(context.name), "a method with @once must not return a value", {
        remedy: "Keep what it makes in fields.",
      });
    }
    done.add(this);
  };
}
