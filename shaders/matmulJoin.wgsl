// Joins the splits of a matmul, in fixed order:
// y[i] = activation(Σ_s partial[s, i] + bias[i mod n]).
//
// The host's prelude declares `alias Scalar`, the type of bias and y in memory, BIAS, and
// `fn activate(v: vec4<f32>) -> vec4<f32>`.

struct Params {
  size: u32,
  splits: u32,
  n: u32,
  biasOffset: u32,
}

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<Scalar>;
@group(0) @binding(2) var<storage, read_write> y: array<Scalar>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  var total = partial[i];
  for (var s = 1u; s < params.splits; s++) { total += partial[s * params.size + i]; }
  if (BIAS) { total += f32(bias[params.biasOffset + i % params.n]); }
  y[i] = Scalar(activate(vec4<f32>(total)).x);
}
