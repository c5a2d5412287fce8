// Softmax over the rows of x[rows, length]: y = exp(x − max) / Σ exp(x − max), or its logarithm.
//
// `threads`: a thread per row, for short rows and software adapters. `groups`: a workgroup per row.
// The host's prelude declares `alias Value` (f32, or vec4<f32> for rows in fours), `alias Stored`,
// its type in memory, `fn total(v: Value) -> f32` and `fn largestOf(v: Value) -> f32`, which reduce
// a vector, the bools LOGARITHM and KEEPS (y can hold exp(x − max) on the way), and has
// parts/overGroup.wgsl.

struct Params {
  rows: u32,
  length: u32,   // in Values, like offset
  offset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let length = params.length;
  let start = row * length;
  let first = params.offset + start;
  var highest = Value(x[first]);
  for (var i = 1u; i < length; i++) { highest = max(highest, Value(x[first + i])); }
  let largest = largestOf(highest);
  var sums = Value();
  for (var i = 0u; i < length; i++) {
    let e = exp(Value(x[first + i]) - largest);
    if (KEEPS) { y[start + i] = Stored(e); }
    sums += e;
  }
  let sum = total(sums);
  if (LOGARITHM) {
    let least = log(sum);
    for (var i = 0u; i < length; i++) {
      y[start + i] = Stored(Value(x[first + i]) - largest - least);
    }
  } else if (KEEPS) {
    for (var i = 0u; i < length; i++) { y[start + i] = Stored(Value(y[start + i]) / sum); }
  } else {
    for (var i = 0u; i < length; i++) {
      y[start + i] = Stored(exp(Value(x[first + i]) - largest) / sum);
    }
  }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let first = params.offset + start;
  var highest = Value(x[first]);
  for (var i = thread; i < params.length; i += 64u) {
    highest = max(highest, Value(x[first + i]));
  }
  let largest = maxOverGroup(thread, largestOf(highest));
  var sums = Value();
  for (var i = thread; i < params.length; i += 64u) {
    sums += exp(Value(x[first + i]) - largest);
  }
  let sum = sumOverGroup(thread, total(sums));
  let least = log(sum);
  for (var i = thread; i < params.length; i += 64u) {
    let value = Value(x[first + i]) - largest;
    if (LOGARITHM) { y[start + i] = Stored(value - least); }
    else { y[start + i] = Stored(exp(value) / sum); }
  }
}
