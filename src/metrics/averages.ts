// Sums and means of short lists on the host.

/** The sum; 0 if there are none. */
export function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The mean; NaN if there are none. */
export function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

/** The mean of all values but NaN; NaN if there are none. */
export function meanOfKnown(values: readonly number[]): number {
  return meanOf(values.filter((value) => !Number.isNaN(value)));
}
