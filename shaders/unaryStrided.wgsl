// Elementwise unary over a strided view: y[i] = apply(x[view(i)]), y contiguous.
//
// The host's prelude declares the scalars `alias A` and `alias Out`, `alias StoredA` and
// `alias StoredOut` (what lies in memory for them: f16 for f32), and `fn apply(a: A) -> Out`.

struct Params {
  size: u32,
  rank: u32,
  offset: i32,
  p: f32,
  q: f32,
  shape: array<vec4<u32>, 2>,
  strides: array<vec4<i32>, 2>,
}

@group(0) @binding(0) var<storage, read> x: array<StoredA>;
@group(0) @binding(1) var<storage, read_write> y: array<StoredOut>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  var rest = i;
  var at = params.offset;
  for (var d = params.rank; d > 0u; d--) {
    let axis = d - 1u;
    let length = params.shape[axis / 4u][axis % 4u];
    at += i32(rest % length) * params.strides[axis / 4u][axis % 4u];
    rest /= length;
  }
  y[i] = StoredOut(apply(A(x[at])));
}
