// One step of an LSTM backwards. With dh and dc arriving at its h' and c' (see lstm.wgsl):
//
//   dc ← dc + dh · o · (1 − tanh²c')
//   da_o = dh · tanh c' · o(1 − o),  da_i = dc · g · i(1 − i)
//   da_f = dc · c · f(1 − f),        da_g = dc · i · (1 − g²)
//   dc of the step before = dc · f
//
// dh is the sum of dHiddens[time], of `arriving` (through the weights of the later step) and of
// what rows beyond their length pass on, which lies in carry[0]; carry[1] is dc. At the last step
// of the sequence, the first one here, `arriving` and `dCell` belong to the final state.
//
// The host's prelude declares `alias A`, `fn tanhOf(x: A) -> A` and the bool RAGGED (rows have
// lengths), and has parts/lstmStateGradient.wgsl.

struct Params {
  rows: u32,
  hidden: u32,        // length of a state, in A
  time: u32,
  before: u32,        // slot of the state before and after
  after: u32,
  isFirst: u32,
  hasHiddens: u32,
  hasArriving: u32,
  hasCell: u32,
  hiddensOffset: u32,
  arrivingOffset: u32,
  cellOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> gates: array<A>;
@group(0) @binding(1) var<storage, read> cells: array<A>;
@group(0) @binding(2) var<storage, read> dHiddens: array<A>;
@group(0) @binding(3) var<storage, read> arriving: array<A>;
@group(0) @binding(4) var<storage, read> dCell: array<A>;
@group(0) @binding(5) var<storage, read> lengths: array<i32>;
@group(0) @binding(6) var<storage, read_write> dGates: array<A>;
@group(0) @binding(7) var<storage, read_write> carry: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  now = Now(params.time, params.before, params.after);
  var dh = A();
  var dc = A();
  if (params.hasHiddens != 0u) { dh = dHiddens[params.hiddensOffset + params.time * size + at]; }
  if (params.hasArriving != 0u) { dh += arriving[params.arrivingOffset + at]; }
  if (params.isFirst == 0u) {
    if (RAGGED) { dh += carry[at]; }
    dc = carry[size + at];
  } else if (params.hasCell != 0u) {
    dc = dCell[params.cellOffset + at];
  }
  storeStateGradient(at / params.hidden, at % params.hidden, dh, dc);
}
