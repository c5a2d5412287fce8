// Eigenvalues of a symmetric matrix on the host, in f64.

/** A symmetric matrix with zeros beyond its neighbouring diagonals. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Beside it: n − 1 numbers, then a 0. */
  readonly beside: Float64Array;
}

/**
 * Eigenvalues in ascending order; n³ steps or so.
 *
 * @param matrix  `[n, n]` in row-major order; is overwritten.
 * @see Golub & Van Loan 2013, Matrix Computations, §8.3.
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  return eigenvaluesOf(tridiagonal(matrix, n)).sort();
}

/** Reflects column after column onto its first two entries: A ← H·A·H with H = 1 − 2·v·vᵀ/vᵀv. */
function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k] as number;
    const v = a.subarray(k * n, (k + 1) * n); // the row is the column
    const first = k + 1;
    const length = norm(v, first);
    if (first >= n || length === 0) continue;
    const head = v[first] as number;
    const mirrored = head > 0 ? -length : length;
    beside[k] = mirrored;
    if (length === Math.abs(head) && first === n - 1) {
      beside[k] = head;
      continue;
    }
    v[first] = head - mirrored;
    // vᵀv / 2
    const half = length * (length + Math.abs(head));
    let overlap = 0;
    for (let i = first; i < n; i++) {
      p[i] = dot(a, i * n, v, 0, first, n) / half;
      overlap += (p[i] as number) * (v[i] as number);
    }
    const share = overlap / (2 * half);
    for (let i = first; i < n; i++) p[i] = (p[i] as number) - share * (v[i] as number);
    for (let i = first; i < n; i++) {
      const [vi, pi] = [v[i] as number, p[i] as number];
      const row = i * n;
      for (let j = first; j < n; j++) {
        a[row + j] = (a[row + j] as number) - vi * (p[j] as number) - pi * (v[j] as number);
      }
    }
  }
  return { diagonal, beside };
}

/** Chases the entries beside the diagonal away, one eigenvalue after the other: QL with shifts. */
function eigenvaluesOf({ diagonal: d, beside: e }: Tridiagonal): Float64Array {
  const n = d.length;
  for (let low = 0; low < n; low++) {
    for (let high = splitAfter(d, e, low); high > low; high = splitAfter(d, e, low)) {
      sweep(d, e, low, high);
    }
  }
  return d;
}

/** The last index of the block from `low` on that no negligible entry divides. */
function splitAfter(d: Float64Array, e: Float64Array, low: number): number {
  for (let i = low; i < d.length - 1; i++) {
    const scale = Math.abs(d[i] as number) + Math.abs(d[i + 1] as number);
    if (Math.abs(e[i] as number) <= Number.EPSILON * scale || !Number.isFinite(scale)) return i;
  }
  return d.length - 1;
}

/** One step with the eigenvalue of the first two rows that is nearer to the first entry as shift. */
function sweep(d: Float64Array, e: Float64Array, low: number, high: number): void {
  const at = (x: Float64Array, i: number): number => x[i] as number;
  const slope = (at(d, low + 1) - at(d, low)) / (2 * at(e, low));
  const root = Math.hypot(slope, 1);
  const shift = at(d, low) - at(e, low) / (slope + (slope < 0 ? -root : root));
  let g = at(d, high) - shift;
  let [sine, cosine, carried] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const bulge = sine * at(e, i);
    const rest = cosine * at(e, i);
    const r = Math.hypot(bulge, g);
    e[i + 1] = r;
    if (r === 0) {
      // The matrix has split here: what is left is done by the next sweep.
      d[i + 1] = at(d, i + 1) - carried;
      e[high] = 0;
      return;
    }
    sine = bulge / r;
    cosine = g / r;
    const lifted = at(d, i + 1) - carried;
    const turned = (at(d, i) - lifted) * sine + 2 * cosine * rest;
    carried = sine * turned;
    d[i + 1] = lifted + carried;
    g = cosine * turned - rest;
  }
  d[low] = at(d, low) - carried;
  e[low] = g;
  e[high] = 0;
}

function norm(v: Float64Array, from: number): number {
  let largest = 0;
  for (let i = from; i < v.length; i++) largest = Math.max(largest, Math.abs(v[i] as number));
  if (largest === 0) return 0;
  let total = 0;
  for (let i = from; i < v.length; i++) total += ((v[i] as number) / largest) ** 2;
  return largest * Math.sqrt(total);
}

/** Σ a[aAt + j] · b[bAt + j] for j in [from, to). */
export function dot(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  from: number,
  to: number,
): number {
  let total = 0;
  for (let j = from; j < to; j++) total += (a[aAt + j] as number) * (b[bAt + j] as number);
  return total;
}
