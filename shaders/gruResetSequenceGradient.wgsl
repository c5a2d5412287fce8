// All steps of a GRU that resets before the product backwards (see gruResetGradient.wgsl) but the
// last of the sequence, in one dispatch: a thread takes a row and walks through its steps. For
// small states on software adapters, where a dispatch costs more than a step.
//
// The host's prelude declares `alias A` and `alias Block` with
// `fn blockAt(at: u32, line: u32) -> Block`, the weights from as many rows as A has lanes. It has
// parts/gruResetStateGradient.wgsl.

struct Params {
  rows: u32,
  hidden: u32,        // length of a state, in A
  lanes: u32,         // of A
  length: u32,        // of the sequence
  isReverse: u32,
  hasHiddens: u32,
  hasLengths: u32,
  hiddensOffset: u32,
  weightsOffset: u32,
  lengthsOffset: u32,
}

@group(0) @binding(0) var<storage, read> gates: array<A>;
@group(0) @binding(1) var<storage, read> hiddens: array<A>;
@group(0) @binding(2) var<storage, read> dHiddens: array<A>;
@group(0) @binding(3) var<storage, read> weights: array<A>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read_write> dProjected: array<A>;
@group(0) @binding(6) var<storage, read_write> carry: array<A>;
@group(0) @binding(16) var<uniform> params: Params;

fn stepAt(i: u32) -> Now {
  let last = params.length - 1u;
  if (params.isReverse != 0u) { return Now(last - i, last - i + 1u); }
  return Now(i, i);
}

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 4u;
  if (row >= params.rows) { return; }
  let width = params.hidden;
  let size = params.rows * width;
  let line = 3u * width;
  for (var i = params.length - 1u; i > 0u; i--) {
    let base = (stepAt(i).time * params.rows + row) * line;
    now = stepAt(i - 1u);
    for (var unit = 0u; unit < width; unit++) {
      let at = row * width + unit;
      var dh = carry[at];
      var w = params.weightsOffset + unit * params.lanes * line;
      for (var k = base; k < base + 2u * width; k++) {
        dh += dProjected[k] * blockAt(w, line);
        w++;
      }
      if (params.hasHiddens != 0u) { dh += dHiddens[params.hiddensOffset + now.time * size + at]; }
      closeGradient(row, unit, dh);
    }
    let candidate = (now.time * params.rows + row) * line + 2u * width;
    for (var unit = 0u; unit < width; unit++) {
      var ds = A();
      var w = params.weightsOffset + unit * params.lanes * line + 2u * width;
      for (var k = candidate; k < candidate + width; k++) {
        ds += dProjected[k] * blockAt(w, line);
        w++;
      }
      openGradient(row, unit, ds);
    }
  }
}
