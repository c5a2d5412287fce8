// y[i] = start + step * i; a constant when step is 0.
//
// The host's prelude declares `alias Scalar`, the type in memory, and `alias Acc`, the type to
// compute in.

struct Params {
  size: u32,
  start: u32,  // bits of an Acc
  step: u32,   // bits of an Acc
}

@group(0) @binding(0) var<storage, read_write> y: array<Scalar>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  y[i] = Scalar(bitcast<Acc>(params.start) + bitcast<Acc>(params.step) * Acc(i));
}
