// attentionKeyGradient.wgsl for GPUs: ROWS keys per workgroup, 64 / ROWS threads for each. Tiles
// of k and v stay in workgroup memory while q and dy pass through it, QUERIES rows at a time.
//
// Params are those of attention.wgsl, the prelude that of attentionTiled.wgsl, here with
// (2 ROWS + KEYS) (vectors + 1) ≤ 816 and ROWS · KEYS ≤ 512; a step takes KEYS queries.

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

const QUERIES = KEYS;
const COLUMNS = QUERIES / LANES;

var<workgroup> tile: array<vec4<f32>, 816>;  // [ROWS] of k, [ROWS] of v, then [QUERIES] of q or dy
var<workgroup> factors: array<f32, 512>;     // [ROWS][QUERIES] of p, then of ds

fn bringQueries(item: u32, query: u32, to: u32, thread: u32) {
  for (var i = thread; i < QUERIES * params.vectors; i += 64u) {
    let row = i / params.vectors;
    let d = i % params.vectors;
    let at = item + min(query + row, params.queries - 1u) * params.qStrides.w + d;
    tile[to + row * (params.vectors + 1u) + d] = q[at];
  }
}

fn statsOf(flow: u32, query: u32) -> vec2<f32> {
  return stats[flow + min(query, params.queries - 1u) * params.yStrides.w];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.keys + ROWS - 1u) / ROWS;
  let index = group.x + group.y * grid.x;
  let z = index / tiles;
  if (z >= params.batch) { return; }
  let first = (index % tiles) * ROWS;
  let item = itemAt(z);
  let flow = startOf(z, params.yStrides);
  let pitch = params.vectors + 1u;
  let valueTile = ROWS * pitch;
  let queryTile = 2u * ROWS * pitch;
  let r = thread / LANES;
  let lane = thread % LANES;
  for (var i = thread; i < ROWS * params.vectors; i += 64u) {
    let row = i / params.vectors;
    let d = i % params.vectors;
    let key = min(first + row, params.keys - 1u);
    tile[row * pitch + d] = k[item.y + key * params.kStrides.w + d];
    tile[valueTile + row * pitch + d] = v[item.z + key * params.vStrides.w + d];
  }
  var changeSums: array<vec4<f32>, VECTORS>;
  var valueSums: array<vec4<f32>, VECTORS>;
  // The first query that sees one of these keys.
  let start = first - min(first, params.reach);
  for (var query = start; query < params.queries; query += QUERIES) {
    bringQueries(item.x, query, queryTile, thread);
    workgroupBarrier();
    var s = array<f32, COLUMNS>();
    for (var d = 0u; d < params.vectors; d++) {
      let a = tile[r * pitch + d];
      for (var j = 0u; j < COLUMNS; j++) {
        s[j] += dot(a, tile[queryTile + (j * LANES + lane) * pitch + d]);
      }
    }
    for (var j = 0u; j < COLUMNS; j++) {
      let column = j * LANES + lane;
      let known = statsOf(flow, query + column);
      s[j] = weightOf(scoreOf(s[j], query + column, first + r, item.w), known.x);
      factors[r * QUERIES + column] = s[j];
    }
    workgroupBarrier();
    for (var i = thread; i < QUERIES * params.vectors; i += 64u) {
      let row = i / params.vectors;
      let d = i % params.vectors;
      let at = flow + min(query + row, params.queries - 1u) * params.yStrides.w;
      tile[queryTile + row * pitch + d] = dy[at * params.vectors + d];
    }
    workgroupBarrier();
    var dp = array<f32, COLUMNS>();
    for (var d = 0u; d < params.vectors; d++) {
      let a = tile[valueTile + r * pitch + d];
      for (var j = 0u; j < COLUMNS; j++) {
        dp[j] += dot(a, tile[queryTile + (j * LANES + lane) * pitch + d]);
      }
    }
    for (var j = 0u; j < QUERIES; j++) {
      let p = factors[r * QUERIES + j];
      for (var i = 0u; i < VECTORS; i++) {
        valueSums[i] += p * tile[queryTile + j * pitch + min(i * LANES + lane, params.vectors)];
      }
    }
    workgroupBarrier();  // p and dy have been read
    bringQueries(item.x, query, queryTile, thread);
    for (var j = 0u; j < COLUMNS; j++) {
      let column = j * LANES + lane;
      let known = statsOf(flow, query + column);
      factors[r * QUERIES + column] = s[j] * (dp[j] - known.y);
    }
    workgroupBarrier();
    for (var j = 0u; j < QUERIES; j++) {
      let ds = factors[r * QUERIES + j];
      for (var i = 0u; i < VECTORS; i++) {
        changeSums[i] += ds * tile[queryTile + j * pitch + min(i * LANES + lane, params.vectors)];
      }
    }
    workgroupBarrier();  // the queries have been read
  }
  if (first + r >= params.keys) { return; }
  let at = startOf(z, params.dkStrides) + (first + r) * params.dkStrides.w;
  for (var i = 0u; i < VECTORS; i++) {
    let d = i * LANES + lane;
    if (d < params.vectors) {
      gradients[params.gradientOffsets.y + at + d] = changeSums[i] * params.scale;
      gradients[params.gradientOffsets.z + at + d] = valueSums[i];
    }
  }
}
