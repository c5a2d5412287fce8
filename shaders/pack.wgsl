// Copies up to six buffers into slices of one: gradients into their arena. Offsets and sizes are in
// vectors of four; thread i of the whole range finds its source by the starts.

struct Params {
  count: u32,
  starts: vec4<u32>,      // of sources 0 … 3 in the thread range
  startsMore: vec4<u32>,  // of sources 4, 5, then the end of the last
  targets: vec4<u32>,     // slices in y
  targetsMore: vec4<u32>,
  sizes: vec4<u32>,       // elements; what is behind them in a slice becomes 0
  sizesMore: vec4<u32>,
}

@group(0) @binding(0) var<storage, read> x0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> x2: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> x3: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> x4: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> x5: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(16) var<uniform> params: Params;

fn within(size: u32, at: u32, v: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(), v, vec4<u32>(at * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(size));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let i = id.x + id.y * grid.x * 64u;
  if (i >= params.count) { return; }
  if (i >= params.startsMore.y) {
    let at = i - params.startsMore.y;
    y[params.targetsMore.y + at] = within(params.sizesMore.y, at, x5[at]);
  } else if (i >= params.startsMore.x) {
    let at = i - params.startsMore.x;
    y[params.targetsMore.x + at] = within(params.sizesMore.x, at, x4[at]);
  } else if (i >= params.starts.w) {
    let at = i - params.starts.w;
    y[params.targets.w + at] = within(params.sizes.w, at, x3[at]);
  } else if (i >= params.starts.z) {
    let at = i - params.starts.z;
    y[params.targets.z + at] = within(params.sizes.z, at, x2[at]);
  } else if (i >= params.starts.y) {
    let at = i - params.starts.y;
    y[params.targets.y + at] = within(params.sizes.y, at, x1[at]);
  } else {
    let at = i - params.starts.x;
    y[params.targets.x + at] = within(params.sizes.x, at, x0[at]);
  }
}
