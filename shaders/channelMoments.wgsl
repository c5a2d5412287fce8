// Mean and variance of each channel of x, split by split; momentsJoin.wgsl brings them together.
//
// Differences are taken to a shift near the mean, the mean of the first few elements, so that
// neither a large mean nor a single outlier costs digits:
// μ = s + mean(x − s), σ² = mean((x − s)²) − mean(x − s)².
//
// The host's prelude is parts/channelWalk.wgsl, the bool CHANNELS_FIRST, `alias Value` (f32, or
// vec4<f32>: four channels, or with CHANNELS_FIRST four positions), `alias Total` (Value, or f32
// for four positions) and `fn average(v: Value) -> Total`.

struct Params {
  sizes: vec4<u32>,  // items, length, channels, splits; in Values
  chunk: u32,
  xOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> moments: array<Total>;  // all means, all variances
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let thread = id.x + id.y * grid.x * 64u;
  if (thread >= threadCount()) { return; }
  let walk = walkOf(thread);
  var at = params.xOffset + walk.at;
  var head = Value();
  let few = min(walk.count, 8u);
  for (var i = 0u; i < few; i++) { head += x[at + i * walk.step]; }
  let shift = average(head) / f32(few);
  var sums = Value();
  var squares = Value();
  for (var i = 0u; i < walk.count; i++) {
    let d = x[at] - shift;
    sums += d;
    squares += d * d;
    at += walk.step;
  }
  let drift = average(sums) / f32(walk.count);
  let result = partialOf(walk);
  moments[result] = shift + drift;
  moments[threadCount() + result] =
    max(average(squares) / f32(walk.count) - drift * drift, Total());
}
