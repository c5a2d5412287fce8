// Sums of rows of x[outer, count, inner] by index, in the order of their ids:
//
//   y[c, o, n, i] = Σ over j with ids[j] = n of x[o, j, i]
//
// A thread owns column i of `span` rows n of y, for one of `chunks` parts c of the ids: it sets
// them to zero, walks through its ids and adds what belongs to its rows. The parts are summed then.
//
// The host's prelude declares `alias Value`, the type of x (a scalar or a vector of four), and
// `alias Sum`, the same in f32; `inner` and xOffset count Values. Negative ids count from the end,
// those outside are left out.

struct Params {
  outer: u32,
  length: u32,
  inner: u32,
  count: u32,
  xOffset: u32,
  idOffset: u32,
  ranges: u32,
  span: u32,
  chunks: u32,
  chunk: u32,       // ids in a part
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<Sum>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.chunks * params.outer * params.ranges * params.inner) { return; }
  let i = at % params.inner;
  let line = at / params.inner;
  let low = line % params.ranges * params.span;
  let high = min(low + params.span, params.length);
  let slab = line / params.ranges;
  let first = slab * params.length * params.inner + i;
  for (var n = low; n < high; n++) { y[first + n * params.inner] = Sum(); }
  let source = params.xOffset + slab % params.outer * params.count * params.inner + i;
  let part = slab / params.outer * params.chunk;
  let end = min(part + params.chunk, params.count);
  for (var j = part; j < end; j++) {
    let given = ids[params.idOffset + j];
    let row = u32(select(given, given + i32(params.length), given < 0));
    if ((row >= low) & (row < high)) {
      y[first + row * params.inner] += Sum(x[source + j * params.inner]);
    }
  }
}
