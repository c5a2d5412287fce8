// Part of attention.wgsl and attentionKept.wgsl: a thread's rows of y, as far as there are.

fn storeRow(base: u32, row: u32, d: u32, value: vec4<f32>) {
  if (row >= params.queries) { return; }
  y[(base + row * params.yStrides.w) * params.vectors + d] = value;
}

fn storeRows(base: u32, row: u32, d: u32, tile: mat4x4<f32>) {
  storeRow(base, row, d, tile[0]);
  storeRow(base, row + 1u, d, tile[1]);
  storeRow(base, row + 2u, d, tile[2]);
  storeRow(base, row + 3u, d, tile[3]);
}
