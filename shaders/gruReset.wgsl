// One step of a GRU that resets before the product, gates in the order z, r, a; two kernels with a
// product between them:
//
// `open`:   z, r = sigmoid(projected[time] + product),  resets[kept] = r · h
// `close`:  a = tanh(projected_a[time] + product),      h' = (1 − z) · h + z · a
//
// `product` is h · [W_z, W_r] for the first and (r · h) · W_a for the second. Where time ≥
// lengths[row], h' = h. A thread per element (or vector of four) of a state. The states of all
// steps lie in slots of `hiddens`; the first step also puts the initial one there. `gates` keeps
// z, r, a.
//
// The host's prelude declares `alias A`, `fn sigmoidStable(x: A) -> A` and `fn tanhOf(x: A) -> A`.
// It has parts/gruResetState.wgsl.

struct Params {
  rows: u32,
  hidden: u32,     // length of a state, in A
  time: u32,
  kept: u32,       // slot of `gates` and `resets`
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
@group(0) @binding(5) var<storage, read_write> resets: array<A>;
@group(0) @binding(6) var<storage, read_write> hiddens: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn open(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  now = Now(params.time, params.kept, params.before, params.after);
  let width = params.hidden;
  let before = params.before * size + at;
  if (params.isFirst != 0u) { hiddens[before] = hidden0[params.hiddenOffset + at]; }
  let row = at / width;
  let unit = at % width;
  let q = row * 2u * width + unit;
  openState(row, unit, product[q], product[q + width], hiddens[before]);
}

@compute @workgroup_size(64)
fn close(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let size = params.rows * params.hidden;
  if (at >= size) { return; }
  now = Now(params.time, params.kept, params.before, params.after);
  let h = hiddens[params.before * size + at];
  closeState(at / params.hidden, at % params.hidden, product[at], h);
}
