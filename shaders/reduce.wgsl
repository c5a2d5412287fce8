// Reduces the middle axis of x[outer, length, inner]:
// y[o, i] = finish(combine over n of x[o, n, i]).
//
// `columns`: a thread per result, for inner > 1 (neighbouring threads read neighbouring words) and
// for software adapters. `rows`: a workgroup per result, for inner = 1 on GPUs. A long axis is cut
// into splits; the partial results are then reduced by a second dispatch of the same kernel.
//
// The host's prelude declares `alias In` and `alias Out`, the types in memory, `alias Acc`, the
// type to compute in, `const INITIAL: Acc`, `fn combine(a: Acc, b: Acc) -> Acc`,
// `fn finish(a: Acc) -> Acc`, which may use params.scale, and `fn folded`, which makes an Out of an
// Acc. For columns these may be vectors: of four results, or, folded, of four numbers of one.

struct Params {
  outer: u32,   // lengths and offset count what In is
  length: u32,
  inner: u32,
  offset: u32,
  splits: u32,
  chunk: u32,   // length of a split
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<In>;
@group(0) @binding(1) var<storage, read_write> y: array<Out>;
@group(0) @binding(16) var<uniform> params: Params;

fn prologue(i: u32) -> In { return x[i]; }

const BLOCK = 32u;
const ROW_THREADS = 64u;
var<workgroup> partial: array<Acc, 64>;

@compute @workgroup_size(64)
fn columns(@builtin(global_invocation_id) id: vec3<u32>,
           @builtin(num_workgroups) groups: vec3<u32>) {
  // y is [outer, splits, inner]
  let result = id.x + id.y * groups.x * 64u;
  if (result >= params.outer * params.splits * params.inner) { return; }
  let i = result % params.inner;
  let split = (result / params.inner) % params.splits;
  let o = result / (params.inner * params.splits);
  let begin = split * params.chunk;
  let end = min(begin + params.chunk, params.length);
  let first = params.offset + o * params.length * params.inner + i;
  // Sums of sums of sums: a long float sum errs with the length of its longest chain.
  var total = INITIAL;
  for (var bigAt = begin; bigAt < end; bigAt += BLOCK * BLOCK) {
    let bigEnd = min(bigAt + BLOCK * BLOCK, end);
    var big = INITIAL;
    for (var blockAt = bigAt; blockAt < bigEnd; blockAt += BLOCK) {
      let blockEnd = min(blockAt + BLOCK, bigEnd);
      var at = first + blockAt * params.inner;
      var part = Acc(prologue(at));
      for (var n = blockAt + 1u; n < blockEnd; n++) {
        at += params.inner;
        part = combine(part, Acc(prologue(at)));
      }
      big = select(combine(big, part), part, blockAt == bigAt);
    }
    total = select(combine(total, big), big, bigAt == begin);
  }
  y[result] = folded(finish(total));
}

@compute @workgroup_size(64)
fn rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let result = group.x + group.y * groups.x;  // uniform; y is [outer, splits]
  if (result >= params.outer * params.splits) { return; }
  let split = result % params.splits;
  let o = result / params.splits;
  let begin = split * params.chunk;
  let end = min(begin + params.chunk, params.length);
  let row = params.offset + o * params.length;
  var total = INITIAL;
  if (begin + thread < end) {
    total = Acc(prologue(row + begin + thread));
    for (var n = begin + thread + ROW_THREADS; n < end; n += ROW_THREADS) {
      total = combine(total, Acc(prologue(row + n)));
    }
  }
  partial[thread] = total;
  workgroupBarrier();
  let count = min(ROW_THREADS, max(end, begin) - begin);
  for (var half = ROW_THREADS / 2u; half > 0u; half /= 2u) {
    if (thread < half && thread + half < count) {
      partial[thread] = combine(partial[thread], partial[thread + half]);
    }
    workgroupBarrier();
  }
  if (thread == 0u) { y[result] = folded(finish(partial[0])); }
}
