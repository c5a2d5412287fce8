// Elementwise unary over contiguous data, four elements a thread: y[i] = apply(x[i]).
//
// The host's prelude declares `alias A` and `alias Out` (vectors of four), `alias StoredA` and
// `alias StoredOut` (what lies in memory for them: f16 for f32), and `fn apply(a: A) -> Out`, which
// may use params.p and params.q.

struct Params {
  size: u32,    // of y, in vectors
  offset: u32,  // of x, in vectors
  p: f32,
  q: f32,
}

@group(0) @binding(0) var<storage, read> x: array<StoredA>;
@group(0) @binding(1) var<storage, read_write> y: array<StoredOut>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  y[i] = StoredOut(apply(A(x[i + params.offset])));
}
