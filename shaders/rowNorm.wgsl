// Layer norm and RMS norm of the rows of x[rows, length]:
//
//   y = (x − μ) · r · scale + offset,  μ = mean(x),  r = 1 / √(mean((x − μ)²) + ε)
//
// and for RMS norm μ = 0. Differences are taken to a shift near the mean, so that neither a large
// mean nor a single outlier costs digits: μ = s + mean(x − s), σ² = mean((x − s)²) − mean(x − s)².
// The shift is the mean of the first few elements. μ and r are kept for the gradient.
//
// `threads`: a thread per row, for short rows and software adapters. `groups`: a workgroup per row.
// The host's prelude declares `alias Value` (f32, or vec4<f32> where rows come in fours),
// `fn total(v: Value) -> f32`, and the bool CENTERED, false for RMS norm. It has
// parts/overGroup.wgsl.

struct Params {
  rows: u32,
  length: u32,      // in Values, as are steps and offsets
  xOffset: u32,
  scaleStep: u32,   // 0 where one Value serves all
  offsetStep: u32,
  reciprocal: f32,  // 1 / elements of a row
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> scale: array<Value>;
@group(0) @binding(2) var<storage, read> offset: array<Value>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;
@group(0) @binding(4) var<storage, read_write> statistics: array<f32>;  // μ of all rows, then r
@group(0) @binding(16) var<uniform> params: Params;

const HEAD = 64u;  // Values that the shift is taken from, at most; 8 by a single thread
// μ and r from the sums of x − shift and of its square.
fn finish(shift: f32, sum: f32, squares: f32) -> vec2<f32> {
  let drift = select(0.0, sum * params.reciprocal, CENTERED);
  let variance = max(squares * params.reciprocal - drift * drift, 0.0);
  return vec2<f32>(shift + drift, inverseSqrt(variance + params.epsilon));
}

fn keep(row: u32, found: vec2<f32>) {
  statistics[row] = found.x;
  statistics[params.rows + row] = found.y;
}

fn normalize(row: u32, i: u32, found: vec2<f32>) {
  let v = (x[params.xOffset + row * params.length + i] - found.x) * found.y;
  y[row * params.length + i] =
    v * scale[i * params.scaleStep] + offset[i * params.offsetStep];
}

@compute @workgroup_size(64)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let start = params.xOffset + row * params.length;
  var shift = 0.0;
  if (CENTERED) {
    var head = Value();
    let count = min(params.length, 8u);
    for (var i = 0u; i < count; i++) { head += x[start + i]; }
    shift = total(head) / (f32(count) * total(Value(1.0)));
  }
  var sums = Value();
  var squares = Value();
  for (var i = 0u; i < params.length; i++) {
    let d = x[start + i] - shift;
    sums += d;
    squares += d * d;
  }
  let found = finish(shift, total(sums), total(squares));
  keep(row, found);
  for (var i = 0u; i < params.length; i++) { normalize(row, i, found); }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.rows) { return; }
  let start = params.xOffset + row * params.length;
  var shift = 0.0;
  if (CENTERED) {
    let count = min(params.length, HEAD);
    var head = 0.0;
    if (thread < count) { head = total(x[start + thread]); }
    shift = sumOverGroup(thread, head) / (f32(count) * total(Value(1.0)));
  }
  var sums = Value();
  var squares = Value();
  for (var i = thread; i < params.length; i += 64u) {
    let d = x[start + i] - shift;
    sums += d;
    squares += d * d;
  }
  let sum = sumOverGroup(thread, total(sums));
  let found = finish(shift, sum, sumOverGroup(thread, total(squares)));
  if (thread == 0u) { keep(row, found); }
  for (var i = thread; i < params.length; i += 64u) { normalize(row, i, found); }
}
