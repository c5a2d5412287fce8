// Sums over segments of an axis of x[outer, count, inner] that is read in another order:
//
//   y[o, n, i] = Σ over j in [starts[n], starts[n + 1]) of x[o, order[j], i], in the order of j
//
// The host's prelude declares `alias Scalar`, the type in memory; sums are f32.

struct Params {
  outer: u32,
  length: u32,      // segments
  inner: u32,
  count: u32,
  xOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read> order: array<i32>;
@group(0) @binding(2) var<storage, read> starts: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<Scalar>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.outer * params.length * params.inner) { return; }
  let i = at % params.inner;
  let n = (at / params.inner) % params.length;
  let o = at / (params.inner * params.length);
  var total = 0.0;
  let end = starts[n + 1u];
  for (var j = starts[n]; j < end; j++) {
    total += f32(x[params.xOffset + (o * params.count + u32(order[j])) * params.inner + i]);
  }
  y[at] = Scalar(total);
}
