// Softmax cross-entropy of rows, with class indices or probabilities q for labels. For an index,
// q is 1 there and 0 elsewhere.
//
//   loss:      y[r] = Σᵢ q[r, i] · (log Σ exp(x[r]) − x[r, i])
//   gradient:  y[r, i] = dy[r] · (softmax(x[r])[i] · Σ q[r] − q[r, i])
//
// `…Threads`: a thread per row, for short rows and software adapters. `…Groups`: a workgroup a row.
// The host's prelude declares `alias Scalar` and `alias Label`, the types in memory, and the bool
// PROBABILITIES, and has parts/overGroup.wgsl.

struct Params {
  rows: u32,
  length: u32,
  xOffset: u32,
  labelOffset: u32,
  dyOffset: u32,
  dyStride: u32,  // 0 when one dy serves all rows
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read> labels: array<Label>;
@group(0) @binding(2) var<storage, read> dy: array<Scalar>;
@group(0) @binding(3) var<storage, read_write> y: array<Scalar>;
@group(0) @binding(16) var<uniform> params: Params;

fn logit(row: u32, i: u32) -> f32 { return f32(x[params.xOffset + row * params.length + i]); }

fn probability(row: u32, i: u32) -> f32 {
  return f32(labels[params.labelOffset + row * params.length + i]);
}

// What follows takes the elements first, first + step, … of a row.

fn largestOf(row: u32, first: u32, step: u32) -> f32 {
  var largest = logit(row, 0u);
  for (var i = first; i < params.length; i += step) { largest = max(largest, logit(row, i)); }
  return largest;
}

fn totalOf(row: u32, largest: f32, first: u32, step: u32) -> f32 {
  var total = 0.0;
  for (var i = first; i < params.length; i += step) { total += exp(logit(row, i) - largest); }
  return total;
}

fn lossOf(row: u32, largest: f32, total: f32, first: u32, step: u32) -> f32 {
  let level = log(total);
  if (!PROBABILITIES) {
    return level - (logit(row, u32(labels[params.labelOffset + row])) - largest);
  }
  var sum = 0.0;
  for (var i = first; i < params.length; i += step) {
    sum += probability(row, i) * (level - (logit(row, i) - largest));
  }
  return sum;
}

fn massOf(row: u32, first: u32, step: u32) -> f32 {
  if (!PROBABILITIES) { return 1.0; }
  var mass = 0.0;
  for (var i = first; i < params.length; i += step) { mass += probability(row, i); }
  return mass;
}

fn storeGradient(row: u32, largest: f32, scale: f32, first: u32, step: u32) {
  let slope = f32(dy[params.dyOffset + row * params.dyStride]);
  var label = 0u;
  if (!PROBABILITIES) { label = u32(labels[params.labelOffset + row]); }
  for (var i = first; i < params.length; i += step) {
    var q = select(0.0, 1.0, i == label);
    if (PROBABILITIES) { q = probability(row, i); }
    let p = exp(logit(row, i) - largest) * scale;
    y[row * params.length + i] = Scalar(slope * (p - q));
  }
}

@compute @workgroup_size(64)
fn lossThreads(@builtin(global_invocation_id) id: vec3<u32>,
               @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let largest = largestOf(row, 0u, 1u);
  let total = totalOf(row, largest, 0u, 1u);
  y[row] = Scalar(lossOf(row, largest, total, 0u, 1u));
}

@compute @workgroup_size(64)
fn lossGroups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
              @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.rows) { return; }
  let largest = maxOverGroup(thread, largestOf(row, thread, 64u));
  let total = sumOverGroup(thread, totalOf(row, largest, thread, 64u));
  var loss = lossOf(row, largest, total, thread, 64u);
  if (PROBABILITIES) { loss = sumOverGroup(thread, loss); }
  if (thread == 0u) { y[row] = Scalar(loss); }
}

@compute @workgroup_size(64)
fn gradientThreads(@builtin(global_invocation_id) id: vec3<u32>,
                   @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let largest = largestOf(row, 0u, 1u);
  let scale = massOf(row, 0u, 1u) / totalOf(row, largest, 0u, 1u);
  storeGradient(row, largest, scale, 0u, 1u);
}

@compute @workgroup_size(64)
fn gradientGroups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
                  @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.rows) { return; }
  let largest = maxOverGroup(thread, largestOf(row, thread, 64u));
  let total = sumOverGroup(thread, totalOf(row, largest, thread, 64u));
  var mass = massOf(row, thread, 64u);
  if (PROBABILITIES) { mass = sumOverGroup(thread, mass); }
  storeGradient(row, largest, mass / total, thread, 64u);
}
