// Part of the attention kernels: where a batch item starts, and a score with its scale and mask.
//
// The host's prelude declares `const MASK`: 0 for none, 1 for bools, 2 for f32 that are added.

// Scores at or below this one stand for pairs that may not attend.
const FORBIDDEN = -3e38;

// The first vectors of an item in q, k and v, and its first element in the mask.
fn itemAt(z: u32) -> vec4<u32> {
  let inner = z % params.inner;
  let rest = z / params.inner;
  let at = vec3<u32>(rest / params.middle, rest % params.middle, inner);
  return params.offsets + vec4<u32>(dot(at, params.qStrides.xyz), dot(at, params.kStrides.xyz),
                                    dot(at, params.vStrides.xyz), dot(at, params.maskStrides.xyz));
}

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
