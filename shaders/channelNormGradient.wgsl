// Input gradient of a channel norm whose mean and variance came from x:
//
//   dx = r · (scale · dy − mean(g) − x̂ · mean(g · x̂)),  g = scale · dy,  x̂ = (x − mean) · r
//
// with r = 1 / √(variance + ε) and means over all elements that share a mean and variance.
//
// The host's prelude is parts/channelWalk.wgsl, the bool CHANNELS_FIRST, `alias Value` (f32, or
// vec4<f32>: four channels, or with CHANNELS_FIRST four positions) and `alias Statistic` (Value, or
// f32 for four positions).

struct Params {
  sizes: vec4<u32>,    // items, length, channels, splits; in Values
  chunk: u32,
  xOffset: u32,
  dyOffset: u32,
  statisticStep: u32,  // from one item's statistics to the next's: channels, or 0
  sumsStep: u32,       // from the sums of g to those of g · x̂
  scaleStep: u32,      // 0 where one scale serves all
  reciprocal: f32,     // 1 / elements that share a mean
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read> scale: array<Statistic>;
@group(0) @binding(3) var<storage, read> mean: array<Statistic>;
@group(0) @binding(4) var<storage, read> variance: array<Statistic>;
@group(0) @binding(5) var<storage, read> sums: array<Statistic>;  // all Σ g, all Σ g · x̂
@group(0) @binding(6) var<storage, read_write> dx: array<Value>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let thread = id.x + id.y * grid.x * 64u;
  if (thread >= threadCount()) { return; }
  let walk = walkOf(thread);
  let at = walk.item * params.statisticStep + walk.channel;
  let mu = mean[at];
  let r = inverseSqrt(variance[at] + params.epsilon);
  let slope = scale[walk.channel * params.scaleStep];
  let pull = sums[at] * params.reciprocal;
  let tilt = sums[params.sumsStep + at] * params.reciprocal * r;
  var i = walk.at;
  for (var n = 0u; n < walk.count; n++) {
    let g = dy[params.dyOffset + i];
    dx[i] = (g * slope - pull - (x[params.xOffset + i] - mu) * tilt) * r;
    i += walk.step;
  }
}
