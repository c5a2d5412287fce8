// Part of the attention kernels without barriers: scores and weights in blocks of 4 × 4, for what
// parts/attentionScore.wgsl does.

// Scores of one query with four keys.
fn scoresOfQuery(products: vec4<f32>, query: u32, key: u32, base: u32) -> vec4<f32> {
  return vec4<f32>(scoreOf(products.x, query, key, base),
                   scoreOf(products.y, query, key + 1u, base),
                   scoreOf(products.z, query, key + 2u, base),
                   scoreOf(products.w, query, key + 3u, base));
}

// exp(scores − tops), a top per component.
fn weightsOf(scores: vec4<f32>, tops: vec4<f32>) -> vec4<f32> {
  return select(exp(scores - tops), vec4<f32>(), scores <= vec4<f32>(FORBIDDEN));
}
