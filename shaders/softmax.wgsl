// Softmax over the rows of x[rows, length]: y = exp(x − max) / Σ exp(x − max), or its logarithm.
//
// `threads`: a thread per row, for short rows and software adapters. `groups`: a workgroup per row.
// The host's prelude declares `alias Stored`, the type in memory, and `alias Value`, f32 or, where
// rows come in fours, vec4<f32>; `fn total(v: Value) -> f32` and `fn largest(v: Value) -> f32` over
// the elements of one; and the bools LOGARITHM and KEEPS, whether a thread's exponentials may wait
// in y, which costs f16 a digit. It has parts/overGroup.wgsl.

struct Params {
  rows: u32,
  length: u32,  // in Values, as the offset
  offset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

fn valueAt(i: u32) -> Value {
  return Value(x[params.offset + i]);
}

fn store(i: u32, top: f32, sum: f32) {
  if (LOGARITHM) { y[i] = Stored(valueAt(i) - top - log(sum)); }
  else { y[i] = Stored(exp(valueAt(i) - top) * (1.0 / sum)); }
}

@compute @workgroup_size(32)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 32u;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let end = start + params.length;
  var tops = valueAt(start);
  for (var i = start + 1u; i < end; i++) { tops = max(tops, valueAt(i)); }
  let top = largest(tops);
  var sums = Value();
  for (var i = start; i < end; i++) {
    let e = exp(valueAt(i) - top);
    if (KEEPS) { y[i] = Stored(e); }
    sums += e;
  }
  let sum = total(sums);
  if (KEEPS) {
    let share = 1.0 / sum;
    for (var i = start; i < end; i++) { y[i] = Stored(Value(y[i]) * share); }
    return;
  }
  for (var i = start; i < end; i++) { store(i, top, sum); }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let end = start + params.length;
  var tops = valueAt(start);
  for (var i = start + thread; i < end; i += 64u) { tops = max(tops, valueAt(i)); }
  let top = maxOverGroup(thread, largest(tops));
  var sums = Value();
  for (var i = start + thread; i < end; i += 64u) { sums += exp(valueAt(i) - top); }
  let sum = sumOverGroup(thread, total(sums));
  for (var i = start + thread; i < end; i += 64u) { store(i, top, sum); }
}
