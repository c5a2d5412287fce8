// All steps of an LSTM backwards but the last of the sequence (see lstmStepGradient.wgsl) in one
// dispatch: a thread takes a row and walks through its steps. For small states on software
// adapters, where a dispatch costs more than a step.
//
// The host's prelude declares `alias A`, `fn tanhOf(x: A) -> A`, `alias Block` with
// `fn blockAt(at: u32, line: u32) -> Block`, the weights from as many rows as A has lanes, and the
// bool RAGGED (rows have lengths). It has parts/lstmStateGradient.wgsl.

struct Params {
  rows: u32,
  hidden: u32,        // length of a state, in A
  length: u32,        // of the sequence
  isReverse: u32,
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

fn stepAt(i: u32) -> Now {
  let last = params.length - 1u;
  if (params.isReverse != 0u) { return Now(last - i, last - i + 1u, last - i); }
  return Now(i, i, i + 1u);
}

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 4u;
  if (row >= params.rows) { return; }
  let width = params.hidden;
  let size = params.rows * width;
  let line = 4u * width;
  let depth = params.depthStride;
  for (var i = params.length - 1u; i > 0u; i--) {
    let base = (stepAt(i).time * params.rows + row) * line;
    now = stepAt(i - 1u);
    for (var unit = 0u; unit < width; unit++) {
      let at = row * width + unit;
      var dh = A();
      var w = params.weightsOffset + unit * params.unitStride;
      for (var k = base; k < base + line; k++) {
        dh += dGates[k] * blockAt(w, line);
        w += depth;
      }
      if (RAGGED) { dh += carry[at]; }
      if (params.hasHiddens != 0u) { dh += dHiddens[params.hiddensOffset + now.time * size + at]; }
      storeStateGradient(row, unit, dh, carry[size + at]);
    }
  }
}
