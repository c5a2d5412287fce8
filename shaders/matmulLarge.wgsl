// y[z] = activation(A[z] · B[z] + bias), a 16 × 16 block of y per thread, held in registers as
// sixteen 4 × 4 matrices, one k at a time. For large products on software adapters: reading memory
// costs most there, and such a block reads an eighth of a number per product; more of k at a time
// would overflow the processor's instruction cache.
//
// Params and the prelude are those of matmul.wgsl, without K_TAIL, TALL and WIDE. `lines` are rows
// of A or columns of B apart: only A stored transposed can be read in vectors, and only B that is
// not.

struct Params {
  m: u32,
  n: u32,
  k: u32,
  lda: u32,
  ldb: u32,
  aOffset: u32,
  bOffset: u32,
  batchInner: u32,
  aOuter: u32,
  aInner: u32,
  bOuter: u32,
  bInner: u32,
  splits: u32,
  chunk: u32,
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

fn products(p: vec4<f32>, q: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(q * p.x, q * p.y, q * p.z, q * p.w);
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

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let index = group.x + group.y * grid.x;
  let along = index / params.columnGroups;
  let slice = along / params.rowGroups;
  let down = 16u / params.across;
  let row = (along % params.rowGroups * down + thread / params.across) * 16u;
  let col = (index % params.columnGroups * params.across + thread % params.across) * 16u;
  let isOutside = (row >= params.m) | (col >= params.n);
  if (isOutside | (slice >= params.batch * params.splits)) { return; }
  let split = slice % params.splits;
  let item = slice / params.splits;
  let outer = item / params.batchInner;
  let inner = item % params.batchInner;
  let begin = split * params.chunk;
  let end = min(params.k, begin + params.chunk);
  let rowA = select(params.lda, 1u, A_TRANSPOSED);
  let nextA = select(1u, params.lda / A_UNIT, A_TRANSPOSED);
  let colB = select(1u, params.ldb, B_TRANSPOSED);
  let nextB = select(params.ldb / B_UNIT, 1u, B_TRANSPOSED);
  let startA = params.aOffset + outer * params.aOuter + inner * params.aInner + row * rowA;
  let startB = params.bOffset + outer * params.bOuter + inner * params.bInner + col * colB;
  var atA = startA / A_UNIT + begin * nextA;
  var atB = startB / B_UNIT + begin * nextB;
  let linesA = vec4<u32>(0u, 1u, 2u, 3u) * rowA;
  let linesB = vec4<u32>(0u, 1u, 2u, 3u) * colB;
  let downA = 4u * rowA / A_UNIT;
  let rightB = 4u * colB / B_UNIT;
  var c00 = mat4x4<f32>();
  var c01 = mat4x4<f32>();
  var c02 = mat4x4<f32>();
  var c03 = mat4x4<f32>();
  var c10 = mat4x4<f32>();
  var c11 = mat4x4<f32>();
  var c12 = mat4x4<f32>();
  var c13 = mat4x4<f32>();
  var c20 = mat4x4<f32>();
  var c21 = mat4x4<f32>();
  var c22 = mat4x4<f32>();
  var c23 = mat4x4<f32>();
  var c30 = mat4x4<f32>();
  var c31 = mat4x4<f32>();
  var c32 = mat4x4<f32>();
  var c33 = mat4x4<f32>();
  var s0 = vec4<f32>();
  var s1 = vec4<f32>();
  var s2 = vec4<f32>();
  var s3 = vec4<f32>();
  for (var k = begin; k < end; k++) {
    let a0 = loadA(atA, linesA);
    let a1 = loadA(atA + downA, linesA);
    let a2 = loadA(atA + 2u * downA, linesA);
    let a3 = loadA(atA + 3u * downA, linesA);
    let b0 = loadB(atB, linesB);
    c00 += products(a0, b0);
    c10 += products(a1, b0);
    c20 += products(a2, b0);
    c30 += products(a3, b0);
    let b1 = loadB(atB + rightB, linesB);
    c01 += products(a0, b1);
    c11 += products(a1, b1);
    c21 += products(a2, b1);
    c31 += products(a3, b1);
    let b2 = loadB(atB + 2u * rightB, linesB);
    c02 += products(a0, b2);
    c12 += products(a1, b2);
    c22 += products(a2, b2);
    c32 += products(a3, b2);
    let b3 = loadB(atB + 3u * rightB, linesB);
    c03 += products(a0, b3);
    c13 += products(a1, b3);
    c23 += products(a2, b3);
    c33 += products(a3, b3);
    if (SUMS && row == 0u) {
      s0 += b0;
      s1 += b1;
      s2 += b2;
      s3 += b3;
    }
    atA += nextA;
    atB += nextB;
  }
  let size = params.m + select(0u, 1u, SUMS);
  let base = (split * params.batch + item) * size * params.n;
  // A loop keeps the code short, and with it the time to compile it.
  var blocks = array<mat4x4<f32>, 16>(c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23,
                                      c30, c31, c32, c33);
  for (var i = 0u; i < 64u; i++) {
    storeRow(base, row + i / 16u * 4u + i % 4u, col + i / 4u % 4u * 4u, blocks[i / 4u][i % 4u]);
  }
  if (SUMS && row == 0u) {
    let behind = base + params.m * params.n;
    storeSums(behind, col, s0, params.n - col);
    if (col + 4u < params.n) { storeSums(behind, col + 4u, s1, params.n - col - 4u); }
    if (col + 8u < params.n) { storeSums(behind, col + 8u, s2, params.n - col - 8u); }
    if (col + 12u < params.n) { storeSums(behind, col + 12u, s3, params.n - col - 12u); }
  }
}
