// Writes a view into a strided region: y[region(i)] = x[view(i)]. For concat, stack and pad.
//
// The host's prelude declares `alias Scalar`.

struct Params {
  size: u32,
  rank: u32,
  xOffset: i32,
  yOffset: i32,
  shape: array<vec4<u32>, 2>,
  xStrides: array<vec4<i32>, 2>,
  yStrides: array<vec4<i32>, 2>,
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read_write> y: array<Scalar>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  var rest = i;
  var atX = params.xOffset;
  var atY = params.yOffset;
  for (var d = params.rank; d > 0u; d--) {
    let axis = d - 1u;
    let length = params.shape[axis / 4u][axis % 4u];
    let position = i32(rest % length);
    atX += position * params.xStrides[axis / 4u][axis % 4u];
    atY += position * params.yStrides[axis / 4u][axis % 4u];
    rest /= length;
  }
  y[atY] = x[atX];
}
