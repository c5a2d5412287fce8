// A linear recurrence along the middle axis of [outer, length, inner]:
//
//   y[n] = A[n] + B[n] · y[n − 1],   y before the first = INITIAL
//
// Running sums (B = 1) and products (A = 0) are cases of it. `threads`: a thread per line.
// `groups`: a workgroup per line, whose threads first fold their chunks into one map y ↦ A + B·y
// each.
//
// The host's prelude declares `alias Scalar`, the type in memory, `alias Acc`, the type to compute
// in, `const INITIAL: Acc`, `struct Affine { a: Acc, b: Acc }` and `fn mapAt(at: u32) -> Affine`,
// which may read a[params.aOffset + at] and b.

struct Params {
  outer: u32,
  length: u32,
  inner: u32,
  aOffset: u32,
  bOffset: u32,
  reverse: u32,
  exclusive: u32,   // y[n] is the value before step n
}

@group(0) @binding(0) var<storage, read> a: array<Scalar>;
@group(0) @binding(1) var<storage, read> b: array<Scalar>;
@group(0) @binding(2) var<storage, read_write> y: array<Scalar>;
@group(0) @binding(16) var<uniform> params: Params;

const LINE_THREADS = 64u;
var<workgroup> shifts: array<Acc, 64>;
var<workgroup> factors: array<Acc, 64>;

@compute @workgroup_size(64)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let line = id.x + id.y * grid.x * 64u;
  if (line >= params.outer * params.inner) { return; }
  let forward = params.reverse == 0u;
  let start = (line / params.inner) * params.length * params.inner + line % params.inner;
  var state = INITIAL;
  for (var step = 0u; step < params.length; step++) {
    let at = start + select(params.length - 1u - step, step, forward) * params.inner;
    let m = mapAt(at);
    let next = m.a + m.b * state;
    y[at] = Scalar(select(next, state, params.exclusive == 1u));
    state = next;
  }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let line = group.x + group.y * grid.x;
  if (line >= params.outer * params.inner) { return; }
  let forward = params.reverse == 0u;
  let first = (line / params.inner) * params.length * params.inner + line % params.inner;
  let chunk = (params.length + LINE_THREADS - 1u) / LINE_THREADS;
  let begin = min(thread * chunk, params.length);
  let end = min(begin + chunk, params.length);
  var shift = Acc(0);
  var factor = Acc(1);
  for (var step = begin; step < end; step++) {
    let at = first + select(params.length - 1u - step, step, forward) * params.inner;
    let m = mapAt(at);
    shift = m.a + m.b * shift;
    factor = m.b * factor;
  }
  shifts[thread] = shift;
  factors[thread] = factor;
  workgroupBarrier();
  var state = INITIAL;
  for (var t = 0u; t < thread; t++) { state = shifts[t] + factors[t] * state; }
  for (var step = begin; step < end; step++) {
    let at = first + select(params.length - 1u - step, step, forward) * params.inner;
    let m = mapAt(at);
    let next = m.a + m.b * state;
    y[at] = Scalar(select(next, state, params.exclusive == 1u));
    state = next;
  }
}
