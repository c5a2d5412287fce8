// Input gradients of softmax and its logarithm over the rows of [rows, length], from the result y:
//
//   softmax:    dx = y · (dy − Σ dy·y)
//   logarithm:  dx = dy − exp(y) · Σ dy
//
// `threads`: a thread per row, for short rows and software adapters. `groups`: a workgroup per row.
// The host's prelude is that of softmax.wgsl.

struct Params {
  rows: u32,
  length: u32,  // in Values, as the offsets
  yOffset: u32,
  dyOffset: u32,
}

@group(0) @binding(0) var<storage, read> y: array<Stored>;
@group(0) @binding(1) var<storage, read> dy: array<Stored>;
@group(0) @binding(2) var<storage, read_write> dx: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

fn term(at: u32) -> Value {
  let g = Value(dy[params.dyOffset + at]);
  if (LOGARITHM) { return g; }
  return g * Value(y[params.yOffset + at]);
}

fn gradient(at: u32, sum: f32) -> Stored {
  let g = Value(dy[params.dyOffset + at]);
  let v = Value(y[params.yOffset + at]);
  if (LOGARITHM) { return Stored(g - exp(v) * sum); }
  return Stored(v * (g - sum));
}

@compute @workgroup_size(32)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 32u;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let end = start + params.length;
  var sums = Value();
  for (var at = start; at < end; at++) { sums += term(at); }
  let sum = total(sums);
  for (var at = start; at < end; at++) { dx[at] = gradient(at, sum); }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let end = start + params.length;
  var sums = Value();
  for (var at = start + thread; at < end; at += 64u) { sums += term(at); }
  let sum = sumOverGroup(thread, total(sums));
  for (var at = start + thread; at < end; at += 64u) { dx[at] = gradient(at, sum); }
}
