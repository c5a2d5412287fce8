// attention.wgsl for training on software adapters: it keeps the weights for the gradients, which
// saves them both products of the scores.
//
//   sᵢⱼ = scale · qᵢ·kⱼ + biasᵢⱼ   pᵢⱼ = exp(sᵢⱼ − lseᵢ)   yᵢ = Σⱼ pᵢⱼ vⱼ
//
// 8 queries per thread and 8 keys per step. weights is [batch, queries, keys] with rows and columns
// filled up to multiples of 8 by zeros; what no query of a thread sees is not written. Params,
// blocks and the prelude are those of attention.wgsl.

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
@group(0) @binding(5) var<storage, read_write> weights: array<vec4<f32>>;
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

fn largest(v: vec4<f32>) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

fn sumOf(v: vec4<f32>) -> f32 { return (v.x + v.y) + (v.z + v.w); }

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
  let pitch = keptPitch();
  let kept = keptRow(z, row);
  var tops = array<f32, 8>();
  var totals = array<f32, 8>();
  for (var r = 0u; r < 8u; r++) { tops[r] = FORBIDDEN; }
  let end = min(params.keys, row + 8u + params.reach);
  for (var key = 0u; key < end; key += 8u) {
    let k0 = rowsAt(item.y, key, params.keys, params.kStrides.w);
    let k1 = rowsAt(item.y, key + 4u, params.keys, params.kStrides.w);
    var s00 = mat4x4<f32>();
    var s01 = mat4x4<f32>();
    var s10 = mat4x4<f32>();
    var s11 = mat4x4<f32>();
    for (var d = 0u; d < params.vectors; d++) {
      let a0 = queriesAt(q0, d);
      let a1 = queriesAt(q1, d);
      let b0 = transpose(keysAt(k0, d));
      let b1 = transpose(keysAt(k1, d));
      s00 += b0 * a0;
      s01 += b1 * a0;
      s10 += b0 * a1;
      s11 += b1 * a1;
    }
    // Loops over queries keep the code short, and with it the time to compile it.
    var scores = array<mat4x4<f32>, 4>(s00, s10, s01, s11);
    for (var r = 0u; r < 8u; r++) {
      let left = scoresOfQuery(scores[r / 4u][r % 4u], row + r, key, item.w);
      let right = scoresOfQuery(scores[2u + r / 4u][r % 4u], row + r, key + 4u, item.w);
      let top = tops[r];
      let next = max(top, max(largest(left), largest(right)));
      let nexts = vec4<f32>(next);
      totals[r] = totals[r] * exp(top - next)
        + sumOf(weightsOf(left, nexts) + weightsOf(right, nexts));
      tops[r] = next;
      let at = kept + r * pitch + key / 4u;
      weights[at] = left;
      weights[at + 1u] = right;
    }
  }
  for (var r = 0u; r < 8u; r++) {
    let total = totals[r];
    tops[r] = select(tops[r] + log(total), 0.0, total == 0.0);  // lse
  }
  var o: array<mat4x4<f32>, 2u * VECTORS>;
  for (var key = 0u; key < end; key += 8u) {
    var p = array<mat4x4<f32>, 4>();
    for (var r = 0u; r < 8u; r++) {
      let at = kept + r * pitch + key / 4u;
      let lse = vec4<f32>(tops[r]);
      let left = weightsOf(weights[at], lse);
      let right = weightsOf(weights[at + 1u], lse);
      weights[at] = left;
      weights[at + 1u] = right;
      p[r / 4u][r % 4u] = left;
      p[2u + r / 4u][r % 4u] = right;
    }
    let v0 = rowsAt(item.z, key, params.keys, params.vStrides.w);
    let v1 = rowsAt(item.z, key + 4u, params.keys, params.vStrides.w);
    for (var d = 0u; d < params.vectors; d++) {
      let b0 = valuesAt(v0, d);
      let b1 = valuesAt(v1, d);
      o[2u * d] += b0 * p[0] + b1 * p[2];
      o[2u * d + 1u] += b0 * p[1] + b1 * p[3];
    }
  }
  let base = startOf(z, params.yStrides);
  for (var d = 0u; d < params.vectors; d++) {
    for (var r = 0u; r < 8u; r++) { storeRow(base, row + r, d, o[2u * d + r / 4u][r % 4u]); }
  }
}
