// What both gradients of attention need of a query: stats[i] = (lseᵢ, Σ_d dyᵢ_d · yᵢ_d).
//
// A thread per query, in the order in which the rows of y lie. Every row of y and dy is `vectors`
// vectors of four.

struct Params {
  rows: u32,
  vectors: u32,
}

@group(0) @binding(0) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let start = row * params.vectors;
  var delta = 0.0;
  for (var d = 0u; d < params.vectors; d++) {
    delta += dot(y[start + d], dy[start + d]);
  }
  stats[row] = vec2<f32>(lse[row], delta);
}
