// y[i] = a[viewA(i)] where mask[viewMask(i)] is true, else b[viewB(i)]; y contiguous.
//
// The host's prelude declares `alias Scalar`, the type of a, b and y.

struct Params {
  size: u32,
  rank: u32,
  maskOffset: i32,
  aOffset: i32,
  bOffset: i32,
  shape: array<vec4<u32>, 2>,
  maskStrides: array<vec4<i32>, 2>,
  aStrides: array<vec4<i32>, 2>,
  bStrides: array<vec4<i32>, 2>,
}

@group(0) @binding(0) var<storage, read> mask: array<u32>;
@group(0) @binding(1) var<storage, read> a: array<Scalar>;
@group(0) @binding(2) var<storage, read> b: array<Scalar>;
@group(0) @binding(3) var<storage, read_write> y: array<Scalar>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  var rest = i;
  var atMask = params.maskOffset;
  var atA = params.aOffset;
  var atB = params.bOffset;
  for (var d = params.rank; d > 0u; d--) {
    let axis = d - 1u;
    let length = params.shape[axis / 4u][axis % 4u];
    let position = i32(rest % length);
    atMask += position * params.maskStrides[axis / 4u][axis % 4u];
    atA += position * params.aStrides[axis / 4u][axis % 4u];
    atB += position * params.bStrides[axis / 4u][axis % 4u];
    rest /= length;
  }
  if (mask[atMask] != 0u) { y[i] = a[atA]; } else { y[i] = b[atB]; }
}
