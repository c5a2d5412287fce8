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
  let g0 = rowsAt(known, row, params.queries, params.yStrides.w) * params.vectors;
  let g1 = rowsAt(known, row + 4u, params.queries, params.yStrides.w) * params.vectors;
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
    // Loops over queries keep the code short, and with it the time to compile it.
    var scores = array<mat4x4<f32>, 2>(s0, s1);
    var flows = array<mat4x4<f32>, 2>(dp0, dp1);
    var ds = array<mat4x4<f32>, 2>();
    for (var r = 0u; r < 8u; r++) {
      let stat = stats[known + min(row + r, params.queries - 1u) * params.yStrides.w];
      let score = scoresOfQuery(scores[r / 4u][r % 4u], row + r, key, item.w);
      let weight = weightsOf(score, vec4<f32>(stat.x));
      ds[r / 4u][r % 4u] = weight * (flows[r / 4u][r % 4u] - stat.y);
    }
    for (var d = 0u; d < params.vectors; d++) {
      let b = keysAt(at, d);
      sums[2u * d] += b * ds[0];
      sums[2u * d + 1u] += b * ds[1];
    }
  }
  let base = params.gradientOffsets.x + startOf(z, params.dqStrides);
  for (var d = 0u; d < params.vectors; d++) {
    for (var r = 0u; r < min(8u, params.queries - row); r++) {
      let sum = sums[2u * d + r / 4u][r % 4u];
      dq[base + (row + r) * params.dqStrides.w + d] = sum * params.scale;
    }
  }
}
