// y[i] = how many of sorted[0, count) come before values[i], or with `right` also those equal to
// it, by bisection.
//
// The host's prelude declares `alias Scalar`.

struct Params {
  size: u32,
  count: u32,
  sortedOffset: u32,
  valueOffset: u32,
  right: u32,
}

@group(0) @binding(0) var<storage, read> sorted: array<Scalar>;
@group(0) @binding(1) var<storage, read> values: array<Scalar>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.size) { return; }
  let value = values[params.valueOffset + at];
  var low = 0u;
  var high = params.count;
  while (low < high) {
    let middle = (low + high) / 2u;
    let other = sorted[params.sortedOffset + middle];
    if (other < value || (params.right == 1u && other == value)) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  y[at] = i32(low);
}
