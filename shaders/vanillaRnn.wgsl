// One step of a plain recurrent network: h' = activate(projected[time] + product), or h' = h where
// time ≥ lengths[row]. A thread per element (or vector of four) of a state. The states of all steps
// lie in slots of `hiddens`; the first step also puts the initial one there.
//
// The host's prelude declares `alias A` and `fn activate(x: A) -> A`.

struct Params {
  rows: u32,
  hidden: u32,     // length of a state, in A
  time: u32,
  before: u32,     // slot of the state before and after
  after: u32,
  isFirst: u32,
  hasLengths: u32,
  projectedOffset: u32,
  hiddenOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> projected: array<A>;
@group(0) @binding(1) var<storage, read> product: array<A>;
@group(0) @binding(2) var<storage, read> hidden0: array<A>;
@group(0) @binding(3) var<storage, read> lengths: array<i32>;
@group(0) @binding(4) var<storage, read_write> hiddens: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  let row = at / params.hidden;
  let before = params.before * size + at;
  if (params.isFirst != 0u) { hiddens[before] = hidden0[params.hiddenOffset + at]; }
  let h = hiddens[before];
  let p = params.projectedOffset + params.time * size + at;
  let next = activate(projected[p] + product[at]);
  let length = lengths[params.lengthsOffset + row * params.hasLengths];
  let isOver = (params.hasLengths != 0u) & (i32(params.time) >= length);
  hiddens[params.after * size + at] = select(next, h, isOver);
}
