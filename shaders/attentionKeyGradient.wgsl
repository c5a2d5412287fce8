// dk = scale · dsᵀ · q and dv = pᵀ · dy, 8 keys per thread and no barriers, for software adapters.
//
//   pᵢⱼ = exp(sᵢⱼ − lseᵢ)   dsᵢⱼ = pᵢⱼ (dyᵢ·vⱼ − deltaᵢ)
//
// A block keeps keys as columns here and queries as components. Params, blocks and the prelude are
// those of attention.wgsl; stats are attentionDelta.wgsl's.

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
@group(0) @binding(6) var<storage, read_write> gradients: array<vec4<f32>>;  // dk and dv
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

// p for a block whose columns are keys.
fn weightsOfKeys(s: mat4x4<f32>, query: u32, key: u32, base: u32, lses: vec4<f32>) -> mat4x4<f32> {
  let scores = transpose(scoresOfQueries(transpose(s), query, key, base));
  return mat4x4<f32>(weightsOf(scores[0], lses), weightsOf(scores[1], lses),
                     weightsOf(scores[2], lses), weightsOf(scores[3], lses));
}

fn changes(p: mat4x4<f32>, dp: mat4x4<f32>, deltas: vec4<f32>) -> mat4x4<f32> {
  return times(p, dp - mat4x4<f32>(deltas, deltas, deltas, deltas));
}

fn storeRow(base: u32, row: u32, d: u32, change: vec4<f32>, value: vec4<f32>) {
  if (row >= params.keys) { return; }
  let at = base + row * params.dkStrides.w + d;
  gradients[params.gradientOffsets.y + at] = change * params.scale;
  gradients[params.gradientOffsets.z + at] = value;
}

fn storeRows(base: u32, row: u32, d: u32, change: mat4x4<f32>, value: mat4x4<f32>) {
  storeRow(base, row, d, change[0], value[0]);
  storeRow(base, row + 1u, d, change[1], value[1]);
  storeRow(base, row + 2u, d, change[2], value[2]);
  storeRow(base, row + 3u, d, change[3], value[3]);
}

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let thread = id.x + id.y * grid.x * 16u;
  let tiles = (params.keys + 7u) / 8u;
  let z = thread / tiles;
  if (z >= params.batch) { return; }
  let row = (thread % tiles) * 8u;
  let item = itemAt(z);
  let k0 = rowsAt(item.y, row, params.keys, params.kStrides.w);
  let k1 = rowsAt(item.y, row + 4u, params.keys, params.kStrides.w);
  let v0 = rowsAt(item.z, row, params.keys, params.vStrides.w);
  let v1 = rowsAt(item.z, row + 4u, params.keys, params.vStrides.w);
  var changeSums: array<mat4x4<f32>, 2u * VECTORS>;
  var valueSums: array<mat4x4<f32>, 2u * VECTORS>;
  let flow0 = startOf(z, params.yStrides);
  // The first query that sees a key of these, in blocks of four.
  let start = (row - min(row, params.reach)) / 4u * 4u;
  for (var query = start; query < params.queries; query += 4u) {
    let at = rowsAt(item.x, query, params.queries, params.qStrides.w);
    let i = rowsAt(flow0, query, params.queries, params.yStrides.w);
    let g = i * params.vectors;
    let known = transpose(mat4x2<f32>(stats[i.x], stats[i.y], stats[i.z], stats[i.w]));
    var s0 = mat4x4<f32>();
    var s1 = mat4x4<f32>();
    var dp0 = mat4x4<f32>();
    var dp1 = mat4x4<f32>();
    for (var d = 0u; d < params.vectors; d++) {
      let b = transpose(queriesAt(at, d));
      s0 += b * keysAt(k0, d);
      s1 += b * keysAt(k1, d);
      let c = transpose(flowAt(g, d));
      dp0 += c * valuesAt(v0, d);
      dp1 += c * valuesAt(v1, d);
    }
    let p0 = weightsOfKeys(s0, query, row, item.w, known[0]);
    let p1 = weightsOfKeys(s1, query, row + 4u, item.w, known[0]);
    let ds0 = changes(p0, dp0, known[1]);
    let ds1 = changes(p1, dp1, known[1]);
    for (var d = 0u; d < params.vectors; d++) {
      let b = queriesAt(at, d);
      changeSums[2u * d] += b * ds0;
      changeSums[2u * d + 1u] += b * ds1;
      let c = flowAt(g, d);
      valueSums[2u * d] += c * p0;
      valueSums[2u * d + 1u] += c * p1;
    }
  }
  let base = startOf(z, params.dkStrides);
  for (var d = 0u; d < params.vectors; d++) {
    storeRows(base, row, d, changeSums[2u * d], valueSums[2u * d]);
    storeRows(base, row + 4u, d, changeSums[2u * d + 1u], valueSums[2u * d + 1u]);
  }
}
