// Sums for the gradients of norms, by channel and split by split: Σ dy and Σ dy · x̂ with
// x̂ = (x − mean) / √(variance + ε). The splits are then added by a reduction.
//
// The host's prelude is parts/channelWalk.wgsl, the bool CHANNELS_FIRST, `alias Value` (f32, or
// vec4<f32>: four channels, or with CHANNELS_FIRST four positions), `alias Statistic` and
// `alias Total` (Value, or f32 for four positions), and `fn total(v: Value) -> Total`.

struct Params {
  sizes: vec4<u32>,    // items, length, channels, splits; in Values
  chunk: u32,
  xOffset: u32,
  dyOffset: u32,
  statisticStep: u32,  // from one item's statistics to the next's: channels, or 0
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read> mean: array<Statistic>;
@group(0) @binding(3) var<storage, read> variance: array<Statistic>;
@group(0) @binding(4) var<storage, read_write> sums: array<Total>;  // all Σ dy, all Σ dy · x̂
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let thread = id.x + id.y * grid.x * 64u;
  if (thread >= threadCount()) { return; }
  let walk = walkOf(thread);
  let place = walk.item * params.statisticStep + walk.channel;
  let mu = mean[place];
  let r = inverseSqrt(variance[place] + params.epsilon);
  var first = Value();
  var second = Value();
  var i = walk.at;
  for (var n = 0u; n < walk.count; n++) {
    let g = dy[params.dyOffset + i];
    first += g;
    second += g * ((x[params.xOffset + i] - mu) * r);
    i += walk.step;
  }
  let result = partialOf(walk);
  sums[result] = total(first);
  sums[threadCount() + result] = total(second);
}
