// Rows of x by index. x is [outer, length, inner], ids has `count` entries.
//
//   y[o, j, i] = x[o, ids[j], i], and 0 where an index is out of range
//
// The host's prelude declares `alias Scalar`, the type in memory. Negative ids count from the end.

struct Params {
  outer: u32,
  length: u32,
  inner: u32,
  count: u32,
  xOffset: u32,
  idOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<Scalar>;
@group(0) @binding(16) var<uniform> params: Params;

fn rowOf(j: u32) -> i32 {
  let id = ids[params.idOffset + j];
  return select(id, id + i32(params.length), id < 0);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.outer * params.count * params.inner) { return; }
  let i = at % params.inner;
  let j = (at / params.inner) % params.count;
  let o = at / (params.inner * params.count);
  let n = rowOf(j);
  if (n < 0 || n >= i32(params.length)) {
    y[at] = Scalar(0);
    return;
  }
  y[at] = x[params.xOffset + (o * params.length + u32(n)) * params.inner + i];
}
