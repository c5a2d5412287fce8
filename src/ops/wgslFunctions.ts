// Functions that WGSL lacks or that lose accuracy there, for the type `A` of an elementwise kernel
// (f32 or vec4<f32>). All choose by select(), so that both types compile.

/** Texts one after the other. A call that bundlers may drop, unlike a template. */
export const lines = (...texts: readonly string[]): string => texts.join("\n");

/**
 * y, but x where x is NaN: a NaN must not vanish in a clamp, or in an exp() that gives infinity for it
 * (SwiftShader's). Compilers may assume that there are no NaNs, so the test looks at the bits.
 */
export const KEEP_NAN = `fn keepNan(y: A, x: A) -> A {
  return select(y, x, (bitcast<Word>(x) & Word(0x7fffffffu)) > Word(0x7f800000u));
}`;

/** log(x), NaN for negative numbers and NaN, −∞ for 0, where SwiftShader has 0 and −88. */
export const LOG = `fn logOf(x: A) -> A {
  let bits = bitcast<Word>(x);
  let zero = bits & Word(0u);  // not a constant: those may not be NaN or infinite
  let isInvalid = (x < A(0.0)) | ((bits & Word(0x7fffffffu)) > Word(0x7f800000u));
  let y = select(log(x), bitcast<A>(zero | Word(0xff800000u)), x == A(0.0));
  return select(y, bitcast<A>(zero | Word(0x7fc00000u)), isInvalid);
}`;

/**
 * log(1 + x) = 2·artanh(x / (2 + x)), as a series for |x| < ½: |z| ≤ ⅓, the first term left out is
 * below 1e-8 of the result.
 */
export const LOG1P: string = /* @__PURE__ */ lines(
  LOG,
  `fn log1p(x: A) -> A {
  let z = x / (x + A(2.0));
  let w = z * z;
  let series = A(1.0) + w * (A(1.0 / 3.0) + w * (A(0.2) + w * (A(1.0 / 7.0) + w * (A(1.0 / 9.0)
    + w * (A(1.0 / 11.0) + w * (A(1.0 / 13.0) + w * A(1.0 / 15.0)))))));
  return select(logOf(A(1.0) + x), 2.0 * z * series, abs(x) < A(0.5));
}`,
);

/** log(1 + eˣ), without overflow. */
export const SOFTPLUS: string = `${LOG1P}
fn softplusStable(x: A) -> A { return max(x, A(0.0)) + log1p(exp(-abs(x))); }`;

/** exp(x) − 1 by its Taylor series to the eighth power for |x| < ½. */
export const EXPM1 = `fn expm1(x: A) -> A {
  let series = x * (A(1.0) + x * (A(0.5) + x * (A(1.0 / 6.0) + x * (A(1.0 / 24.0)
    + x * (A(1.0 / 120.0) + x * (A(1.0 / 720.0) + x * (A(1.0 / 5040.0) + x * A(1.0 / 40320.0))))))));
  return select(exp(x) - A(1.0), series, abs(x) < A(0.5));
}`;

/** tanh that neither overflows for large |x| (some drivers divide infinities) nor cancels near 0. */
export const TANH = `fn tanhStable(x: A) -> A {
  let z = clamp(x, A(-10.0), A(10.0));
  let e = exp(-2.0 * abs(z));
  let large = sign(z) * (A(1.0) - e) / (A(1.0) + e);
  let w = z * z;
  let small = z * (A(1.0) + w * (A(-1.0 / 3.0) + w * (A(2.0 / 15.0) + w * (A(-17.0 / 315.0)
    + w * (A(62.0 / 2835.0) + w * A(-1382.0 / 155925.0))))));
  return select(large, small, abs(z) < A(0.35));
}`;

/** The logistic function; e⁻ˣ stays finite. */
export const SIGMOID = `fn sigmoidStable(x: A) -> A {
  let e = exp(-abs(x));
  return select(e, A(1.0), x >= A(0.0)) / (A(1.0) + e);
}`;

/**
 * erf by its Maclaurin series for |x| < 1 (eleven terms, error below 2e-9) and by formula 7.1.26 of
 * Abramowitz & Stegun (1964) beyond (error below 1.5e-7).
 */
export const ERF = `fn erf(x: A) -> A {
  let w = x * x;
  let series = 1.1283791670955126 * x * (A(1.0) + w * (A(-1.0 / 3.0) + w * (A(0.1)
    + w * (A(-1.0 / 42.0) + w * (A(1.0 / 216.0) + w * (A(-1.0 / 1320.0) + w * (A(1.0 / 9360.0)
    + w * (A(-1.0 / 75600.0) + w * (A(1.0 / 685440.0) + w * (A(-1.0 / 6894720.0)
    + w * A(1.0 / 76204800.0)))))))))));
  let z = abs(x);
  let t = A(1.0) / (A(1.0) + 0.3275911 * z);
  let poly = t * (A(0.254829592) + t * (A(-0.284496736) + t * (A(1.421413741)
    + t * (A(-1.453152027) + t * A(1.061405429)))));
  let tail = sign(x) * (A(1.0) - poly * exp(-z * z));
  return select(tail, series, z < A(1.0));
}`;

/** The standard normal distribution. */
export const NORMAL_CDF: string = /* @__PURE__ */ lines(
  ERF,
  `fn normalCdf(x: A) -> A { return 0.5 * (A(1.0) + erf(x * 0.7071067811865476)); }`,
);

/**
 * Sine and cosine: WGSL's own may err by 2⁻¹¹. x less a multiple of π/2 in three parts (Cody & Waite
 * 1980), then Taylor polynomials on [−π/4, π/4]. Good to a few ulp for |x| up to some thousands.
 */
export const SINCOS = `fn quarter(x: A) -> A { return round(x * 0.6366197723675814); }
fn reduced(x: A, k: A) -> A {
  return ((x - k * 1.5703125) - k * 4.837512969970703e-4) - k * 7.549789948768648e-8;
}
fn sinPolynomial(r: A) -> A {
  let w = r * r;
  return r + r * w * (A(-1.0 / 6.0) + w * (A(1.0 / 120.0) + w * (A(-1.0 / 5040.0)
    + w * A(1.0 / 362880.0))));
}
fn cosPolynomial(r: A) -> A {
  let w = r * r;
  return A(1.0) + w * (A(-0.5) + w * (A(1.0 / 24.0) + w * (A(-1.0 / 720.0)
    + w * A(1.0 / 40320.0))));
}
fn sinFrom(k: A, r: A) -> A {
  let q = k - 4.0 * floor(k * 0.25);
  let size = select(sinPolynomial(r), cosPolynomial(r), (q == A(1.0)) | (q == A(3.0)));
  return select(size, -size, q >= A(2.0));
}
fn sine(x: A) -> A { let k = quarter(x); return sinFrom(k, reduced(x, k)); }
fn cosine(x: A) -> A { let k = quarter(x); return sinFrom(k + A(1.0), reduced(x, k)); }`;

/**
 * Arc tangent: WGSL's own may err by 4096 ulp. Two reductions of the argument and a polynomial, good
 * to 2 ulp (Moshier 1989, Methods and Programs for Mathematical Functions).
 */
export const ATAN = `fn atanStable(x: A) -> A {
  let a = abs(x);
  let isLarge = a > A(2.414213562373095);
  let isMiddle = (a > A(0.4142135623730950)) & (a <= A(2.414213562373095));
  let r = select(select(a, (a - A(1.0)) / (a + A(1.0)), isMiddle), A(-1.0) / a, isLarge);
  let base = select(select(A(0.0), A(0.7853981633974483), isMiddle), A(1.5707963267948966), isLarge);
  let z = r * r;
  let p = ((A(8.05374449538e-2) * z - A(1.38776856032e-1)) * z + A(1.99777106478e-1)) * z
    - A(3.33329491539e-1);
  let y = base + (p * z * r + r);
  return select(y, -y, x < A(0.0));
}`;

/** Arc sine, from the same source; arc cosine without cancellation near ±1. */
export const ASIN = `fn asinPolynomial(s: A, z: A) -> A {
  let p = (((A(4.2163199048e-2) * z + A(2.4181311049e-2)) * z + A(4.5470025998e-2)) * z
    + A(7.4953002686e-2)) * z + A(1.6666752422e-1);
  return p * z * s + s;
}
fn halfAngle(a: A) -> A { let z = 0.5 * (A(1.0) - a); return 2.0 * asinPolynomial(sqrt(z), z); }
fn asinStable(x: A) -> A {
  let a = abs(x);
  let y = select(asinPolynomial(a, a * a), A(1.5707963267948966) - halfAngle(a), a > A(0.5));
  return select(y, -y, x < A(0.0));
}
fn acosStable(x: A) -> A {
  let far = halfAngle(abs(x));
  let near = A(1.5707963267948966) - asinPolynomial(x, x * x);
  let outer = select(far, A(3.141592653589793) - far, x < A(0.0));
  return select(near, outer, abs(x) > A(0.5));
}`;

/** Hyperbolic sine and cosine through e^(|x|/2), which overflows last. */
export const SINHCOSH = `fn sinhStable(x: A) -> A {
  let w = x * x;
  let e = exp(0.5 * abs(x));
  let large = sign(x) * (0.5 * e * e - 0.5 / e / e);
  let small = x * (A(1.0) + w * (A(1.0 / 6.0) + w * (A(1.0 / 120.0) + w * A(1.0 / 5040.0))));
  return select(large, small, abs(x) < A(0.5));
}
fn coshStable(x: A) -> A { let e = exp(0.5 * abs(x)); return 0.5 * e * e + 0.5 / e / e; }`;

/** Inverse hyperbolic functions through log1p, without overflow of x². */
export const ARCHYPERBOLIC: string = /* @__PURE__ */ lines(
  LOG1P,
  `fn asinhStable(x: A) -> A {
  let a = abs(x);
  let moderate = log1p(a + a * a / (A(1.0) + sqrt(a * a + A(1.0))));
  let y = select(moderate, log(a) + A(0.6931471805599453), a > A(1e9));
  return select(y, -y, x < A(0.0));
}
fn acoshStable(x: A) -> A {
  let t = x - A(1.0);
  return select(log1p(t + sqrt(2.0 * t + t * t)), log(x) + A(0.6931471805599453), x > A(1e9));
}
fn atanhStable(x: A) -> A {
  let a = abs(x);
  let y = 0.5 * log1p(2.0 * a / (A(1.0) - a));
  return select(y, -y, x < A(0.0));
}`,
);
