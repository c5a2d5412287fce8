// attentionQueryGradient.wgsl for GPUs: ROWS queries per workgroup, 64 / ROWS threads for each.
// Tiles of q and dy stay in workgroup memory while v and k pass through it.
//
// Params are those of attention.wgsl, the prelude that of attentionTiled.wgsl, here with
// (2 ROWS + KEYS) (vectors + 1) ≤ 816 and ROWS · KEYS ≤ 512.

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

const COLUMNS = KEYS / LANES;

var<workgroup> tile: array<vec4<f32>, 816>;  // [ROWS] of q, [ROWS] of dy, then [KEYS] of v or k
var<workgroup> changes: array<f32, 512>;     // [ROWS][KEYS]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.queries + ROWS - 1u) / ROWS;
  let index = group.x + group.y * grid.x;
  let z = index / tiles;
  if (z >= params.batch) { return; }
  let first = (index % tiles) * ROWS;
  let item = itemAt(z);
  let flow = startOf(z, params.yStrides);
  let pitch = params.vectors + 1u;
  let flowTile = ROWS * pitch;
  let keyTile = 2u * ROWS * pitch;
  let r = thread / LANES;
  let lane = thread % LANES;
  for (var i = thread; i < ROWS * params.vectors; i += 64u) {
    let row = i / params.vectors;
    let d = i % params.vectors;
    let query = min(first + row, params.queries - 1u);
    tile[row * pitch + d] = q[item.x + query * params.qStrides.w + d];
    tile[flowTile + row * pitch + d] =
      dy[(flow + query * params.yStrides.w) * params.vectors + d];
  }
  let known = stats[flow + min(first + r, params.queries - 1u) * params.yStrides.w];
  var sums: array<vec4<f32>, VECTORS>;
  let end = min(params.keys, first + ROWS + params.reach);
  for (var key = 0u; key < end; key += KEYS) {
    for (var i = thread; i < KEYS * params.vectors; i += 64u) {
      let row = i / params.vectors;
      let d = i % params.vectors;
      let at = item.z + min(key + row, params.keys - 1u) * params.vStrides.w + d;
      tile[keyTile + row * pitch + d] = v[at];
    }
    workgroupBarrier();
    var dp = array<f32, COLUMNS>();
    for (var d = 0u; d < params.vectors; d++) {
      let a = tile[flowTile + r * pitch + d];
      for (var j = 0u; j < COLUMNS; j++) {
        dp[j] += dot(a, tile[keyTile + (j * LANES + lane) * pitch + d]);
      }
    }
    workgroupBarrier();  // the values have been read
    for (var i = thread; i < KEYS * params.vectors; i += 64u) {
      let row = i / params.vectors;
      let d = i % params.vectors;
      let at = item.y + min(key + row, params.keys - 1u) * params.kStrides.w + d;
      tile[keyTile + row * pitch + d] = k[at];
    }
    workgroupBarrier();
    var s = array<f32, COLUMNS>();
    for (var d = 0u; d < params.vectors; d++) {
      let a = tile[r * pitch + d];
      for (var j = 0u; j < COLUMNS; j++) {
        s[j] += dot(a, tile[keyTile + (j * LANES + lane) * pitch + d]);
      }
    }
    for (var j = 0u; j < COLUMNS; j++) {
      let column = j * LANES + lane;
      let p = weightOf(scoreOf(s[j], first + r, key + column, item.w), known.x);
      changes[r * KEYS + column] = p * (dp[j] - known.y);
    }
    workgroupBarrier();
    for (var j = 0u; j < KEYS; j++) {
      let ds = changes[r * KEYS + j];
      for (var i = 0u; i < VECTORS; i++) {
        sums[i] += ds * tile[keyTile + j * pitch + min(i * LANES + lane, params.vectors)];
      }
    }
    workgroupBarrier();  // the keys have been read
  }
  if (first + r >= params.queries) { return; }
  let at = params.gradientOffsets.x + startOf(z, params.dqStrides)
    + (first + r) * params.dqStrides.w;
  for (var i = 0u; i < VECTORS; i++) {
    let d = i * LANES + lane;
    if (d < params.vectors) { dq[at + d] = sums[i] * params.scale; }
  }
}
