// y = softmax(scale · q·kᵀ + bias) · v without the matrix of scores, 8 queries per thread and no
// barriers, for software adapters. Keys come in blocks of 8; the softmax is kept online:
//
//   t' = max(t, maxⱼ sᵢⱼ)   pᵢⱼ = exp(sᵢⱼ − t')   l ← l·exp(t − t') + Σⱼ pᵢⱼ
//   o ← o·exp(t − t') + Σⱼ pᵢⱼ vⱼ     at the end y = o / l and lse = t + log l
//
// Dao et al. 2022, FlashAttention; Milakov and Gimelshein 2018. Blocks are those of
// parts/attentionBlock.wgsl. The host's prelude declares MASK (parts/attentionScore.wgsl) and
// `const VECTORS`, at least params.vectors.

struct Params {
  batch: u32,
  queries: u32,
  keys: u32,
  vectors: u32,   // of four elements in a row of q, k, v and y
  middle: u32,    // batch item = (outer · middle + m) · inner + i
  inner: u32,
  reach: u32,     // query i sees key j where j ≤ i + reach
  maskColumn: u32,
  scale: f32,
  offsets: vec4<u32>,   // of q, k, v in vectors, of the mask in elements
  qStrides: vec4<u32>,  // outer, middle, inner, row
  kStrides: vec4<u32>,
  vStrides: vec4<u32>,
  maskStrides: vec4<u32>,
  yStrides: vec4<u32>,         // of y, dy, lse and stats, in rows
  gradientOffsets: vec4<u32>,  // of dq, dk and dv, in vectors
  dqStrides: vec4<u32>,
  dkStrides: vec4<u32>,        // of dk and dv
}

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(16) var<uniform> params: Params;

fn queriesAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(q[at.x + d], q[at.y + d], q[at.z + d], q[at.w + d]);
}

fn keysAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(k[at.x + d], k[at.y + d], k[at.z + d], k[at.w + d]);
}

fn valuesAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(v[at.x + d], v[at.y + d], v[at.z + d], v[at.w + d]);
}

fn largest(tile: mat4x4<f32>) -> vec4<f32> {
  let rows = transpose(tile);
  return max(max(rows[0], rows[1]), max(rows[2], rows[3]));
}

fn sumOf(tile: mat4x4<f32>) -> vec4<f32> {
  let rows = transpose(tile);
  return (rows[0] + rows[1]) + (rows[2] + rows[3]);
}

fn storeSums(base: u32, row: u32, tops: vec4<f32>, totals: vec4<f32>) {
  let isEmpty = totals == vec4<f32>();
  let sums = select(tops + log(totals), vec4<f32>(), isEmpty);
  let at = base + (row + vec4<u32>(0u, 1u, 2u, 3u)) * params.yStrides.w;
  if (row < params.queries) { lse[at.x] = sums.x; }
  if (row + 1u < params.queries) { lse[at.y] = sums.y; }
  if (row + 2u < params.queries) { lse[at.z] = sums.z; }
  if (row + 3u < params.queries) { lse[at.w] = sums.w; }
}

// 1 / l; a query without keys gets zeros.
fn inverse(totals: vec4<f32>) -> vec4<f32> {
  let isEmpty = totals == vec4<f32>();
  return select(1.0 / select(totals, vec4<f32>(1.0), isEmpty), vec4<f32>(), isEmpty);
}

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let thread = id.x + id.y * grid.x * 16u;
  let tiles = (params.queries + 7u) / 8u;
  let z = thread / tiles;
  if (z >= params.batch) { return; }
  let row = (thread % tiles) * 8u;
  let item = itemAt(z);
  let q0 = rowsAt(item.x, row, params.queries, params.qStrides.w);
  let q1 = rowsAt(item.x, row + 4u, params.queries, params.qStrides.w);
  var o: array<mat4x4<f32>, 2u * VECTORS>;
  var top0 = vec4<f32>(FORBIDDEN);
  var top1 = vec4<f32>(FORBIDDEN);
  var total0 = vec4<f32>();
  var total1 = vec4<f32>();
  let end = min(params.keys, row + 8u + params.reach);
  for (var key = 0u; key < end; key += 8u) {
    let k0 = rowsAt(item.y, key, params.keys, params.kStrides.w);
    let k1 = rowsAt(item.y, key + 4u, params.keys, params.kStrides.w);
    var s00 = mat4x4<f32>();
    var s01 = mat4x4<f32>();
    var s10 = mat4x4<f32>();
    var s11 = mat4x4<f32>();
    for (var d = 0u; d < params.vectors; d++) {
      let a0 = queriesAt(q0, d);
      let a1 = queriesAt(q1, d);
      let b0 = transpose(keysAt(k0, d));
      let b1 = transpose(keysAt(k1, d));
      s00 += b0 * a0;
      s01 += b1 * a0;
      s10 += b0 * a1;
      s11 += b1 * a1;
    }
    s00 = scoresOfQueries(s00, row, key, item.w);
    s01 = scoresOfQueries(s01, row, key + 4u, item.w);
    s10 = scoresOfQueries(s10, row + 4u, key, item.w);
    s11 = scoresOfQueries(s11, row + 4u, key + 4u, item.w);
    let next0 = max(top0, max(largest(s00), largest(s01)));
    let next1 = max(top1, max(largest(s10), largest(s11)));
    let fade0 = exp(top0 - next0);
    let fade1 = exp(top1 - next1);
    top0 = next0;
    top1 = next1;
    let p00 = weightsOfQueries(s00, top0);
    let p01 = weightsOfQueries(s01, top0);
    let p10 = weightsOfQueries(s10, top1);
    let p11 = weightsOfQueries(s11, top1);
    total0 = total0 * fade0 + sumOf(p00) + sumOf(p01);
    total1 = total1 * fade1 + sumOf(p10) + sumOf(p11);
    let v0 = rowsAt(item.z, key, params.keys, params.vStrides.w);
    let v1 = rowsAt(item.z, key + 4u, params.keys, params.vStrides.w);
    for (var d = 0u; d < params.vectors; d++) {
      let b0 = valuesAt(v0, d);
      let b1 = valuesAt(v1, d);
      o[2u * d] = scaled(o[2u * d], fade0) + b0 * p00 + b1 * p01;
      o[2u * d + 1u] = scaled(o[2u * d + 1u], fade1) + b0 * p10 + b1 * p11;
    }
  }
  let base = startOf(z, params.yStrides);
  storeSums(base, row, top0, total0);
  storeSums(base, row + 4u, top1, total1);
  let share0 = inverse(total0);
  let share1 = inverse(total1);
  for (var d = 0u; d < params.vectors; d++) {
    storeRows(base, row, d, scaled(o[2u * d], share0));
    storeRows(base, row + 4u, d, scaled(o[2u * d + 1u], share1));
  }
}
