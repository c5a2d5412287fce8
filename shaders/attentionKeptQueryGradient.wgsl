// dq = ds · k from the weights that attentionKept.wgsl keeps, 8 queries per thread:
//
//   dsᵢⱼ = scale · pᵢⱼ (dyᵢ·vⱼ − dyᵢ·yᵢ)   dqᵢ = Σⱼ dsᵢⱼ kⱼ
//
// changes takes ds, laid out as the weights, for attentionKeptKeyGradient.wgsl. Params, blocks and
// the prelude are those of attentionKept.wgsl.

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

@group(0) @binding(0) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> changes: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>;
@group(0) @binding(16) var<uniform> params: Params;

fn keysAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(k[at.x + d], k[at.y + d], k[at.z + d], k[at.w + d]);
}

fn valuesAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(v[at.x + d], v[at.y + d], v[at.z + d], v[at.w + d]);
}

fn flowAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(dy[at.x + d], dy[at.y + d], dy[at.z + d], dy[at.w + d]);
}

// dyᵢ·yᵢ of four queries.
fn deltasAt(at: vec4<u32>) -> vec4<f32> {
  var sums = vec4<f32>();
  for (var d = 0u; d < params.vectors; d++) {
    sums += vec4<f32>(dot(dy[at.x + d], y[at.x + d]), dot(dy[at.y + d], y[at.y + d]),
                      dot(dy[at.z + d], y[at.z + d]), dot(dy[at.w + d], y[at.w + d]));
  }
  return sums;
}

// ds for a block whose columns are queries; `dp` is dy·v.
fn change(at: u32, pitch: u32, dp: mat4x4<f32>, deltas: vec4<f32>) -> mat4x4<f32> {
  let p = mat4x4<f32>(weights[at], weights[at + pitch], weights[at + 2u * pitch],
                      weights[at + 3u * pitch]);
  let flows = mat4x4<f32>(dp[0] - deltas.x, dp[1] - deltas.y, dp[2] - deltas.z, dp[3] - deltas.w);
  let ds = times(p, flows) * params.scale;
  changes[at] = ds[0];
  changes[at + pitch] = ds[1];
  changes[at + 2u * pitch] = ds[2];
  changes[at + 3u * pitch] = ds[3];
  return ds;
}

fn storeRow(base: u32, row: u32, d: u32, value: vec4<f32>) {
  if (row < params.queries) { dq[base + row * params.dqStrides.w + d] = value; }
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
  let flow = startOf(z, params.yStrides);
  let g0 = rowsAt(flow, row, params.queries, params.yStrides.w) * params.vectors;
  let g1 = rowsAt(flow, row + 4u, params.queries, params.yStrides.w) * params.vectors;
  let deltas0 = deltasAt(g0);
  let deltas1 = deltasAt(g1);
  let pitch = keptPitch();
  let kept0 = keptRow(z, row);
  let kept1 = kept0 + 4u * pitch;
  var sums: array<mat4x4<f32>, 2u * VECTORS>;
  let end = min(params.keys, row + 8u + params.reach);
  for (var key = 0u; key < end; key += 8u) {
    let v0 = rowsAt(item.z, key, params.keys, params.vStrides.w);
    let v1 = rowsAt(item.z, key + 4u, params.keys, params.vStrides.w);
    var dp00 = mat4x4<f32>();
    var dp01 = mat4x4<f32>();
    var dp10 = mat4x4<f32>();
    var dp11 = mat4x4<f32>();
    for (var d = 0u; d < params.vectors; d++) {
      let a0 = flowAt(g0, d);
      let a1 = flowAt(g1, d);
      let b0 = transpose(valuesAt(v0, d));
      let b1 = transpose(valuesAt(v1, d));
      dp00 += b0 * a0;
      dp01 += b1 * a0;
      dp10 += b0 * a1;
      dp11 += b1 * a1;
    }
    let at = key / 4u;
    let ds00 = change(kept0 + at, pitch, dp00, deltas0);
    let ds01 = change(kept0 + at + 1u, pitch, dp01, deltas0);
    let ds10 = change(kept1 + at, pitch, dp10, deltas1);
    let ds11 = change(kept1 + at + 1u, pitch, dp11, deltas1);
    let k0 = rowsAt(item.y, key, params.keys, params.kStrides.w);
    let k1 = rowsAt(item.y, key + 4u, params.keys, params.kStrides.w);
    for (var d = 0u; d < params.vectors; d++) {
      let b0 = keysAt(k0, d);
      let b1 = keysAt(k1, d);
      sums[2u * d] += b0 * ds00 + b1 * ds01;
      sums[2u * d + 1u] += b0 * ds10 + b1 * ds11;
    }
  }
  let base = params.gradientOffsets.x + startOf(z, params.dqStrides);
  for (var d = 0u; d < params.vectors; d++) {
    storeRows(base, row, d, sums[2u * d]);
    storeRows(base, row + 4u, d, sums[2u * d + 1u]);
  }
}
