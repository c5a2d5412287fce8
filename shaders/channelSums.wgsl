// Sums for the gradients of norms, by channel and split by split: Σ dy and Σ dy · x̂ with
// x̂ = (x − mean) · r. The splits are then added by a reduction.
//
// The statistics belong to channels, or (PER_POSITION, for layer norm) to positions. The host's
// prelude is parts/channelWalk.wgsl, the bools CHANNELS_FIRST, PER_POSITION and CENTERED (false
// where the mean is 0), `alias Value` (f32, or vec4<f32>: four channels, or with CHANNELS_FIRST
// four positions), `alias Statistic` (f32 or Value), `alias Total` (Value, or f32 for four
// positions), `fn total(v: Value) -> Total`, and `fn scaleOf(s: Statistic) -> Statistic`, which
// makes r of what `spread` holds.

struct Params {
  sizes: vec4<u32>,    // items, length, channels, splits; in Values
  chunk: u32,
  xOffset: u32,
  dyOffset: u32,
  statisticStep: u32,  // from one item's statistics to the next's: channels, or 0
  spreadOffset: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read> mean: array<Statistic>;
@group(0) @binding(3) var<storage, read> spread: array<Statistic>;
@group(0) @binding(4) var<storage, read_write> sums: array<Total>;  // all Σ dy, all Σ dy · x̂
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let thread = id.x + id.y * grid.x * 64u;
  if (thread >= threadCount()) { return; }
  let walk = walkOf(thread);
  var place = walk.item * params.statisticStep + walk.channel;
  if (PER_POSITION) { place = walk.split * params.chunk; }
  var mu = Statistic();
  if (CENTERED) { mu = mean[place]; }
  var r = scaleOf(spread[params.spreadOffset + place]);
  var first = Value();
  var second = Value();
  var i = walk.at;
  for (var n = 0u; n < walk.count; n++) {
    if (PER_POSITION) {
      if (CENTERED) { mu = mean[place + n]; }
      r = scaleOf(spread[params.spreadOffset + place + n]);
    }
    let g = dy[params.dyOffset + i];
    first += g;
    second += g * ((x[params.xOffset + i] - mu) * r);
    i += walk.step;
  }
  let result = partialOf(walk);
  sums[result] = total(first);
  sums[threadCount() + result] = total(second);
}
