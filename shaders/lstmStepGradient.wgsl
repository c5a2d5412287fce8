// One whole step of an LSTM backwards (see lstmGradient.wgsl), any but the last of the sequence,
// with what the later step passes on through the weights:
//
//   dh = dHiddens[time] + dGates[later] · wHiddenᵀ + carry[0],  dc = carry[1]
//
// A thread takes four rows, or one, of an element (or vector of four) of a state. Weights are read
// at unit · unitStride + k · depthStride, so that they may lie transposed: neighbours then read
// neighbours.
//
// The host's prelude declares `alias A`, `fn tanhOf(x: A) -> A`, `alias Block` with
// `fn blockAt(at: u32, line: u32) -> Block`, the weights from as many rows as A has lanes, and the
// bools TALL (four rows) and RAGGED (rows have lengths). It has parts/lstmStateGradient.wgsl.

struct Params {
  rows: u32,
  hidden: u32,        // length of a state, in A
  time: u32,
  later: u32,         // time of the step that ran before this one
  before: u32,        // slot of the state before and after
  after: u32,
  hasHiddens: u32,
  unitStride: u32,    // of the weights, in A
  depthStride: u32,
  hiddensOffset: u32,
  weightsOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> gates: array<A>;
@group(0) @binding(1) var<storage, read> cells: array<A>;
@group(0) @binding(2) var<storage, read> dHiddens: array<A>;
@group(0) @binding(3) var<storage, read> weights: array<A>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read_write> dGates: array<A>;
@group(0) @binding(6) var<storage, read_write> carry: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

fn store(row: u32, unit: u32, arriving: A) {
  if (row >= params.rows) { return; }
  let size = params.rows * params.hidden;
  let at = row * params.hidden + unit;
  var dh = arriving;
  if (RAGGED) { dh += carry[at]; }
  if (params.hasHiddens != 0u) { dh += dHiddens[params.hiddensOffset + params.time * size + at]; }
  storeStateGradient(row, unit, dh, carry[size + at]);
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 32u;
  let width = params.hidden;
  let row = index / width * select(1u, 4u, TALL);
  let unit = index % width;
  if (row >= params.rows) { return; }
  now = Now(params.time, params.before, params.after);
  let line = 4u * width;
  let base = (params.later * params.rows + row) * line;
  // Params are read outside the loop: software adapters do not hoist them.
  let depth = params.depthStride;
  var w = params.weightsOffset + unit * params.unitStride;
  var h0 = A();
  var h1 = A();
  var h2 = A();
  var h3 = A();
  for (var k = base; k < base + line; k++) {
    let across = blockAt(w, line);
    h0 += dGates[k] * across;
    if (TALL) {
      h1 += dGates[k + line] * across;
      h2 += dGates[k + 2u * line] * across;
      h3 += dGates[k + 3u * line] * across;
    }
    w += depth;
  }
  store(row, unit, h0);
  if (TALL) {
    store(row + 1u, unit, h1);
    store(row + 2u, unit, h2);
    store(row + 3u, unit, h3);
  }
}
