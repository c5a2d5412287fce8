// Gradients in one arena scaled down together, so that their common norm is at most a limit:
//
//   g ← g · limit / max(limit, √(Σ g²))
//
// in three passes: `squares` leaves one partial sum per thread, always as many, `norm` adds these
// in order, `scale` rewrites g. Gaps between the slices of the arena hold zeros.

struct Params {
  count: u32,  // vectors
  limit: f32,
}

const THREADS = 1024u;

@group(0) @binding(0) var<storage, read_write> g: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;  // THREADS, then the norm
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn squares(@builtin(global_invocation_id) id: vec3<u32>) {
  var total = vec4<f32>();
  for (var i = id.x; i < params.count; i += THREADS) {
    let v = g[i];
    total += v * v;
  }
  partial[id.x] = dot(total, vec4<f32>(1.0));
}

@compute @workgroup_size(1)
fn norm() {
  var total = 0.0;
  for (var i = 0u; i < THREADS; i++) { total += partial[i]; }
  partial[THREADS] = sqrt(total);
}

@compute @workgroup_size(64)
fn scale(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let i = id.x + id.y * grid.x * 64u;
  if (i < params.count) { g[i] *= params.limit / max(params.limit, partial[THREADS]); }
}
