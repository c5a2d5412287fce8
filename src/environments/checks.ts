// Checks of what is asked of an environment.

import { UsageError } from "../errors.ts";
import type { Action } from "./environment.ts";

/** @throws {UsageError} unless an episode is going on. */
export function requireEpisode(op: string, isRunning: boolean): void {
  if (isRunning) return;
  throw new UsageError(`${op}.step`, "an episode must be going on", {
    remedy: "Call reset() before the first step and after the end of an episode.",
  });
}

/** @throws {UsageError} unless the action is one of 0 … count − 1. */
export function requireChoice(op: string, action: Action, count: number): number {
  const choice = typeof action === "number" ? action : action[0];
  if (Number.isInteger(choice) && (choice as number) >= 0 && (choice as number) < count) {
    return choice as number;
  }
  throw new UsageError(`${op}.step`, `an action must be an integer from 0 to ${count - 1}`, {
    got: `${choice}`,
  });
}

/** @throws {UsageError} unless `value` is an integer of at least `least`. */
export function requireCount(op: string, name: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new UsageError(op, `${name} must be an integer of at least ${least}`, { got: `${value}` });
}
