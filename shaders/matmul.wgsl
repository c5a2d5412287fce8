// y[z] = activation(A[z] · B[z] + bias), a block of y per thread, 8 × 16 at most, held in registers
// as 4 × 4 matrices. For software adapters, where workgroup memory is slow and reading costs most:
// the larger the block, the less it reads; and for single rows on GPUs.
//
// A is [m, k] or stored transposed [k, m]; B is [k, n] or stored transposed [n, k].
// WGSL multiplies columns: column r of B·A is Σ_q B[q]·A[r][q], so a block of A keeps its rows as
// columns, and so does the block of y.
//
// The host's prelude declares
//   alias StoredA, const A_UNIT: u32, fn loadA(at: u32, lines: vec4<u32>) -> vec4<f32>
// and the like for B: A as an array of vectors (A_UNIT is 4) or scalars (1), of which loadA reads
// four, in vectors from `at`, in scalars at + lines; `alias Scalar`, the type of bias; the bools
// A_TRANSPOSED, B_TRANSPOSED, K_TAIL (k is not a multiple of 4), TALL (8 rows, else 4), WIDE (8
// columns, else 4), WIDEST (16 columns), BIAS, SUMS (of B over k, for storeSums);
// `fn activate(v: vec4<f32>) -> vec4<f32>`;
// `fn storeSums(behind: u32, col: u32, v: vec4<f32>, count: u32)`, whose place is either a buffer
// of its own or behind the parts of y; `alias Stored`, `fn epilogue`, and one of
// parts/storeEach.wgsl and parts/storeFours.wgsl.

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
  across: u32,    // threads of a workgroup along a row, a power of two
}

@group(0) @binding(0) var<storage, read> a: array<StoredA>;
@group(0) @binding(1) var<storage, read> b: array<StoredB>;
@group(0) @binding(2) var<storage, read> bias: array<Scalar>;
@group(0) @binding(3) var<storage, read_write> y: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

const LANES = vec4<u32>(0u, 1u, 2u, 3u);
const HEIGHT = select(4u, 8u, TALL);
const WIDTH = select(select(4u, 8u, WIDE), 16u, WIDEST);

// Column i: A[row + i, k .. k + 3], from the stored line at `at` on.
fn blockA(at: u32, line: u32, k: u32) -> mat4x4<f32> {
  var m = mat4x4<f32>(loadA(at, LANES), loadA(at + line, LANES), loadA(at + 2u * line, LANES),
                      loadA(at + 3u * line, LANES));
  if (A_TRANSPOSED) { m = transpose(m); }
  if (!K_TAIL) { return m; }
  let limit = vec4<u32>(params.k);
  let ks = k + LANES;
  let isInside = ks < limit;
  return mat4x4<f32>(select(vec4<f32>(), m[0], isInside), select(vec4<f32>(), m[1], isInside),
                     select(vec4<f32>(), m[2], isInside), select(vec4<f32>(), m[3], isInside));
}

// Column q: B[k + q, col .. col + 3].
fn blockB(at: u32, line: u32, k: u32) -> mat4x4<f32> {
  var m = mat4x4<f32>(loadB(at, LANES), loadB(at + line, LANES), loadB(at + 2u * line, LANES),
                      loadB(at + 3u * line, LANES));
  if (B_TRANSPOSED) { m = transpose(m); }
  if (!K_TAIL) { return m; }
  let limit = vec4<u32>(params.k);
  let ks = k + LANES;
  let isInside = ks < limit;
  return mat4x4<f32>(select(vec4<f32>(), m[0], isInside.x), select(vec4<f32>(), m[1], isInside.y),
                     select(vec4<f32>(), m[2], isInside.z), select(vec4<f32>(), m[3], isInside.w));
}

fn storeRow(base: u32, row: u32, col: u32, sums: vec4<f32>) {
  if (row >= params.m || col >= params.n) { return; }
  var v = sums;
  if (BIAS) {
    let at = params.biasOffset + col;
    v += vec4<f32>(vec4<Scalar>(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]));
  }
  storeFour(base + row * params.n + col, activate(v), params.n - col);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let index = group.x + group.y * grid.x;
  let along = index / params.columnGroups;
  let slice = along / params.rowGroups;
  let lines = 64u / params.across;
  let row = (along % params.rowGroups * lines + thread / params.across) * HEIGHT;
  let place = thread % params.across;
  let col = (index % params.columnGroups * params.across + place) * WIDTH;
  let isOutside = (row >= params.m) | (col >= params.n);
  if (isOutside | (slice >= params.batch * params.splits)) { return; }
  let split = slice % params.splits;
  let item = slice / params.splits;
  let outer = item / params.batchInner;
  let inner = item % params.batchInner;
  let begin = split * params.chunk;
  let end = min(params.k, begin + params.chunk);
  let lineA = params.lda / A_UNIT;
  let lineB = params.ldb / B_UNIT;
  let placeA = select(row * params.lda + begin, begin * params.lda + row, A_TRANSPOSED);
  let placeB = select(begin * params.ldb + col, col * params.ldb + begin, B_TRANSPOSED);
  var atA = (params.aOffset + outer * params.aOuter + inner * params.aInner + placeA) / A_UNIT;
  var atB = (params.bOffset + outer * params.bOuter + inner * params.bInner + placeB) / B_UNIT;
  let downA = select(4u * lineA, 4u / A_UNIT, A_TRANSPOSED);
  let rightB = select(4u / B_UNIT, 4u * lineB, B_TRANSPOSED);
  let nextA = select(4u / A_UNIT, 4u * lineA, A_TRANSPOSED);
  let nextB = select(4u * lineB, 4u / B_UNIT, B_TRANSPOSED);
  var c00 = mat4x4<f32>();
  var c01 = mat4x4<f32>();
  var c02 = mat4x4<f32>();
  var c03 = mat4x4<f32>();
  var c10 = mat4x4<f32>();
  var c11 = mat4x4<f32>();
  var c12 = mat4x4<f32>();
  var c13 = mat4x4<f32>();
  var s0 = vec4<f32>();
  var s1 = vec4<f32>();
  var s2 = vec4<f32>();
  var s3 = vec4<f32>();
  let isSummed = SUMS && row == 0u;
  for (var k = begin; k < end; k += 4u) {
    let a0 = blockA(atA, lineA, k);
    var a1: mat4x4<f32>;
    if (TALL) { a1 = blockA(atA + downA, lineA, k); }
    let b0 = blockB(atB, lineB, k);
    c00 += b0 * a0;
    if (TALL) { c10 += b0 * a1; }
    if (isSummed) { s0 += b0[0] + b0[1] + b0[2] + b0[3]; }
    if (WIDE) {
      let b1 = blockB(atB + rightB, lineB, k);
      c01 += b1 * a0;
      if (TALL) { c11 += b1 * a1; }
      if (isSummed) { s1 += b1[0] + b1[1] + b1[2] + b1[3]; }
    }
    if (WIDEST) {
      let b2 = blockB(atB + 2u * rightB, lineB, k);
      c02 += b2 * a0;
      if (TALL) { c12 += b2 * a1; }
      let b3 = blockB(atB + 3u * rightB, lineB, k);
      c03 += b3 * a0;
      if (TALL) { c13 += b3 * a1; }
      if (isSummed) {
        s2 += b2[0] + b2[1] + b2[2] + b2[3];
        s3 += b3[0] + b3[1] + b3[2] + b3[3];
      }
    }
    atA += nextA;
    atB += nextB;
  }
  let size = params.m + select(0u, 1u, SUMS);
  let base = (split * params.batch + item) * size * params.n;
  // Loops keep the code short, and with it the time to compile it.
  var blocks = array<mat4x4<f32>, 8>(c00, c10, c01, c11, c02, c12, c03, c13);
  for (var i = 0u; i < HEIGHT * WIDTH / 4u; i++) {
    let down = i % HEIGHT;
    let right = i / HEIGHT;
    storeRow(base, row + down, col + 4u * right, blocks[2u * right + down / 4u][down % 4u]);
  }
  if (isSummed) {
    let behind = base + params.m * params.n;
    var totals = array<vec4<f32>, 4>(s0, s1, s2, s3);
    for (var at = col; at < min(col + WIDTH, params.n); at += 4u) {
      storeSums(behind, at, totals[(at - col) / 4u], params.n - at);
    }
  }
}
