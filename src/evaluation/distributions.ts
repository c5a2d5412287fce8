// Tails and quantiles of the normal and of Student's distribution, to nearly double precision.

/** exp(−x²) / erfc's continued fraction for x ≥ 2; DLMF 7.9.1 in its even form. */
function erfcFraction(x: number): number {
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** 2/√π exp(−x²) Σ 2ᵏ x²ᵏ⁺¹ / (2k+1)!!; all terms have one sign. DLMF 7.6.2. */
function erfSeries(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** P(Z > z) for a standard normal Z. */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const tail = x < 2 ? (1 - erfSeries(x)) / 2 : erfcFraction(x) / 2;
  return z < 0 ? 1 - tail : tail;
}

/** The z with P(Z < z) = p: −∞ at 0, ∞ at 1. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0) return -Infinity;
  // Abramowitz and Stegun 26.2.23 is right to 4.5e-4; each of Halley's steps triples the digits.
  const t = Math.sqrt(-2 * Math.log(p));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  let z = above / below - t;
  for (let i = 0; i < 3; i++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    const error = (normalTail(-z) - p) / density;
    z -= error / (1 + (z * error) / 2);
  }
  return z;
}

/** log Γ(x) for x > 0, by Stirling's series above 10. DLMF 5.11.1. */
function logGamma(x: number): number {
  if (x < 10) return logGamma(x + 1) - Math.log(x);
  const y = 1 / (x * x);
  const series = 1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)));
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series / x;
}

/** Regularised incomplete beta function I_x(a, b), by its continued fraction. DLMF 8.17.22. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  if (x <= 0) return 0;
  let fraction = 1;
  for (let k = 200 + Math.ceil(4 * Math.sqrt(a + b)); k >= 1; k--) {
    const m = Math.floor(k / 2);
    const numerator = k % 2 === 0 ? m * (b - m) : -(a + m) * (a + b + m);
    fraction = 1 + (numerator * x) / ((a + k - 1) * (a + k)) / fraction;
  }
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  return Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta) / (a * fraction);
}

/** P(|T| > |t|) for Student's T with `degrees` of freedom. */
export function studentTwoSided(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The t that |T| exceeds with probability p: `studentTwoSided` the other way round. */
export function studentQuantile(p: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (studentTwoSided(high, degrees) > p) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentTwoSided(middle, degrees) > p) low = middle;
    else high = middle;
  }
}
