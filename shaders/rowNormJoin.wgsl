// The gradients of a norm's scale and offset from the shares of splits of rows that
// rowNormGradient.wgsl leaves: sums over the middle axis of shares[2, splits, length].
//
// `threads`: a thread per column, for software adapters. `groups`: a workgroup per 8 columns, whose
// 64 threads share the splits. The host's prelude declares `alias Value`: f32, or vec4<f32> for
// four columns.

struct Params {
  splits: u32,
  length: u32,  // in Values
}

@group(0) @binding(0) var<storage, read> shares: array<Value>;
@group(0) @binding(1) var<storage, read_write> dScale: array<Value>;
@group(0) @binding(2) var<storage, read_write> dOffset: array<Value>;
@group(0) @binding(16) var<uniform> params: Params;

struct Sums {
  flow: Value,
  product: Value,
}

fn sumsOf(column: u32, first: u32, step: u32) -> Sums {
  var sums = Sums(Value(), Value());
  for (var split = first; split < params.splits; split += step) {
    sums.flow += shares[split * params.length + column];
    sums.product += shares[(params.splits + split) * params.length + column];
  }
  return sums;
}

@compute @workgroup_size(16)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let column = id.x + id.y * grid.x * 16u;
  if (column >= params.length) { return; }
  let sums = sumsOf(column, 0u, 1u);
  dOffset[column] = sums.flow;
  dScale[column] = sums.product;
}

var<workgroup> parts: array<Sums, 64>;

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let column = (group.x + group.y * grid.x) * 8u + thread % 8u;
  parts[thread] = sumsOf(min(column, params.length - 1u), thread / 8u, 8u);
  workgroupBarrier();
  for (var step = 32u; step >= 8u; step /= 2u) {
    if (thread < step) {
      parts[thread].flow += parts[thread + step].flow;
      parts[thread].product += parts[thread + step].product;
    }
    workgroupBarrier();
  }
  if (thread >= 8u || column >= params.length) { return; }
  dOffset[column] = parts[thread].flow;
  dScale[column] = parts[thread].product;
}
