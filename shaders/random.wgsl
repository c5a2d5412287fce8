// Random numbers by Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
// 3"): counter (i / 4, stream, 0, 0) and key (seed) give four words, one per element.
//
// `dropout` multiplies x by the mask of its numbers: y = x / (1 − rate) where u ≥ rate, else 0.
// The host's prelude declares `alias Scalar`, the type of x in memory, `alias Out`, that of y, and
// `fn convert(word: u32) -> Out`, which may use params.p and params.q.

struct Params {
  size: u32,
  seedLow: u32,
  seedHigh: u32,
  streamLow: u32,
  streamHigh: u32,
  offset: u32,
  p: f32,
  q: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read_write> y: array<Out>;
@group(0) @binding(16) var<uniform> params: Params;

// High and low words of a · b, from 16-bit halves.
fn multiplyWide(a: u32, b: u32) -> vec2<u32> {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2<u32>((a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u), a * b);
}

fn philox(start: vec4<u32>) -> vec4<u32> {
  var c = start;
  var key = vec2<u32>(params.seedLow, params.seedHigh);
  for (var round = 0u; round < 10u; round++) {
    let first = multiplyWide(0xD2511F53u, c.x);
    let second = multiplyWide(0xCD9E8D57u, c.z);
    c = vec4<u32>(second.x ^ c.y ^ key.x, second.y, first.x ^ c.w ^ key.y, first.y);
    key += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
  }
  return c;
}

// In [0, 1), with 24 bits.
fn uniformOf(word: u32) -> f32 {
  return f32(word >> 8u) * 5.9604644775390625e-8;
}

// The standard normal quantile (Acklam's rational approximation, relative error below 1.2e-9).
fn quantile(u: f32) -> f32 {
  let tail = min(u, 1.0 - u);
  if (tail < 0.02425) {
    let q = sqrt(-2.0 * log(tail));
    let top = ((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q
      - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783;
    let bottom = (((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q
      + 3.754408661907416) * q + 1.0;
    return select(-top / bottom, top / bottom, u < 0.5);
  }
  let q = u - 0.5;
  let r = q * q;
  let top = (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r
    + 138.3577518672690) * r - 30.66479806614716) * r + 2.506628277459239) * q;
  let bottom = ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r
    + 66.80131188771972) * r - 13.28068155288572) * r + 1.0;
  return top / bottom;
}

// In (0, 1): never where the quantile is infinite.
fn openUniformOf(word: u32) -> f32 {
  return (f32(word >> 9u) + 0.5) * 1.1920928955078125e-7;
}

@compute @workgroup_size(64)
fn fill(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let i = id.x + id.y * grid.x * 64u;
  if (i * 4u >= params.size) { return; }
  let words = philox(vec4<u32>(i, 0u, params.streamLow, params.streamHigh));
  for (var lane = 0u; lane < 4u; lane++) {
    if (i * 4u + lane < params.size) { y[i * 4u + lane] = convert(words[lane]); }
  }
}

@compute @workgroup_size(64)
fn dropout(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let i = id.x + id.y * grid.x * 64u;
  if (i * 4u >= params.size) { return; }
  let words = philox(vec4<u32>(i, 0u, params.streamLow, params.streamHigh));
  for (var lane = 0u; lane < 4u; lane++) {
    let at = i * 4u + lane;
    if (at < params.size) {
      let kept = uniformOf(words[lane]) >= params.p;
      y[at] = Out(select(0.0, f32(x[params.offset + at]) / (1.0 - params.p), kept));
    }
  }
}
