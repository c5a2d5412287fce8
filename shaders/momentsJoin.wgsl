// Mean and variance of sets of elements from those of their parts (channelMoments.wgsl):
//
//   μ = Σ nₚ μₚ / Σ nₚ,  σ² = Σ nₚ (σₚ² + (μₚ − μ)²) / Σ nₚ
//
// A set is a group of neighbouring channels of one item, or of all items (POOLED). What is found is
// written for each channel of the group: mean and variance are [items or 1, channels].
//
// `threads`: a thread per set, for software adapters. `groups`: a workgroup per set.
// The host's prelude has parts/channelWalk.wgsl with its bool CHANNELS_FIRST, parts/overGroup.wgsl,
// and the bool POOLED.

struct Params {
  sizes: vec4<u32>,  // items, length, channels, splits; positions in Values, channels in elements
  chunk: u32,
  width: u32,        // channels of a group
}

@group(0) @binding(0) var<storage, read> moments: array<f32>;  // [2, splits, items, channels]
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;
@group(0) @binding(16) var<uniform> params: Params;

struct Group {
  item: u32,
  channel: u32,  // its first
  items: u32,
  parts: u32,
}

fn setCount() -> u32 {
  return select(params.sizes.x, 1u, POOLED) * (params.sizes.z / params.width);
}

fn groupOf(index: u32) -> Group {
  let groups = params.sizes.z / params.width;
  let items = select(1u, params.sizes.x, POOLED);
  let channel = (index % groups) * params.width;
  return Group(index / groups, channel, items, items * params.sizes.w * params.width);
}

// Index of a part's mean, and its weight.
struct Part {
  at: u32,
  weight: f32,
}

fn partOf(group: Group, index: u32) -> Part {
  let row = index / params.width;
  let split = row % params.sizes.w;
  let item = group.item + row / params.sizes.w;
  let channel = group.channel + index % params.width;
  let at = (split * params.sizes.x + item) * params.sizes.z + channel;
  let all = f32(group.items * params.width) * f32(params.sizes.y);
  return Part(at, f32(countOf(split)) / all);
}

fn meanShare(group: Group, first: u32, step: u32, shift: f32) -> f32 {
  var sum = 0.0;
  for (var i = first; i < group.parts; i += step) {
    let part = partOf(group, i);
    sum += part.weight * (moments[part.at] - shift);
  }
  return sum;
}

fn varianceShare(group: Group, first: u32, step: u32, mu: f32) -> f32 {
  let variances = params.sizes.x * params.sizes.z * params.sizes.w;
  var sum = 0.0;
  for (var i = first; i < group.parts; i += step) {
    let part = partOf(group, i);
    let d = moments[part.at] - mu;
    sum += part.weight * (moments[variances + part.at] + d * d);
  }
  return sum;
}

fn store(group: Group, first: u32, step: u32, mu: f32, spread: f32) {
  for (var c = first; c < params.width; c += step) {
    let at = group.item * params.sizes.z + group.channel + c;
    mean[at] = mu;
    variance[at] = spread;
  }
}

@compute @workgroup_size(64)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  if (index >= setCount()) { return; }
  let group = groupOf(index);
  let shift = moments[partOf(group, 0u).at];
  let mu = shift + meanShare(group, 0u, 1u, shift);
  store(group, 0u, 1u, mu, varianceShare(group, 0u, 1u, mu));
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let index = id.x + id.y * grid.x;
  if (index >= setCount()) { return; }
  let group = groupOf(index);
  let shift = moments[partOf(group, 0u).at];
  let mu = shift + sumOverGroup(thread, meanShare(group, thread, 64u, shift));
  let spread = sumOverGroup(thread, varianceShare(group, thread, 64u, mu));
  store(group, thread, 64u, mu, spread);
}
