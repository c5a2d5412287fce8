// Whole powers by repeated squaring: pow() is too rough where 1 − βᵗ is wanted and βᵗ is near 1.

fn power(base: f32, exponent: f32) -> f32 {
  var result = 1.0;
  var square = base;
  for (var n = u32(exponent); n > 0u; n /= 2u) {
    if ((n & 1u) == 1u) { result *= square; }
    square *= square;
  }
  return result;
}
