// Elements by index along the middle axis: ids[outer, count, inner] name places n of an axis of
// `length`. Negative ids count from the end.
//
// `take`:    y[o, j, i] = x[o, ids[o, j, i], i], and 0 where an id is out of range
// `put`:     y[o, ids[o, j, i], i] = x[o, j, i], into zeros, for ids that differ along the axis
// `scatter`: y[o, n, i] = x[o, n, i] combined with all updates[o, j, i] of ids = n, in order of j
//
// The host's prelude declares `alias Scalar`, the type in memory, `alias Acc`, the type to compute
// in, and `fn combine(a: Acc, b: Acc) -> Acc`.

struct Params {
  outer: u32,
  length: u32,
  inner: u32,
  count: u32,
  xOffset: u32,
  idOffset: u32,
  updateOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> updates: array<Scalar>;
@group(0) @binding(3) var<storage, read_write> y: array<Scalar>;
@group(0) @binding(16) var<uniform> params: Params;

fn placeOf(at: u32) -> i32 {
  let id = ids[params.idOffset + at];
  return select(id, id + i32(params.length), id < 0);
}

@compute @workgroup_size(64)
fn take(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.outer * params.count * params.inner) { return; }
  let n = placeOf(at);
  let o = at / (params.inner * params.count);
  let isInside = n >= 0 && n < i32(params.length);
  let source = (o * params.length + u32(max(n, 0))) * params.inner + at % params.inner;
  y[at] = select(Scalar(0), x[params.xOffset + source], isInside);
}

@compute @workgroup_size(64)
fn put(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.outer * params.count * params.inner) { return; }
  let n = placeOf(at);
  if (n < 0 || n >= i32(params.length)) { return; }
  let o = at / (params.inner * params.count);
  y[(o * params.length + u32(n)) * params.inner + at % params.inner] = x[params.xOffset + at];
}

@compute @workgroup_size(64)
fn scatter(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.outer * params.length * params.inner) { return; }
  let i = at % params.inner;
  let n = i32((at / params.inner) % params.length);
  let o = at / (params.inner * params.length);
  var total = Acc(x[params.xOffset + at]);
  for (var j = 0u; j < params.count; j++) {
    let update = (o * params.count + j) * params.inner + i;
    if (placeOf(update) == n) {
      total = combine(total, Acc(updates[params.updateOffset + update]));
    }
  }
  y[at] = Scalar(total);
}
