// One step of a GRU that resets before the product, backwards; two kernels with a product between
// them. With dh arriving at its h' (see gruReset.wgsl):
//
// `close`:  da = dh · z · (1 − a²),  dz = dh · (a − h) · z(1 − z),  carry = dh · (1 − z)
// `open`:   dr = ds · h · r(1 − r),  carry += ds · r,  with ds = da · W_aᵀ in `arriving`
//
// What [dz, dr] gives through the weights arrives at the step before. dh is the sum of
// dHiddens[time], of `arriving` (through the weights of the later step; at the first step here, of
// the final state) and of `carry`.
//
// The host's prelude declares `alias A` and has parts/gruResetStateGradient.wgsl.

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
@group(0) @binding(6) var<storage, read_write> carry: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn close(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  now = Now(params.time, params.before);
  var dh = A();
  if (params.hasHiddens != 0u) { dh = dHiddens[params.hiddensOffset + params.time * size + at]; }
  if (params.hasArriving != 0u) { dh += arriving[params.arrivingOffset + at]; }
  if (params.isFirst == 0u) { dh += carry[at]; }
  closeGradient(at / params.hidden, at % params.hidden, dh);
}

@compute @workgroup_size(64)
fn open(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  now = Now(params.time, params.before);
  let ds = arriving[params.arrivingOffset + at];
  openGradient(at / params.hidden, at % params.hidden, ds);
}
