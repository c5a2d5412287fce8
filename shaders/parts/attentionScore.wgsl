// Part of the attention kernels: a score with its scale and mask, and its weight.
//
// The host's prelude declares `const MASK`: 0 for none, 1 for bools, 2 for f32 that are added.

// Scores at or below this one stand for pairs that may not attend.
const FORBIDDEN = -3e38;

// scale · qᵢ·kⱼ + biasᵢⱼ, or FORBIDDEN; `base` is where the item's mask starts.
fn scoreOf(product: f32, query: u32, key: u32, base: u32) -> f32 {
  var score = product * params.scale;
  var ok = (key < params.keys) & (query < params.queries) & (key <= query + params.reach);
  if (MASK > 0u) {
    let word = mask[base + query * params.maskStrides.w + key * params.maskColumn];
    if (MASK == 1u) { ok = ok & (word != 0u); }
    else { score += bitcast<f32>(word); }
  }
  return select(FORBIDDEN, score, ok);
}

// exp(score − top), zero for a forbidden pair.
fn weightOf(score: f32, top: f32) -> f32 {
  return select(exp(score - top), 0.0, score <= FORBIDDEN);
}
