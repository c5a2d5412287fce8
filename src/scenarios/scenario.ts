// What scenarios share: settings in the constructor, parts as arguments; awaited or iterated.

import { UsageError } from "../errors.ts";

/** How a run is steered from outside. */
export interface RunOptions {
  /** Ends the run at the next step; a scenario with a workspace saves first. */
  readonly signal?: AbortSignal;
}

/** A scenario: call it to run it to its end, or iterate `run` to watch it. */
export interface ScenarioBase<Parts, Event, Result> {
  run(parts: Parts, options?: RunOptions): AsyncGenerator<Event, Result>;
}

type Call<Parts, Result> = (parts: Parts, options?: RunOptions) => Promise<Result>;

class ScenarioCore {
  constructor() {
    const self = (async (parts: unknown, options?: RunOptions) => {
      const events = self.run(parts, options);
      for (;;) {
        const { done, value } = await events.next();
        if (done) return value;
      }
    }) as unknown as ScenarioBase<unknown, unknown, unknown>;
    Object.setPrototypeOf(self, new.target.prototype);
    if (!("run" in new.target.prototype)) {
      throw new UsageError(new.target.name, "a scenario must have a method named run");
    }
    return self as unknown as this;
  }
}

/** Base class of scenarios; a subclass writes `async *run(parts, options)`. */
export const Scenario: abstract new <Parts, Result>() => Call<Parts, Result> =
  ScenarioCore as never;
