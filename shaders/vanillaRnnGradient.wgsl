// One step of a plain recurrent network backwards: dProjected[time] = dh · slope(h'). With time ≥
// lengths[row] it is zero, and dh goes on to the step before in `carry`.
//
// dh is the sum of dHiddens[time], of `arriving` (through the weights of the later step; at the
// first step here, of the final state) and of `carry`.
//
// The host's prelude declares `alias A` and `fn slope(y: A) -> A`.

struct Params {
  rows: u32,
  hidden: u32,        // length of a state, in A
  time: u32,
  after: u32,         // slot of the state after
  isFirst: u32,
  hasHiddens: u32,
  hasArriving: u32,
  hasLengths: u32,
  hiddensOffset: u32,
  arrivingOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> hiddens: array<A>;
@group(0) @binding(1) var<storage, read> dHiddens: array<A>;
@group(0) @binding(2) var<storage, read> arriving: array<A>;
@group(0) @binding(3) var<storage, read> lengths: array<i32>;
@group(0) @binding(4) var<storage, read_write> dProjected: array<A>;
@group(0) @binding(5) var<storage, read_write> carry: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  let row = at / params.hidden;
  var dh = A();
  if (params.hasHiddens != 0u) { dh = dHiddens[params.hiddensOffset + params.time * size + at]; }
  if (params.hasArriving != 0u) { dh += arriving[params.arrivingOffset + at]; }
  if (params.isFirst == 0u) { dh += carry[at]; }
  let y = hiddens[params.after * size + at];
  let length = lengths[params.lengthsOffset + row * params.hasLengths];
  let isOver = (params.hasLengths != 0u) & (i32(params.time) >= length);
  dProjected[params.time * size + at] = select(dh * slope(y), A(), isOver);
  carry[at] = select(A(), dh, isOver);
}
