// How the functions of a case run: as they are, or compiled.

import { type Tensor, compile, flip } from "../../src/index.ts";
import type { Case, Named } from "./case.ts";

/** Makes a function of tensors ready to be called several times. */
export type Stage = <Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
) => (...args: Args) => Result;

/** A training or optimizer case, and how its steps run. */
export interface Task {
  readonly given: Case;
  readonly x: Named;
  readonly stage: Stage;
}

/** As it is. */
export const eager: Stage = (fn) => fn;

/** A stage that compiles, and can tell afterwards whether all of it was really replayed. */
export function compiling(): { stage: Stage; problem: () => string | undefined; end: () => void } {
  const made: { explain(): string; dispose(): void }[] = [];
  const stage: Stage = (fn) => {
    const compiled = compile(fn);
    made.push(compiled);
    return compiled;
  };
  const problem = (): string | undefined => {
    return made.map((one) => one.explain()).find((plan) => plan.includes("not captured"));
  };
  return { stage, problem, end: () => made.forEach((one) => one.dispose()) };
}

/** The same elements in another order: values as valid as the ones given, and different. */
export function reordered(x: Named): Named {
  const turn = (one: Tensor): Tensor => flip(one.reshape([one.size]), [0]).reshape(one.shape);
  return Object.fromEntries(Object.entries(x).map(([name, one]) => [name, turn(one)]));
}
