// All steps of a GRU that resets after the product (see gru.wgsl) in one dispatch: a thread takes a
// row and walks through its steps. For small states on software adapters, where a dispatch costs
// more than a step.
//
// The host's prelude declares `alias A`; `alias Block` with
// `fn blockAt(at: u32, line: u32) -> Block`, the weights from as many rows as A has lanes;
// `fn sigmoidStable(x: A) -> A` and `fn tanhOf(x: A) -> A`. It has parts/gruState.wgsl.

struct Params {
  rows: u32,
  hidden: u32,     // length of a state, in A
  lanes: u32,      // of A
  length: u32,     // of the sequence
  isReverse: u32,
  isKept: u32,     // whether `gates` has a slot for each step
  hasBias: u32,
  hasLengths: u32,
  projectedOffset: u32,
  weightsOffset: u32,
  hiddenOffset: u32,
  biasOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> projected: array<A>;
@group(0) @binding(1) var<storage, read> weights: array<A>;
@group(0) @binding(2) var<storage, read> hidden0: array<A>;
@group(0) @binding(3) var<storage, read> bias: array<A>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read_write> gates: array<A>;
@group(0) @binding(6) var<storage, read_write> hiddens: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

fn stepAt(i: u32) -> Now {
  let last = params.length - 1u;
  var step = Now(i, 0u, i, i + 1u);
  if (params.isReverse != 0u) { step = Now(last - i, 0u, last - i + 1u, last - i); }
  if (params.isKept != 0u) { step.kept = step.time; }
  return step;
}

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 4u;
  if (row >= params.rows) { return; }
  let width = params.hidden;
  let size = params.rows * width;
  let line = 3u * width;
  let step = params.lanes * line;
  let origin = stepAt(0u).before * size + row * width;
  for (var unit = 0u; unit < width; unit++) {
    hiddens[origin + unit] = hidden0[params.hiddenOffset + row * width + unit];
  }
  for (var i = 0u; i < params.length; i++) {
    now = stepAt(i);
    let before = now.before * size + row * width;
    for (var unit = 0u; unit < width; unit++) {
      var qr = A();
      var qz = A();
      var qn = A();
      if (params.hasBias != 0u) {
        let b = params.biasOffset + unit;
        qr = bias[b];
        qz = bias[b + width];
        qn = bias[b + 2u * width];
      }
      var at = params.weightsOffset + unit;
      for (var k = before; k < before + width; k++) {
        let h = hiddens[k];
        qr += blockAt(at, line) * h;
        qz += blockAt(at + width, line) * h;
        qn += blockAt(at + 2u * width, line) * h;
        at += step;
      }
      storeState(row, unit, qr, qz, qn, hiddens[before + unit]);
    }
  }
}
