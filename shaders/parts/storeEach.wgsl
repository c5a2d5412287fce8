// Part of kernels of products: stores `count` of four neighbouring results, one by one.

fn storeFour(at: u32, v: vec4<f32>, count: u32) {
  for (var i = 0u; i < min(count, 4u); i++) { y[at + i] = Stored(epilogue(at + i, v[i])); }
}
