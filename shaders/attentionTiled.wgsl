// attention.wgsl for GPUs: ROWS queries per workgroup, 64 / ROWS threads for each. Tiles of q, k
// and v go through workgroup memory; rows there are one vector longer, which spreads them over its
// banks. The formulas and params are those of attention.wgsl.
//
// The host's prelude declares MASK (parts/attentionScore.wgsl), ROWS, LANES = 64 / ROWS, KEYS per
// step, and VECTORS per thread, all u32, with (ROWS + KEYS) (vectors + 1) ≤ 816 and
// ROWS · KEYS ≤ 512.

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
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(16) var<uniform> params: Params;

const COLUMNS = KEYS / LANES;

var<workgroup> tile: array<vec4<f32>, 816>;   // [ROWS] of q, then [KEYS] of k or v
var<workgroup> weights: array<f32, 512>;      // [ROWS][KEYS]
var<workgroup> shares: array<f32, 64>;        // [ROWS][LANES]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let tiles = (params.queries + ROWS - 1u) / ROWS;
  let index = group.x + group.y * grid.x;
  let z = index / tiles;
  if (z >= params.batch) { return; }
  let first = (index % tiles) * ROWS;
  let item = itemAt(z);
  let pitch = params.vectors + 1u;
  let keyTile = ROWS * pitch;
  let r = thread / LANES;
  let lane = thread % LANES;
  for (var i = thread; i < ROWS * params.vectors; i += 64u) {
    let row = i / params.vectors;
    let d = i % params.vectors;
    let at = item.x + min(first + row, params.queries - 1u) * params.qStrides.w + d;
    tile[row * pitch + d] = q[at];
  }
  var o: array<vec4<f32>, VECTORS>;
  var top = FORBIDDEN;
  var total = 0.0;
  let end = min(params.keys, first + ROWS + params.reach);
  for (var key = 0u; key < end; key += KEYS) {
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
    var next = top;
    for (var j = 0u; j < COLUMNS; j++) {
      s[j] = scoreOf(s[j], first + r, key + j * LANES + lane, item.w);
      next = max(next, s[j]);
    }
    shares[thread] = next;
    workgroupBarrier();
    for (var i = 0u; i < LANES; i++) { next = max(next, shares[r * LANES + i]); }
    let fade = exp(top - next);
    top = next;
    total *= fade;
    for (var j = 0u; j < COLUMNS; j++) {
      let p = weightOf(s[j], top);
      weights[r * KEYS + j * LANES + lane] = p;
      total += p;
    }
    for (var i = thread; i < KEYS * params.vectors; i += 64u) {
      let row = i / params.vectors;
      let d = i % params.vectors;
      let at = item.z + min(key + row, params.keys - 1u) * params.vStrides.w + d;
      tile[keyTile + row * pitch + d] = v[at];
    }
    workgroupBarrier();
    for (var i = 0u; i < VECTORS; i++) { o[i] *= fade; }
    for (var j = 0u; j < KEYS; j++) {
      let p = weights[r * KEYS + j];
      for (var i = 0u; i < VECTORS; i++) {
        o[i] += p * tile[keyTile + j * pitch + min(i * LANES + lane, params.vectors)];
      }
    }
    workgroupBarrier();  // the values have been read
  }
  shares[thread] = total;
  workgroupBarrier();
  total = 0.0;
  for (var i = 0u; i < LANES; i++) { total += shares[r * LANES + i]; }
  if (first + r >= params.queries) { return; }
  let isEmpty = total == 0.0;
  let at = startOf(z, params.yStrides) + (first + r) * params.yStrides.w;
  if (lane == 0u) { lse[at] = select(top + log(total), 0.0, isEmpty); }
  let share = select(1.0 / select(total, 1.0, isEmpty), 0.0, isEmpty);
  for (var i = 0u; i < VECTORS; i++) {
    let d = i * LANES + lane;
    if (d < params.vectors) { y[at * params.vectors + d] = o[i] * share; }
  }
}
