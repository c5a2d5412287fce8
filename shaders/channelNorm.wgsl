// Applies a channel norm: y = (x − mean) · scale / √(variance + ε) + offset, with mean and variance
// by channel, or by item and channel, and scale and offset by channel.
//
// The host's prelude is parts/channelWalk.wgsl, the bool CHANNELS_FIRST, `alias Value` (f32, or
// vec4<f32>: four channels, or with CHANNELS_FIRST four positions) and `alias Statistic` (Value, or
// f32 for four positions).

struct Params {
  sizes: vec4<u32>,    // items, length, channels, splits; in Values
  chunk: u32,
  xOffset: u32,
  statisticStep: u32,  // from one item's statistics to the next's: channels, or 0
  scaleStep: u32,      // 0 where one scale serves all
  offsetStep: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> scale: array<Statistic>;
@group(0) @binding(2) var<storage, read> offset: array<Statistic>;
@group(0) @binding(3) var<storage, read> mean: array<Statistic>;
@group(0) @binding(4) var<storage, read> variance: array<Statistic>;
@group(0) @binding(5) var<storage, read_write> y: array<Value>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let thread = id.x + id.y * grid.x * 64u;
  if (thread >= threadCount()) { return; }
  let walk = walkOf(thread);
  let channel = walk.channel;
  let at = walk.item * params.statisticStep + channel;
  let mu = mean[at];
  let slope = inverseSqrt(variance[at] + params.epsilon) * scale[channel * params.scaleStep];
  let shift = offset[channel * params.offsetStep];
  var i = walk.at;
  for (var n = 0u; n < walk.count; n++) {
    y[i] = (x[params.xOffset + i] - mu) * slope + shift;
    i += walk.step;
  }
}
