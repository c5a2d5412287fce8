// dk = dsᵀ · q and dv = pᵀ · dy from the weights p of attentionKept.wgsl and the changes ds of
// attentionKeptQueryGradient.wgsl, 8 keys per thread. Params, blocks and the prelude are those of
// attentionKept.wgsl.

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
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> changes: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> gradients: array<vec4<f32>>;  // dk and dv
@group(0) @binding(16) var<uniform> params: Params;

fn queriesAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(q[at.x + d], q[at.y + d], q[at.z + d], q[at.w + d]);
}

fn flowAt(at: vec4<u32>, d: u32) -> mat4x4<f32> {
  return mat4x4<f32>(dy[at.x + d], dy[at.y + d], dy[at.z + d], dy[at.w + d]);
}

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let thread = id.x + id.y * grid.x * 16u;
  let tiles = (params.keys + 7u) / 8u;
  let z = thread / tiles;
  if (z >= params.batch) { return; }
  let row = (thread % tiles) * 8u;
  let item = itemAt(z);
  let flow = startOf(z, params.yStrides);
  let pitch = keptPitch();
  var changeSums: array<mat4x4<f32>, 2u * VECTORS>;
  var valueSums: array<mat4x4<f32>, 2u * VECTORS>;
  // The first query that sees a key of these, in blocks of four.
  let start = (row - min(row, params.reach)) / 4u * 4u;
  for (var query = start; query < params.queries; query += 4u) {
    let at = rowsAt(item.x, query, params.queries, params.qStrides.w);
    let g = rowsAt(flow, query, params.queries, params.yStrides.w) * params.vectors;
    let kept = keptRow(z, query) + row / 4u;
    // Blocks whose columns are queries. A loop keeps the code short, and the time to compile it.
    var p = array<mat4x4<f32>, 2>();
    var ds = array<mat4x4<f32>, 2>();
    for (var r = 0u; r < 4u; r++) {
      p[0][r] = weights[kept + r * pitch];
      p[1][r] = weights[kept + r * pitch + 1u];
      ds[0][r] = changes[kept + r * pitch];
      ds[1][r] = changes[kept + r * pitch + 1u];
    }
    let p0 = transpose(p[0]);
    let p1 = transpose(p[1]);
    let ds0 = transpose(ds[0]);
    let ds1 = transpose(ds[1]);
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
    for (var r = 0u; r < min(8u, params.keys - row); r++) {
      let at = base + (row + r) * params.dkStrides.w + d;
      gradients[params.gradientOffsets.y + at] = changeSums[2u * d + r / 4u][r % 4u];
      gradients[params.gradientOffsets.z + at] = valueSums[2u * d + r / 4u][r % 4u];
    }
  }
}
