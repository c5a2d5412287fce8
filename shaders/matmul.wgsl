// C[z] = activation(A[z] · B[z] + bias), an 8 × 8 block of C per thread, held in registers as four
// 4 × 4 matrices. For software adapters, where workgroup memory is slow, and for small outputs.
//
// A is [m, k] or stored transposed [k, m]; B is [k, n] or stored transposed [n, k]. Each is bound
// twice, as scalars and as vectors, and read through the one that its alignment allows.
// WGSL multiplies columns: column r of B·A is Σ_q B[q]·A[r][q], so a block of A keeps its rows as
// columns, and so does the block of C.
//
// The host's prelude declares `alias Scalar` and `alias Result`, the types of the operands and of C
// in memory, the bools A_TRANSPOSED, A_VECTOR, B_TRANSPOSED, B_VECTOR, K_TAIL (k is not a multiple
// of 4), TALL (8 rows, else 4), WIDE (8 columns, else 4), BIAS, and
// `fn activate(v: vec4<f32>) -> vec4<f32>`.

struct Params {
  m: u32,
  n: u32,
  k: u32,
  lda: u32,       // elements between stored lines
  ldb: u32,
  aOffset: u32,
  bOffset: u32,
  batchInner: u32,  // slice = (outer · batchInner + inner) · splits + split
  aOuter: u32,
  aInner: u32,
  bOuter: u32,
  bInner: u32,
  splits: u32,
  chunk: u32,     // of k per split, a multiple of 4
  batch: u32,
  biasOffset: u32,
  columnGroups: u32,
  rowGroups: u32,
}

@group(0) @binding(0) var<storage, read> a: array<Scalar>;
@group(0) @binding(1) var<storage, read> a4: array<vec4<Scalar>>;
@group(0) @binding(2) var<storage, read> b: array<Scalar>;
@group(0) @binding(3) var<storage, read> b4: array<vec4<Scalar>>;
@group(0) @binding(4) var<storage, read> bias: array<Scalar>;
@group(0) @binding(5) var<storage, read_write> c: array<Result>;
@group(1) @binding(0) var<uniform> params: Params;

// Four neighbours from a stored line of A; zero beyond k, whichever axis that is.
fn lineA(base: u32, line: u32, first: u32) -> vec4<f32> {
  let at = base + line * params.lda + first;
  var v: vec4<f32>;
  if (A_VECTOR) {
    v = vec4<f32>(a4[at / 4u]);
  } else {
    v = vec4<f32>(vec4<Scalar>(a[at], a[at + 1u], a[at + 2u], a[at + 3u]));
  }
  if (!K_TAIL) { return v; }
  let along = first + vec4<u32>(0u, 1u, 2u, 3u);
  let ks = select(along, vec4<u32>(line), A_TRANSPOSED);
  let limit = vec4<u32>(params.k);
  return select(vec4<f32>(), v, ks < limit);
}

fn lineB(base: u32, line: u32, first: u32) -> vec4<f32> {
  let at = base + line * params.ldb + first;
  var v: vec4<f32>;
  if (B_VECTOR) {
    v = vec4<f32>(b4[at / 4u]);
  } else {
    v = vec4<f32>(vec4<Scalar>(b[at], b[at + 1u], b[at + 2u], b[at + 3u]));
  }
  if (!K_TAIL) { return v; }
  let along = first + vec4<u32>(0u, 1u, 2u, 3u);
  let ks = select(vec4<u32>(line), along, B_TRANSPOSED);
  let limit = vec4<u32>(params.k);
  return select(vec4<f32>(), v, ks < limit);
}

// Column i: A[row + i, k .. k + 3].
fn blockA(base: u32, row: u32, k: u32) -> mat4x4<f32> {
  if (A_TRANSPOSED) {
    return transpose(mat4x4<f32>(lineA(base, k, row), lineA(base, k + 1u, row),
                                 lineA(base, k + 2u, row), lineA(base, k + 3u, row)));
  }
  return mat4x4<f32>(lineA(base, row, k), lineA(base, row + 1u, k),
                     lineA(base, row + 2u, k), lineA(base, row + 3u, k));
}

// Column q: B[k + q, col .. col + 3].
fn blockB(base: u32, k: u32, col: u32) -> mat4x4<f32> {
  if (B_TRANSPOSED) {
    return transpose(mat4x4<f32>(lineB(base, col, k), lineB(base, col + 1u, k),
                                 lineB(base, col + 2u, k), lineB(base, col + 3u, k)));
  }
  return mat4x4<f32>(lineB(base, k, col), lineB(base, k + 1u, col),
                     lineB(base, k + 2u, col), lineB(base, k + 3u, col));
}

fn storeRow(base: u32, row: u32, col: u32, sums: vec4<f32>) {
  if (row >= params.m || col >= params.n) { return; }
  var v = sums;
  if (BIAS) {
    let at = params.biasOffset + col;
    v += vec4<f32>(vec4<Scalar>(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]));
  }
  v = activate(v);
  let at = base + row * params.n + col;
  c[at] = Result(v.x);
  if (col + 1u < params.n) { c[at + 1u] = Result(v.y); }
  if (col + 2u < params.n) { c[at + 2u] = Result(v.z); }
  if (col + 3u < params.n) { c[at + 3u] = Result(v.w); }
}

fn storeBlock(base: u32, row: u32, col: u32, tile: mat4x4<f32>) {
  storeRow(base, row, col, tile[0]);
  storeRow(base, row + 1u, col, tile[1]);
  storeRow(base, row + 2u, col, tile[2]);
  storeRow(base, row + 3u, col, tile[3]);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) thread: vec3<u32>) {
  let index = group.x + group.y * grid.x;
  let line = index / params.columnGroups;
  let slice = line / params.rowGroups;
  let row = (line % params.rowGroups * 8u + thread.y) * select(4u, 8u, TALL);
  let col = (index % params.columnGroups * 8u + thread.x) * select(4u, 8u, WIDE);
  let isOutside = (row >= params.m) | (col >= params.n);
  if (isOutside | (slice >= params.batch * params.splits)) { return; }
  let split = slice % params.splits;
  let item = slice / params.splits;
  let outer = item / params.batchInner;
  let inner = item % params.batchInner;
  let baseA = params.aOffset + outer * params.aOuter + inner * params.aInner;
  let baseB = params.bOffset + outer * params.bOuter + inner * params.bInner;
  let end = min(params.k, (split + 1u) * params.chunk);
  var c00 = mat4x4<f32>();
  var c01 = mat4x4<f32>();
  var c10 = mat4x4<f32>();
  var c11 = mat4x4<f32>();
  for (var k = split * params.chunk; k < end; k += 4u) {
    let a0 = blockA(baseA, row, k);
    let b0 = blockB(baseB, k, col);
    c00 += b0 * a0;
    if (WIDE) {
      let b1 = blockB(baseB, k, col + 4u);
      c01 += b1 * a0;
      if (TALL) { c11 += b1 * blockA(baseA, row + 4u, k); }
    }
    if (TALL) { c10 += b0 * blockA(baseA, row + 4u, k); }
  }
  let base = (split * params.batch + item) * params.m * params.n;
  storeBlock(base, row, col, c00);
  if (WIDE) { storeBlock(base, row, col + 4u, c01); }
  if (TALL) { storeBlock(base, row + 4u, col, c10); }
  if (TALL && WIDE) { storeBlock(base, row + 4u, col + 4u, c11); }
}
