// Softmax over the rows of x[rows, length]: y = exp(x − max) / Σ exp(x − max), or its logarithm.
//
// `threads`: a thread per row, for short rows and software adapters. `groups`: a workgroup per row.
// The host's prelude declares `alias Scalar`, the type in memory, and the bool LOGARITHM, and has
// parts/overGroup.wgsl.

struct Params {
  rows: u32,
  length: u32,
  offset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read_write> y: array<Scalar>;
@group(1) @binding(0) var<uniform> params: Params;

fn result(value: f32, largest: f32, total: f32) -> f32 {
  if (LOGARITHM) { return value - largest - log(total); }
  return exp(value - largest) / total;
}

@compute @workgroup_size(64)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  var largest = f32(x[params.offset + start]);
  for (var i = 1u; i < params.length; i++) {
    largest = max(largest, f32(x[params.offset + start + i]));
  }
  var total = 0.0;
  for (var i = 0u; i < params.length; i++) {
    total += exp(f32(x[params.offset + start + i]) - largest);
  }
  for (var i = 0u; i < params.length; i++) {
    y[start + i] = Scalar(result(f32(x[params.offset + start + i]), largest, total));
  }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  var largest = f32(x[params.offset + start]);
  for (var i = thread; i < params.length; i += 64u) {
    largest = max(largest, f32(x[params.offset + start + i]));
  }
  largest = maxOverGroup(thread, largest);
  var total = 0.0;
  for (var i = thread; i < params.length; i += 64u) {
    total += exp(f32(x[params.offset + start + i]) - largest);
  }
  total = sumOverGroup(thread, total);
  for (var i = thread; i < params.length; i += 64u) {
    y[start + i] = Scalar(result(f32(x[params.offset + start + i]), largest, total));
  }
}
