// One step of a GRU that resets after the product, gates in the order r, z, n:
//
//   r, z = sigmoid(p + q),  n = tanh(p_n + r · q_n)  with p = projected[time], q = product
//   h' = (1 − z) · n + z · h
//
// Where time ≥ lengths[row], h' = h. A thread per element (or vector of four) of a state. The
// states of all steps lie in slots of `hiddens`; the first step also puts the initial one there.
// `gates` keeps r, z, n and q_n for the backward pass.
//
// The host's prelude declares `alias A`, `fn sigmoidStable(x: A) -> A` and `fn tanhOf(x: A) -> A`.
// It has parts/gruState.wgsl.

struct Params {
  rows: u32,
  hidden: u32,     // length of a state, in A
  time: u32,
  kept: u32,       // slot of `gates`
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
@group(0) @binding(4) var<storage, read_write> gates: array<A>;
@group(0) @binding(5) var<storage, read_write> hiddens: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  now = Now(params.time, params.kept, params.before, params.after);
  let width = params.hidden;
  let row = at / width;
  let unit = at % width;
  let before = params.before * size + at;
  if (params.isFirst != 0u) { hiddens[before] = hidden0[params.hiddenOffset + at]; }
  let q = row * 3u * width + unit;
  storeState(row, unit, product[q], product[q + width], product[q + 2u * width], hiddens[before]);
}
