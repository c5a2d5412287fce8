// Sums of rows by index, for adapters with few threads: a thread owns a column, of one Value. It
// sets it to zero and then adds all rows of x[outer, count, inner] in the order of their ids:
//
//   y[o, ids[j], i] += x[o, j, i]   for j = 0 … count − 1
//
// The host's prelude declares `alias Value` (f32 or vec4<f32>); `inner` and xOffset count Values.
// Negative ids count from the end, those outside are left out.

struct Params {
  outer: u32,
  length: u32,
  inner: u32,
  count: u32,
  xOffset: u32,
  idOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let column = id.x + id.y * grid.x * 64u;
  if (column >= params.outer * params.inner) { return; }
  let i = column % params.inner;
  let o = column / params.inner;
  let first = o * params.length * params.inner + i;
  for (var n = 0u; n < params.length; n++) { y[first + n * params.inner] = Value(); }
  let source = params.xOffset + o * params.count * params.inner + i;
  for (var j = 0u; j < params.count; j++) {
    let given = ids[params.idOffset + j];
    let row = select(given, given + i32(params.length), given < 0);
    if ((row >= 0) & (row < i32(params.length))) {
      y[first + u32(row) * params.inner] += x[source + j * params.inner];
    }
  }
}
