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
  // dyᵢ·yᵢ. Loops over queries keep the code short, and with it the time to compile it.
  var deltas = array<f32, 8>();
  for (var r = 0u; r < 8u; r++) {
    let at = (flow + min(row + r, params.queries - 1u) * params.yStrides.w) * params.vectors;
    for (var d = 0u; d < params.vectors; d++) { deltas[r] += dot(dy[at + d], y[at + d]); }
  }
  let pitch = keptPitch();
  let kept = keptRow(z, row);
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
    var flows = array<mat4x4<f32>, 4>(dp00, dp10, dp01, dp11);
    var ds = array<mat4x4<f32>, 4>();
    for (var r = 0u; r < 8u; r++) {
      let at = kept + r * pitch + key / 4u;
      let delta = deltas[r];
      let left = weights[at] * (flows[r / 4u][r % 4u] - delta) * params.scale;
      let right = weights[at + 1u] * (flows[2u + r / 4u][r % 4u] - delta) * params.scale;
      changes[at] = left;
      changes[at + 1u] = right;
      ds[r / 4u][r % 4u] = left;
      ds[2u + r / 4u][r % 4u] = right;
    }
    let k0 = rowsAt(item.y, key, params.keys, params.kStrides.w);
    let k1 = rowsAt(item.y, key + 4u, params.keys, params.kStrides.w);
    for (var d = 0u; d < params.vectors; d++) {
      let b0 = keysAt(k0, d);
      let b1 = keysAt(k1, d);
      sums[2u * d] += b0 * ds[0] + b1 * ds[2];
      sums[2u * d + 1u] += b0 * ds[1] + b1 * ds[3];
    }
  }
  let base = params.gradientOffsets.x + startOf(z, params.dqStrides);
  for (var d = 0u; d < params.vectors; d++) {
    for (var r = 0u; r < min(8u, params.queries - row); r++) {
      dq[base + (row + r) * params.dqStrides.w + d] = sums[2u * d + r / 4u][r % 4u];
    }
  }
}
