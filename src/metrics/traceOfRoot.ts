// The trace of the square root of a product of covariance matrices, on the host in f64.

import { dot, symmetricEigenvalues } from "./symmetricEigenvalues.ts";

/**
 * tr((A·B)^½) for symmetric matrices without negative eigenvalues. With A = L·Lᵀ the eigenvalues of A·B
 * are those of the symmetric Lᵀ·B·L, and zeros:
 *
 *   tr((A·B)^½) = Σ √λ(Lᵀ·B·L)
 *
 * @param a  `[n, n]` in row-major order.
 * @param b  `[n, n]`.
 */
export function traceOfRoot(a: Float64Array, b: Float64Array, n: number): number {
  const columns = factor(a, n);
  const rank = columns.length;
  const product = new Float64Array(rank * rank);
  const image = new Float64Array(n);
  columns.forEach((column, k) => {
    for (let i = 0; i < n; i++) image[i] = dot(b, i * n, column, 0, 0, n);
    for (let l = 0; l <= k; l++) {
      const value = dot(image, 0, columns[l] as Float64Array, 0, 0, n);
      product[k * rank + l] = value;
      product[l * rank + k] = value;
    }
  });
  // Rounding makes zeros slightly negative.
  return symmetricEigenvalues(product, rank).reduce(
    (total, value) => total + Math.sqrt(Math.max(0, value)),
    0,
  );
}

/**
 * Columns of L with L·Lᵀ = a, as many as the rank: each takes out the largest entry left on the
 * diagonal, so that a singular matrix does no harm.
 *
 * @see Higham 2002, Accuracy and Stability of Numerical Algorithms, §10.3.
 */
function factor(a: Float64Array, n: number): Float64Array[] {
  const left = Float64Array.from({ length: n }, (_, i) => a[i * n + i] as number);
  const columns: Float64Array[] = [];
  const tolerance = n * Number.EPSILON * Math.max(0, ...left);
  while (columns.length < n) {
    let pivot = 0;
    for (let i = 1; i < n; i++) if ((left[i] as number) > (left[pivot] as number)) pivot = i;
    const largest = left[pivot] as number;
    if (largest <= tolerance) break;
    const column = a.slice(pivot * n, (pivot + 1) * n);
    for (const earlier of columns) {
      const share = earlier[pivot] as number;
      for (let i = 0; i < n; i++)
        column[i] = (column[i] as number) - share * (earlier[i] as number);
    }
    const root = Math.sqrt(largest);
    for (let i = 0; i < n; i++) {
      column[i] = (column[i] as number) / root;
      left[i] = (left[i] as number) - (column[i] as number) ** 2;
    }
    left[pivot] = -Infinity;
    columns.push(column);
  }
  return columns;
}
