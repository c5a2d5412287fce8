// Part of attention.wgsl and attentionKept.wgsl: a thread's rows of y, as far as there are.

fn storeRow(base: u32, row: u32, d: u32, value: vec4<f32>) {
  if (row >= params.queries) { return; }
  y[(base + row * params.yStrides.w) * params.vectors + d] = value;
}
