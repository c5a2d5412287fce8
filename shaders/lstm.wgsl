// One step of an LSTM from the two halves of its pre-activations, gates in the order i, f, g, o:
//
//   i, f, o = sigmoid(…), g = tanh(…) of projected[time] + product
//   c' = f · c + i · g,  h' = o · tanh(c')
//
// Where time ≥ lengths[row], h' = h and c' = c. A thread per element (or vector of four) of a
// state. The states of all steps lie in slots of `hiddens` and `cells`; the first step also puts
// the initial ones there. `gates` keeps the activations for the backward pass.
//
// The host's prelude declares `alias A`, `fn sigmoidStable(x: A) -> A`, `fn tanhOf(x: A) -> A` and
// the bool RAGGED (rows have lengths), and has parts/lstmState.wgsl.

struct Params {
  rows: u32,
  hidden: u32,     // length of a state, in A
  time: u32,
  kept: u32,       // slot of `gates`
  before: u32,     // slot of the state before and after
  after: u32,
  isFirst: u32,
  projectedOffset: u32,
  productOffset: u32,
  hiddenOffset: u32,
  cellOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> projected: array<A>;
@group(0) @binding(1) var<storage, read> product: array<A>;
@group(0) @binding(2) var<storage, read> hidden0: array<A>;
@group(0) @binding(3) var<storage, read> cell0: array<A>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read_write> gates: array<A>;
@group(0) @binding(6) var<storage, read_write> cells: array<A>;
@group(0) @binding(7) var<storage, read_write> hiddens: array<A>;
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
  if (params.isFirst != 0u) {
    hiddens[before] = hidden0[params.hiddenOffset + at];
    cells[before] = cell0[params.cellOffset + at];
  }
  let q = params.productOffset + row * 4u * width + unit;
  storeState(row, unit, product[q], product[q + width], product[q + 2u * width],
             product[q + 3u * width], hiddens[before], cells[before]);
}
