// The filter gradient of a depthwise convolution:
//
//   dw[t, c·M + m] = Σ over n, o of x[n, o·stride − before + t·dilation, c] · dy[n, o, c·M + m]
//
// A thread per tap, output channel and split; the sum runs over the split's lines of output in
// order.

struct Params {
  input: vec4<i32>,       // batch, depth, height, width
  output: vec4<i32>,
  kernel: vec4<i32>,      // _, then three axes each
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  channels: u32,          // of the input
  multiplier: u32,
  xOffset: u32,
  dyOffset: u32,
  splits: u32,
  chunk: u32,             // lines of output per split
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let wide = params.channels * params.multiplier;
  let taps = u32(params.kernel.y * params.kernel.z * params.kernel.w);
  if (index >= wide * taps * params.splits) { return; }
  let channel = index % wide;
  let tap = i32((index / wide) % taps);
  let split = index / (wide * taps);
  let kx = tap % params.kernel.w;
  let ky = (tap / params.kernel.w) % params.kernel.z;
  let kz = tap / (params.kernel.w * params.kernel.z);
  let lines = params.output.x * params.output.y * params.output.z;
  let end = min(lines, i32((split + 1u) * params.chunk));
  var total = 0.0;
  for (var line = i32(split * params.chunk); line < end; line++) {
    let oy = line % params.output.z;
    let oz = (line / params.output.z) % params.output.y;
    let item = line / (params.output.z * params.output.y);
    let iz = oz * params.stride.y - params.before.y + kz * params.dilation.y;
    let iy = oy * params.stride.z - params.before.z + ky * params.dilation.z;
    if (iz < 0 || iz >= params.input.y || iy < 0 || iy >= params.input.z) { continue; }
    let start = ((item * params.input.y + iz) * params.input.z + iy) * params.input.w;
    for (var ox = 0; ox < params.output.w; ox++) {
      let ix = ox * params.stride.w - params.before.w + kx * params.dilation.w;
      if (ix < 0 || ix >= params.input.w) { continue; }
      let xAt = params.xOffset + u32(start + ix) * params.channels + channel / params.multiplier;
      let dyAt = params.dyOffset + u32(line * params.output.w + ox) * wide + channel;
      total += x[xAt] * dy[dyAt];
    }
  }
  dw[index] = total;
}
