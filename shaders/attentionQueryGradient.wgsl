// dq = scale · ds · k, 8 queries per thread and no barriers, for software adapters. The scores are
// computed again, so that nothing of size queries × keys is kept:
//
//   pᵢⱼ = exp(sᵢⱼ − lseᵢ)   dsᵢⱼ = pᵢⱼ (dyᵢ·vⱼ − deltaᵢ)   dqᵢ = scale · Σⱼ dsᵢⱼ kⱼ
//
// Params, blocks and the prelude are those of attention.wgsl; stats are attentionDelta.wgsl's.

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
@group(0) @binding(4) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>;
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

fn flowAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(dy[at.x + d], dy[at.y + d], dy[at.z + d], dy[at.w + d]);
}

// ds for a block whose columns are queries; `dp` is dy·v.
fn changes(s: mat4x4<f32>, dp: mat4x4<f32>, lses: vec4<f32>, deltas: vec4<f32>) -> mat4x4<f32> {
  let flows = mat4x4<f32>(dp[0] - deltas.x, dp[1] - deltas.y, dp[2] - deltas.z, dp[3] - deltas.w);
  return times(weightsOfQueries(s, lses), flows);
}

fn storeRow(base: u32, row: u32, d: u32, value: vec4<f32>) {
  if (row < params.queries) { dq[base + row * params.dqStrides.w + d] = value * params.scale; }
}

fn storeRows(base: u32, row: u32, d: u32, tile: mat4x4<f32>) {
  storeRow(base, row, d, tile[0]);
  storeRow(base, row + 1u, d, tile[1]);
  storeRow(base, row + 2u, d, tile[2]);
  storeRow(base, row + 3u, d, tile[3]);
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
  let known = startOf(z, params.yStrides);
  let i0 = rowsAt(known, row, params.queries, params.yStrides.w);
  let i1 = rowsAt(known, row + 4u, params.queries, params.yStrides.w);
  let g0 = i0 * params.vectors;
  let g1 = i1 * params.vectors;
  let stats0 = transpose(mat4x2<f32>(stats[i0.x], stats[i0.y], stats[i0.z], stats[i0.w]));
  let stats1 = transpose(mat4x2<f32>(stats[i1.x], stats[i1.y], stats[i1.z], stats[i1.w]));
  var sums: array<mat4x4<f32>, 2u * VECTORS>;
  let end = min(params.keys, row + 8u + params.reach);
  for (var key = 0u; key < end; key += 4u) {
    let at = rowsAt(item.y, key, params.keys, params.kStrides.w);
    let atV = rowsAt(item.z, key, params.keys, params.vStrides.w);
    var s0 = mat4x4<f32>();
    var s1 = mat4x4<f32>();
    var dp0 = mat4x4<f32>();
    var dp1 = mat4x4<f32>();
    for (var d = 0u; d < params.vectors; d++) {
      let b = transpose(keysAt(at, d));
      s0 += b * queriesAt(q0, d);
      s1 += b * queriesAt(q1, d);
      let c = transpose(valuesAt(atV, d));
      dp0 += c * flowAt(g0, d);
      dp1 += c * flowAt(g1, d);
    }
    s0 = scoresOfQueries(s0, row, key, item.w);
    s1 = scoresOfQueries(s1, row + 4u, key, item.w);
    let ds0 = changes(s0, dp0, stats0[0], stats0[1]);
    let ds1 = changes(s1, dp1, stats1[0], stats1[1]);
    for (var d = 0u; d < params.vectors; d++) {
      let b = keysAt(at, d);
      sums[2u * d] += b * ds0;
      sums[2u * d + 1u] += b * ds1;
    }
  }
  let base = params.gradientOffsets.x + startOf(z, params.dqStrides);
  for (var d = 0u; d < params.vectors; d++) {
    storeRows(base, row, d, sums[2u * d]);
    storeRows(base, row + 4u, d, sums[2u * d + 1u]);
  }
}
