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

fn largest(v: vec4<f32>) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

fn sumOf(v: vec4<f32>) -> f32 { return (v.x + v.y) + (v.z + v.w); }

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
  var tops = array<f32, 8>();
  var totals = array<f32, 8>();
  for (var r = 0u; r < 8u; r++) { tops[r] = FORBIDDEN; }
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
    // Loops over queries keep the code short, and with it the time to compile it.
    var scores = array<mat4x4<f32>, 4>(s00, s10, s01, s11);
    var fades = array<vec4<f32>, 2>();
    var p = array<mat4x4<f32>, 4>();
    for (var r = 0u; r < 8u; r++) {
      let left = scoresOfQuery(scores[r / 4u][r % 4u], row + r, key, item.w);
      let right = scoresOfQuery(scores[2u + r / 4u][r % 4u], row + r, key + 4u, item.w);
      let top = tops[r];
      let next = max(top, max(largest(left), largest(right)));
      let fade = exp(top - next);
      let leftWeights = weightsOf(left, vec4<f32>(next));
      let rightWeights = weightsOf(right, vec4<f32>(next));
      totals[r] = totals[r] * fade + sumOf(leftWeights) + sumOf(rightWeights);
      tops[r] = next;
      fades[r / 4u][r % 4u] = fade;
      p[r / 4u][r % 4u] = leftWeights;
      p[2u + r / 4u][r % 4u] = rightWeights;
    }
    let v0 = rowsAt(item.z, key, params.keys, params.vStrides.w);
    let v1 = rowsAt(item.z, key + 4u, params.keys, params.vStrides.w);
    for (var d = 0u; d < params.vectors; d++) {
      let b0 = valuesAt(v0, d);
      let b1 = valuesAt(v1, d);
      o[2u * d] = scaled(o[2u * d], fades[0]) + b0 * p[0] + b1 * p[2];
      o[2u * d + 1u] = scaled(o[2u * d + 1u], fades[1]) + b0 * p[1] + b1 * p[3];
    }
  }
  let base = startOf(z, params.yStrides);
  for (var r = 0u; r < min(8u, params.queries - row); r++) {
    // A query without keys gets zeros.
    let total = totals[r];
    let isEmpty = total == 0.0;
    let share = select(1.0 / select(total, 1.0, isEmpty), 0.0, isEmpty);
    lse[base + (row + r) * params.yStrides.w] = select(tops[r] + log(total), 0.0, isEmpty);
    for (var d = 0u; d < params.vectors; d++) {
      storeRow(base, row + r, d, o[2u * d + r / 4u][r % 4u] * share);
    }
  }
}
