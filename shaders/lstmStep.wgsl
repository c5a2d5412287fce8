// One whole step of an LSTM, its product with the hidden state included (see lstm.wgsl):
//
//   i, f, o = sigmoid(…), g = tanh(…) of projected[time] + h · wHidden
//   c' = f · c + i · g,  h' = o · tanh(c')
//
// Where time ≥ lengths[row], h' = h and c' = c. A thread takes four rows, or one, of an element (or
// vector of four) of a state, all four gates of it: 64 sums in registers at most. Neighbours read
// neighbouring weights.
//
// The host's prelude declares `alias A`; `alias Block` with
// `fn blockAt(at: u32, line: u32) -> Block`, the weights from as many rows as A has lanes; TALL
// (four rows), RAGGED (rows have lengths) and FIRST (the step starts from hidden0 and cell0, which
// it puts in their slots); `fn sigmoidStable(x: A) -> A` and `fn tanhOf(x: A) -> A`. It has
// parts/lstmState.wgsl.

struct Params {
  rows: u32,
  hidden: u32,     // length of a state, in A
  lanes: u32,      // of A
  time: u32,
  kept: u32,       // slot of `gates`
  before: u32,     // slot of the state before and after
  after: u32,
  projectedOffset: u32,
  weightsOffset: u32,
  hiddenOffset: u32,
  cellOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> projected: array<A>;
@group(0) @binding(1) var<storage, read> weights: array<A>;
@group(0) @binding(2) var<storage, read> hidden0: array<A>;
@group(0) @binding(3) var<storage, read> cell0: array<A>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read_write> gates: array<A>;
@group(0) @binding(6) var<storage, read_write> cells: array<A>;
@group(0) @binding(7) var<storage, read_write> hiddens: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

// The state before, from where `origin` says it starts.
fn hiddenAt(at: u32) -> A {
  if (FIRST) { return hidden0[at]; }
  return hiddens[at];
}

fn cellAt(at: u32) -> A {
  if (FIRST) { return cell0[at]; }
  return cells[at];
}

fn store(origin: vec2<u32>, row: u32, unit: u32, zi: A, zf: A, zg: A, zo: A) {
  if (row >= params.rows) { return; }
  let at = row * params.hidden + unit;
  let c = cellAt(origin.y + at);
  var h = A();
  if (FIRST | RAGGED) { h = hiddenAt(origin.x + at); }
  if (FIRST) {
    let before = params.before * params.rows * params.hidden + at;
    hiddens[before] = h;
    cells[before] = c;
  }
  storeState(row, unit, zi, zf, zg, zo, h, c);
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 32u;
  let width = params.hidden;
  let row = index / width * select(1u, 4u, TALL);
  let unit = index % width;
  if (row >= params.rows) { return; }
  now = Now(params.time, params.kept, params.before, params.after);
  let line = 4u * width;
  // Params are read outside the loop: software adapters do not hoist them.
  var origin = vec2<u32>(params.before * params.rows * width);
  if (FIRST) { origin = vec2<u32>(params.hiddenOffset, params.cellOffset); }
  let h = origin.x + row * width;
  let step = params.lanes * line;
  var at = params.weightsOffset + unit;
  var i0 = A();
  var f0 = A();
  var g0 = A();
  var o0 = A();
  var i1 = A();
  var f1 = A();
  var g1 = A();
  var o1 = A();
  var i2 = A();
  var f2 = A();
  var g2 = A();
  var o2 = A();
  var i3 = A();
  var f3 = A();
  var g3 = A();
  var o3 = A();
  for (var k = 0u; k < width; k++) {
    let wi = blockAt(at, line);
    let wf = blockAt(at + width, line);
    let wg = blockAt(at + 2u * width, line);
    let wo = blockAt(at + 3u * width, line);
    let h0 = hiddenAt(h + k);
    i0 += wi * h0;
    f0 += wf * h0;
    g0 += wg * h0;
    o0 += wo * h0;
    if (TALL) {
      let h1 = hiddenAt(h + width + k);
      let h2 = hiddenAt(h + 2u * width + k);
      let h3 = hiddenAt(h + 3u * width + k);
      i1 += wi * h1;
      f1 += wf * h1;
      g1 += wg * h1;
      o1 += wo * h1;
      i2 += wi * h2;
      f2 += wf * h2;
      g2 += wg * h2;
      o2 += wo * h2;
      i3 += wi * h3;
      f3 += wf * h3;
      g3 += wg * h3;
      o3 += wo * h3;
    }
    at += step;
  }
  store(origin, row, unit, i0, f0, g0, o0);
  if (TALL) {
    store(origin, row + 1u, unit, i1, f1, g1, o1);
    store(origin, row + 2u, unit, i2, f2, g2, o2);
    store(origin, row + 3u, unit, i3, f3, g3, o3);
  }
}
