// Part of kernels of products: stores four neighbouring results at once; all of them are there.

fn storeFour(at: u32, v: vec4<f32>, count: u32) {
  y[at / 4u] = Stored(epilogue(at, v));
}
