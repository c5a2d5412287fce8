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

// Scores of four queries with one key.
fn scoresOfKey(products: vec4<f32>, query: u32, key: u32, base: u32) -> vec4<f32> {
  return vec4<f32>(scoreOf(products.x, query, key, base),
                   scoreOf(products.y, query + 1u, key, base),
                   scoreOf(products.z, query + 2u, key, base),
                   scoreOf(products.w, query + 3u, key, base));
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
    // Loops over keys keep the code short, and with it the time to compile it.
    var scores = array<mat4x4<f32>, 2>(s0, s1);
    var flows = array<mat4x4<f32>, 2>(dp0, dp1);
    var p = array<mat4x4<f32>, 2>();
    var ds = array<mat4x4<f32>, 2>();
    for (var r = 0u; r < 8u; r++) {
      let score = scoresOfKey(scores[r / 4u][r % 4u], query, row + r, item.w);
      let weight = weightsOf(score, known[0]);
      p[r / 4u][r % 4u] = weight;
      ds[r / 4u][r % 4u] = weight * (flows[r / 4u][r % 4u] - known[1]);
    }
    for (var d = 0u; d < params.vectors; d++) {
      let b = queriesAt(at, d);
      changeSums[2u * d] += b * ds[0];
      changeSums[2u * d + 1u] += b * ds[1];
      let c = flowAt(g, d);
      valueSums[2u * d] += c * p[0];
      valueSums[2u * d + 1u] += c * p[1];
    }
  }
  let base = startOf(z, params.dkStrides);
  for (var d = 0u; d < params.vectors; d++) {
    for (var r = 0u; r < min(8u, params.keys - row); r++) {
      let at = base + (row + r) * params.dkStrides.w + d;
      let change = changeSums[2u * d + r / 4u][r % 4u];
      gradients[params.gradientOffsets.y + at] = change * params.scale;
      gradients[params.gradientOffsets.z + at] = valueSums[2u * d + r / 4u][r % 4u];
    }
  }
}
