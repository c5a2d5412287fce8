// Settings to try: along a grid, or by chance.

import { UsageError } from "../errors.ts";
import { HostRandom } from "../tensor/philox.ts";

/** What one setting may be. */
export interface Dimension<Value> {
  /** The value at a place in [0, 1), evenly likely to be asked for. */
  at(place: number): Value;
  /** Values of a grid; undefined if there is no number of points. */
  readonly grid: readonly Value[] | undefined;
}

/** Settings by name. */
export type SearchSpace = Readonly<Record<string, Dimension<unknown>>>;

/** One of each. */
export type Setting<Space extends SearchSpace> = {
  readonly [Name in keyof Space]: Space[Name] extends Dimension<infer Value> ? Value : never;
};

/** Options of `uniform` and `logUniform`. */
export interface RangeOptions {
  /** Values of a grid, both ends among them. Default: none, so that a grid is refused. */
  readonly points?: number;
}

/**
 * One of the values.
 *
 * @throws {UsageError} if there are none.
 */
export function choice<const Value>(values: readonly Value[]): Dimension<Value> {
  if (values.length === 0) throw new UsageError("choice", "there must be a value");
  return { at: (place) => values[Math.floor(place * values.length)] as Value, grid: values };
}

/**
 * A number between two, all alike.
 *
 * @throws {UsageError} unless low < high, both finite.
 */
export function uniform(low: number, high: number, options: RangeOptions = {}): Dimension<number> {
  if (!(low < high && Number.isFinite(high - low))) {
    const got = `${low} and ${high}`;
    throw new UsageError("uniform", "low must be a number below high", { got });
  }
  return range("uniform", (place) => low + place * (high - low), options);
}

/**
 * A positive number between two whose logarithm is uniform: as often between 10⁻⁴ and 10⁻³ as between 10⁻³
 * and 10⁻². For learning rates.
 *
 * @throws {UsageError} unless 0 < low < high, finite.
 */
export function logUniform(
  low: number,
  high: number,
  options: RangeOptions = {},
): Dimension<number> {
  if (!(low > 0 && low < high && high < Infinity)) {
    const got = `${low} and ${high}`;
    throw new UsageError("logUniform", "low must be positive and below high", { got });
  }
  return range("logUniform", (place) => low * (high / low) ** place, options);
}

function range(
  op: string,
  at: (place: number) => number,
  { points }: RangeOptions,
): Dimension<number> {
  if (points === undefined) return { at, grid: undefined };
  if (!(Number.isInteger(points) && points >= 2)) {
    throw new UsageError(op, "points must be a whole number of at least 2", { got: `${points}` });
  }
  return { at, grid: Array.from({ length: points }, (_, i) => at(i / (points - 1))) };
}

/**
 * All combinations of a space's values; the last name changes first.
 *
 * @throws {UsageError} if a range has no points.
 */
export function gridSettings<Space extends SearchSpace>(space: Space): Setting<Space>[] {
  let found: Record<string, unknown>[] = [{}];
  for (const [name, { grid }] of Object.entries(space)) {
    if (grid === undefined) {
      throw new UsageError("grid search", `${name} must have points`, {
        remedy: "Say { points: 5 }, or how many trials there shall be by chance.",
      });
    }
    found = found.flatMap((setting) => grid.map((value) => ({ ...setting, [name]: value })));
  }
  return found as Setting<Space>[];
}

/** Settings drawn by chance. The i-th depends on the seed and i alone: more trials keep the first ones. */
export function randomSettings<Space extends SearchSpace>(
  space: Space,
  trials: number,
  seed: number,
): Setting<Space>[] {
  return Array.from({ length: trials }, (_, i) => {
    const random = new HostRandom(seed, i);
    const entries = Object.entries(space).map(([name, dimension]) => {
      return [name, dimension.at(random.uniform())] as const;
    });
    return Object.fromEntries(entries) as Setting<Space>;
  });
}
