// 1 − βᵗ from log β: a series where βᵗ is near 1 and the difference would lose its digits.

fn decayed(logBase: f32, t: f32) -> f32 {
  let x = t * logBase;
  let tail = 1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x / 5040.0));
  let series = -x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * tail)));
  return select(1.0 - exp(x), series, x > -0.5);
}
