// Checks of the numbers that scenarios are set with.

import { UsageError } from "../errors.ts";

/** @throws {UsageError} unless every value is a positive integer. */
export function requireCounts(op: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new UsageError(op, `${name} must be a positive integer`, { got: `${value}` });
  }
}

/** @throws {UsageError} unless every value lies in [0, 1]. */
export function requireFractions(op: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value >= 0 && value <= 1) continue;
    throw new UsageError(op, `${name} must lie in [0, 1]`, { got: `${value}` });
  }
}
