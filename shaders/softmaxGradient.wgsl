// Input gradients of softmax and its logarithm over the rows of [rows, length], from the result y:
//
//   softmax:    dx = y · (dy − Σ dy·y)
//   logarithm:  dx = dy − exp(y) · Σ dy
//
// `threads`: a thread per row, for short rows and software adapters. `groups`: a workgroup per row.
// The host's prelude declares `alias Scalar`, the type in memory, and the bool LOGARITHM, and has
// parts/overGroup.wgsl.

struct Params {
  rows: u32,
  length: u32,
  yOffset: u32,
  dyOffset: u32,
}

@group(0) @binding(0) var<storage, read> y: array<Scalar>;
@group(0) @binding(1) var<storage, read> dy: array<Scalar>;
@group(0) @binding(2) var<storage, read_write> dx: array<Scalar>;
@group(1) @binding(0) var<uniform> params: Params;

fn term(at: u32) -> f32 {
  let g = f32(dy[params.dyOffset + at]);
  if (LOGARITHM) { return g; }
  return g * f32(y[params.yOffset + at]);
}

fn gradient(at: u32, total: f32) -> Scalar {
  let g = f32(dy[params.dyOffset + at]);
  let v = f32(y[params.yOffset + at]);
  if (LOGARITHM) { return Scalar(g - exp(v) * total); }
  return Scalar(v * (g - total));
}

@compute @workgroup_size(64)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let end = start + params.length;
  var total = 0.0;
  for (var at = start; at < end; at++) { total += term(at); }
  for (var at = start; at < end; at++) { dx[at] = gradient(at, total); }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let end = start + params.length;
  var total = 0.0;
  for (var at = start + thread; at < end; at += 64u) { total += term(at); }
  total = sumOverGroup(thread, total);
  for (var at = start + thread; at < end; at += 64u) { dx[at] = gradient(at, total); }
}
