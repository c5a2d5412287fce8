// One step of a GRU that resets after the product, backwards. With dh arriving at its h' (see
// gru.wgsl), for the pre-activations p of the input and q of the product:
//
//   dp_n = dh · (1 − z)(1 − n²),  dp_r = dp_n · q_n · r(1 − r),  dp_z = dh · (h − n) · z(1 − z)
//   dq = (dp_r, dp_z, dp_n · r)
//   dh of the step before = dh · z + what dq gives through the weights
//
// dh is the sum of dHiddens[time], of `arriving` (through the weights of the later step; at the
// first step here, of the final state) and of `carry`.
//
// The host's prelude declares `alias A` and has parts/gruStateGradient.wgsl.

struct Params {
  rows: u32,
  hidden: u32,        // length of a state, in A
  time: u32,
  before: u32,        // slot of the state before
  isFirst: u32,
  hasHiddens: u32,
  hasArriving: u32,
  hasLengths: u32,
  hiddensOffset: u32,
  arrivingOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> gates: array<A>;
@group(0) @binding(1) var<storage, read> hiddens: array<A>;
@group(0) @binding(2) var<storage, read> dHiddens: array<A>;
@group(0) @binding(3) var<storage, read> arriving: array<A>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read_write> dProjected: array<A>;
@group(0) @binding(6) var<storage, read_write> dProduct: array<A>;
@group(0) @binding(7) var<storage, read_write> carry: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  now = Now(params.time, params.before);
  var dh = A();
  if (params.hasHiddens != 0u) { dh = dHiddens[params.hiddensOffset + params.time * size + at]; }
  if (params.hasArriving != 0u) { dh += arriving[params.arrivingOffset + at]; }
  if (params.isFirst == 0u) { dh += carry[at]; }
  storeStateGradient(at / params.hidden, at % params.hidden, dh);
}
