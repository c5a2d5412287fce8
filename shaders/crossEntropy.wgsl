// Softmax cross-entropy of rows with integer labels.
//
// `loss`:     y[r] = log Σ exp(x[r]) − x[r, label[r]], by a thread per row
// `gradient`: y[r, i] = dy[r] · (softmax(x[r])[i] − [i = label[r]]), by a thread per row
//
// The host's prelude declares `alias Scalar`, the type in memory.

struct Params {
  rows: u32,
  length: u32,
  xOffset: u32,
  labelOffset: u32,
  dyOffset: u32,
  dyStride: u32,  // 0 when one dy serves all rows
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<Scalar>;
@group(0) @binding(3) var<storage, read_write> y: array<Scalar>;
@group(1) @binding(0) var<uniform> params: Params;

fn largestOf(start: u32) -> f32 {
  var largest = f32(x[start]);
  for (var i = 1u; i < params.length; i++) { largest = max(largest, f32(x[start + i])); }
  return largest;
}

fn totalOf(start: u32, largest: f32) -> f32 {
  var total = 0.0;
  for (var i = 0u; i < params.length; i++) { total += exp(f32(x[start + i]) - largest); }
  return total;
}

@compute @workgroup_size(64)
fn loss(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let start = params.xOffset + row * params.length;
  let largest = largestOf(start);
  let label = labels[params.labelOffset + row];
  y[row] = Scalar(log(totalOf(start, largest)) + largest - f32(x[start + label]));
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3<u32>,
            @builtin(num_workgroups) grid: vec3<u32>) {
  let row = id.x + id.y * grid.x * 64u;
  if (row >= params.rows) { return; }
  let start = params.xOffset + row * params.length;
  let largest = largestOf(start);
  let total = totalOf(start, largest);
  let label = labels[params.labelOffset + row];
  let scale = f32(dy[params.dyOffset + row * params.dyStride]);
  for (var i = 0u; i < params.length; i++) {
    let hit = select(0.0, 1.0, i == label);
    let slope = exp(f32(x[start + i]) - largest) / total - hit;
    y[row * params.length + i] = Scalar(scale * slope);
  }
}
