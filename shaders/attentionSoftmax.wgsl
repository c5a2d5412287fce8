// The weights of attention from whole rows of products:
//
//   s = scale · x + bias, FORBIDDEN where masked   p = exp(s − max s) / Σ exp(s − max s)
//
// A row without a visible key is zero. `threads` takes a thread per row, for software adapters and
// short rows, `groups` a workgroup; the gradient is softmaxGradient.wgsl. Params and the prelude
// are those of attention.wgsl, with parts/overGroup.wgsl; x is [batch, queries, keys] from
// offsets.x.

struct Params {
  batch: u32,
  queries: u32,
  keys: u32,
  vectors: u32,
  middle: u32,
  inner: u32,
  reach: u32,
  maskColumn: u32,
  scale: f32,
  offsets: vec4<u32>,
  qStrides: vec4<u32>,
  kStrides: vec4<u32>,
  vStrides: vec4<u32>,
  maskStrides: vec4<u32>,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(16) var<uniform> params: Params;

fn scoreAt(row: u32, i: u32, base: u32) -> f32 {
  return scoreOf(x[params.offsets.x + row * params.keys + i], row % params.queries, i, base);
}

// 1 / total, zero for a row without keys.
fn inverse(total: f32) -> f32 {
  return select(1.0 / select(total, 1.0, total == 0.0), 0.0, total == 0.0);
}

@compute @workgroup_size(64)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.batch * params.queries) { return; }
  let base = itemAt(row / params.queries).w;
  let start = row * params.keys;
  let end = min(params.keys, row % params.queries + params.reach + 1u);
  var top = FORBIDDEN;
  for (var i = 0u; i < end; i++) {
    let score = scoreAt(row, i, base);
    y[start + i] = score;
    top = max(top, score);
  }
  var total = 0.0;
  for (var i = 0u; i < end; i++) {
    let weight = weightOf(y[start + i], top);
    y[start + i] = weight;
    total += weight;
  }
  let share = inverse(total);
  for (var i = 0u; i < end; i++) { y[start + i] *= share; }
  for (var i = end; i < params.keys; i++) { y[start + i] = 0.0; }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let row = group.x + group.y * grid.x;
  if (row >= params.batch * params.queries) { return; }
  let base = itemAt(row / params.queries).w;
  let start = row * params.keys;
  var top = FORBIDDEN;
  for (var i = thread; i < params.keys; i += 64u) { top = max(top, scoreAt(row, i, base)); }
  top = maxOverGroup(thread, top);
  var sum = 0.0;
  for (var i = thread; i < params.keys; i += 64u) {
    let weight = weightOf(scoreAt(row, i, base), top);
    y[start + i] = weight;
    sum += weight;
  }
  let share = inverse(sumOverGroup(thread, sum));
  for (var i = thread; i < params.keys; i += 64u) { y[start + i] *= share; }
}
