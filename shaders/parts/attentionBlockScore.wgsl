// Part of the attention kernels without barriers: scores and weights in blocks of 4 × 4, for what
// parts/attentionScore.wgsl does.

// Scores of one query with four keys.
fn scoresOfQuery(products: vec4<f32>, query: u32, key: u32, base: u32) -> vec4<f32> {
  return vec4<f32>(scoreOf(products.x, query, key, base),
                   scoreOf(products.y, query, key + 1u, base),
                   scoreOf(products.z, query, key + 2u, base),
                   scoreOf(products.w, query, key + 3u, base));
}

fn scoresOfQueries(products: mat4x4<f32>, query: u32, key: u32, base: u32) -> mat4x4<f32> {
  return mat4x4<f32>(scoresOfQuery(products[0], query, key, base),
                     scoresOfQuery(products[1], query + 1u, key, base),
                     scoresOfQuery(products[2], query + 2u, key, base),
                     scoresOfQuery(products[3], query + 3u, key, base));
}

// exp(scores − tops), a top per component.
fn weightsOf(scores: vec4<f32>, tops: vec4<f32>) -> vec4<f32> {
  return select(exp(scores - tops), vec4<f32>(), scores <= vec4<f32>(FORBIDDEN));
}

// exp(scores − tops), a top per column.
fn weightsOfQueries(scores: mat4x4<f32>, tops: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(weightsOf(scores[0], vec4<f32>(tops.x)),
                     weightsOf(scores[1], vec4<f32>(tops.y)),
                     weightsOf(scores[2], vec4<f32>(tops.z)),
                     weightsOf(scores[3], vec4<f32>(tops.w)));
}
