// y[z] = activation(A[z] · B[z] + bias), a tile of y per workgroup, a 4 × 4 block per thread: tiles
// of 64 × 64, or of 32 × 32 where those would be too few to keep a GPU busy.
// Tiles of A and B, 32 deep, go through workgroup memory (16 KiB, WebGPU's default limit). Of a
// large tile each thread brings one 4 × 4 block of A or B, of a small one of both. For GPUs.
//
// Blocks, params and the prelude are those of matmul.wgsl.

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
  chunk: u32,     // of k per split, a multiple of 32
  batch: u32,
  biasOffset: u32,
  columnGroups: u32,
  rowGroups: u32,
  across: u32,    // 1: a workgroup has one tile
}

@group(0) @binding(0) var<storage, read> a: array<StoredA>;
@group(0) @binding(1) var<storage, read> b: array<StoredB>;
@group(0) @binding(2) var<storage, read> bias: array<Scalar>;
@group(0) @binding(3) var<storage, read_write> y: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

var<workgroup> tileA: array<vec4<f32>, 512>;  // [4 · span rows][8], vectors along k
var<workgroup> tileB: array<vec4<f32>, 512>;  // [32 of k][span], vectors along n

const LANES = vec4<u32>(0u, 1u, 2u, 3u);

// Four neighbours from a stored line of A; zero beyond k, whichever axis that is.
fn lineA(base: u32, line: u32, first: u32) -> vec4<f32> {
  let v = loadA((base + line * params.lda + first) / A_UNIT, LANES);
  let ks = select(first + LANES, vec4<u32>(line), A_TRANSPOSED);
  let limit = vec4<u32>(params.k);
  return select(vec4<f32>(), v, ks < limit);
}

fn lineB(base: u32, line: u32, first: u32) -> vec4<f32> {
  let v = loadB((base + line * params.ldb + first) / B_UNIT, LANES);
  let ks = select(vec4<u32>(line), first + LANES, B_TRANSPOSED);
  let limit = vec4<u32>(params.k);
  return select(vec4<f32>(), v, ks < limit);
}

fn bringA(base: u32, firstRow: u32, firstK: u32, tile: u32, span: u32) {
  // Neighbouring threads read along the stored axis: k for A, rows for a transposed A.
  let r = select(tile / 8u, tile % span, A_TRANSPOSED) * 4u;
  let q = select(tile % 8u, tile / span, A_TRANSPOSED);
  let row = firstRow + r;
  let k = firstK + q * 4u;
  var rows: mat4x4<f32>;
  if (A_TRANSPOSED) {
    rows = transpose(mat4x4<f32>(lineA(base, k, row), lineA(base, k + 1u, row),
                                 lineA(base, k + 2u, row), lineA(base, k + 3u, row)));
  } else {
    rows = mat4x4<f32>(lineA(base, row, k), lineA(base, row + 1u, k),
                       lineA(base, row + 2u, k), lineA(base, row + 3u, k));
  }
  tileA[r * 8u + q] = rows[0];
  tileA[(r + 1u) * 8u + q] = rows[1];
  tileA[(r + 2u) * 8u + q] = rows[2];
  tileA[(r + 3u) * 8u + q] = rows[3];
}

fn bringB(base: u32, firstCol: u32, firstK: u32, tile: u32, span: u32) {
  let s = select(tile % span, tile / 8u, B_TRANSPOSED);
  let q = select(tile / span, tile % 8u, B_TRANSPOSED) * 4u;
  let col = firstCol + s * 4u;
  let k = firstK + q;
  var lines: mat4x4<f32>;
  if (B_TRANSPOSED) {
    lines = transpose(mat4x4<f32>(lineB(base, col, k), lineB(base, col + 1u, k),
                                  lineB(base, col + 2u, k), lineB(base, col + 3u, k)));
  } else {
    lines = mat4x4<f32>(lineB(base, k, col), lineB(base, k + 1u, col),
                        lineB(base, k + 2u, col), lineB(base, k + 3u, col));
  }
  tileB[q * span + s] = lines[0];
  tileB[(q + 1u) * span + s] = lines[1];
  tileB[(q + 2u) * span + s] = lines[2];
  tileB[(q + 3u) * span + s] = lines[3];
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

// One tile; `span` is a quarter of its side.
fn work(span: u32, index: u32, thread: u32) {
  let line = index / params.columnGroups;
  let slice = line / params.rowGroups;
  let firstRow = line % params.rowGroups * span * 4u;
  let firstCol = index % params.columnGroups * span * 4u;
  let split = slice % params.splits;
  let item = slice / params.splits;
  let outer = item / params.batchInner;
  let inner = item % params.batchInner;
  let baseA = params.aOffset + outer * params.aOuter + inner * params.aInner;
  let baseB = params.bOffset + outer * params.bOuter + inner * params.bInner;
  let end = min(params.k, (split + 1u) * params.chunk);
  let r = (thread / span) * 4u;
  let s = thread % span;
  var tile = mat4x4<f32>();
  var total = vec4<f32>();
  let isSummed = SUMS && firstRow + r == 0u;
  for (var k = split * params.chunk; k < end; k += 32u) {
    if (span == 8u) {
      bringA(baseA, firstRow, k, thread, span);
      bringB(baseB, firstCol, k, thread, span);
    } else if (thread < 128u) {
      bringA(baseA, firstRow, k, thread, span);
    } else {
      bringB(baseB, firstCol, k, thread - 128u, span);
    }
    workgroupBarrier();
    for (var q = 0u; q < 8u; q++) {
      let rows = mat4x4<f32>(tileA[r * 8u + q], tileA[(r + 1u) * 8u + q],
                             tileA[(r + 2u) * 8u + q], tileA[(r + 3u) * 8u + q]);
      let at = q * 4u * span + s;
      let lines = mat4x4<f32>(tileB[at], tileB[at + span], tileB[at + 2u * span],
                              tileB[at + 3u * span]);
      tile = tile + lines * rows;
      if (isSummed) { total += lines[0] + lines[1] + lines[2] + lines[3]; }
    }
    workgroupBarrier();
  }
  let size = params.m + select(0u, 1u, SUMS);
  let base = (split * params.batch + item) * size * params.n;
  let row = firstRow + r;
  let col = firstCol + s * 4u;
  storeRow(base, row, col, tile[0]);
  storeRow(base, row + 1u, col, tile[1]);
  storeRow(base, row + 2u, col, tile[2]);
  storeRow(base, row + 3u, col, tile[3]);
  if (isSummed && col < params.n) {
    storeSums(base + params.m * params.n, col, total, params.n - col);
  }
}

fn isInside(index: u32) -> bool {
  return index / params.columnGroups / params.rowGroups < params.batch * params.splits;
}

@compute @workgroup_size(256)
fn large(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
         @builtin(local_invocation_index) thread: u32) {
  let index = group.x + group.y * grid.x;
  if (isInside(index)) { work(16u, index, thread); }
}

@compute @workgroup_size(64)
fn small(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
         @builtin(local_invocation_index) thread: u32) {
  let index = group.x + group.y * grid.x;
  if (isInside(index)) { work(8u, index, thread); }
}
