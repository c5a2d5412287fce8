// Joins the splits of a matmul, in fixed order:
// y[i] = activation(Σ_s partial[s, i] + bias[i mod n]).
//
// The host's prelude declares `alias Lanes` (f32, or vec4<f32> where the numbers come in fours),
// LANES, `alias Scalar`, the type of bias in memory, `alias Stored`, that of y, BIAS, `fn biasAt`,
// `fn activated`, `fn epilogue`, and `fn isStoredAsSum`, which takes what lies behind the parts of
// y to a buffer of its own.

struct Params {
  size: u32,      // of a part, in Lanes
  splits: u32,
  n: u32,
  biasOffset: u32,
}

@group(0) @binding(0) var<storage, read> partial: array<Lanes>;
@group(0) @binding(1) var<storage, read> bias: array<Scalar>;
@group(0) @binding(2) var<storage, read_write> y: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  var total = partial[i];
  for (var s = 1u; s < params.splits; s++) { total += partial[s * params.size + i]; }
  if (BIAS) { total += biasAt(params.biasOffset + i * LANES % params.n); }
  if (!isStoredAsSum(i, total)) { y[i] = Stored(epilogue(i * LANES, activated(total))); }
}
