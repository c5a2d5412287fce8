// attention.wgsl for training on software adapters: it keeps the weights for the gradients, which
// saves them both products of the scores.
//
//   sᵢⱼ = scale · qᵢ·kⱼ + biasᵢⱼ   pᵢⱼ = exp(sᵢⱼ − lseᵢ)   yᵢ = Σⱼ pᵢⱼ vⱼ
//
// 8 queries per thread and 8 keys per step. weights is [batch, queries, keys] with rows and columns
// filled up to multiples of 8 by zeros; what no query of a thread sees is not written. Params,
// blocks and the prelude are those of attention.wgsl.

struct Params {
  batch: u32,
  queries: u32,
  keys: u32,
  vectors: u32,
  middle: u32,
  inner: u32,
  reach: u32,
  maskColumn: u32,
  scale: f32,
  offsets: vec4<u32>,
  qStrides: vec4<u32>,
  kStrides: vec4<u32>,
  vStrides: vec4<u32>,
  maskStrides: vec4<u32>,
  yStrides: vec4<u32>,
  gradientOffsets: vec4<u32>,
  dqStrides: vec4<u32>,
  dkStrides: vec4<u32>,
}

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> weights: array<vec4<f32>>;
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

fn keep(at: u32, pitch: u32, tile: mat4x4<f32>) {
  weights[at] = tile[0];
  weights[at + pitch] = tile[1];
  weights[at + 2u * pitch] = tile[2];
  weights[at + 3u * pitch] = tile[3];
}

// The scores at `at` become weights.
fn weigh(at: u32, pitch: u32, lses: vec4<f32>) -> mat4x4<f32> {
  let s = mat4x4<f32>(weights[at], weights[at + pitch], weights[at + 2u * pitch],
                      weights[at + 3u * pitch]);
  let p = weightsOfQueries(s, lses);
  keep(at, pitch, p);
  return p;
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
  let pitch = keptPitch();
  let kept0 = keptRow(z, row);
  let kept1 = kept0 + 4u * pitch;
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
    total0 = total0 * exp(top0 - next0)
      + sumOf(weightsOfQueries(s00, next0)) + sumOf(weightsOfQueries(s01, next0));
    total1 = total1 * exp(top1 - next1)
      + sumOf(weightsOfQueries(s10, next1)) + sumOf(weightsOfQueries(s11, next1));
    top0 = next0;
    top1 = next1;
    let at = key / 4u;
    keep(kept0 + at, pitch, s00);
    keep(kept0 + at + 1u, pitch, s01);
    keep(kept1 + at, pitch, s10);
    keep(kept1 + at + 1u, pitch, s11);
  }
  let lse0 = select(top0 + log(total0), vec4<f32>(), total0 == vec4<f32>());
  let lse1 = select(top1 + log(total1), vec4<f32>(), total1 == vec4<f32>());
  var o: array<mat4x4<f32>, 2u * VECTORS>;
  for (var key = 0u; key < end; key += 8u) {
    let at = key / 4u;
    let p00 = weigh(kept0 + at, pitch, lse0);
    let p01 = weigh(kept0 + at + 1u, pitch, lse0);
    let p10 = weigh(kept1 + at, pitch, lse1);
    let p11 = weigh(kept1 + at + 1u, pitch, lse1);
    let v0 = rowsAt(item.z, key, params.keys, params.vStrides.w);
    let v1 = rowsAt(item.z, key + 4u, params.keys, params.vStrides.w);
    for (var d = 0u; d < params.vectors; d++) {
      let b0 = valuesAt(v0, d);
      let b1 = valuesAt(v1, d);
      o[2u * d] += b0 * p00 + b1 * p01;
      o[2u * d + 1u] += b0 * p10 + b1 * p11;
    }
  }
  let base = startOf(z, params.yStrides);
  for (var d = 0u; d < params.vectors; d++) {
    storeRows(base, row, d, o[2u * d]);
    storeRows(base, row + 4u, d, o[2u * d + 1u]);
  }
}
