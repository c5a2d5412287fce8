// y[i, d] = 1 where labels[i] = d, else 0.

struct Params {
  size: u32,
  depth: u32,
  offset: u32,
}

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let i = id.x + id.y * grid.x * 64u;
  if (i >= params.size) { return; }
  y[i] = select(0.0, 1.0, labels[params.offset + i / params.depth] == i % params.depth);
}
