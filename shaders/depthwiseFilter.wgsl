// The filter gradient of a depthwise convolution:
//
//   dw[t, c·M + m] = Σ over n, o of x[n, o·stride − before + t·dilation, c] · dy[n, o, c·M + m]
//
// A thread per tap, Value of output channels and split; it sums over the split's lines of output in
// order, and a sum adds the splits.
//
// The host's prelude declares `alias Value`: vec4<f32> where the multiplier is 1 and channels come
// in fours, else f32.

struct Params {
  input: vec4<i32>,       // batch, depth, height, width
  output: vec4<i32>,
  kernel: vec4<i32>,      // _, then three axes each
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  channels: u32,          // Values per input pixel
  multiplier: u32,
  xOffset: u32,           // in Values
  dyOffset: u32,
  splits: u32,
  chunk: u32,             // lines of output per split
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> dw: array<Value>;
@group(0) @binding(16) var<uniform> params: Params;

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
  // Pixels of a line that read inside the input: from low to below high.
  let s = params.stride.w;
  let left = kx * params.dilation.w - params.before.w;
  let low = max(0, (s - 1 - left) / s);
  let high = min(params.output.w, (params.input.w - left + s - 1) / s);
  let lines = params.output.x * params.output.y * params.output.z;
  let end = min(lines, i32((split + 1u) * params.chunk));
  let step = u32(s) * params.channels;
  var total = Value();
  for (var line = i32(split * params.chunk); line < end; line++) {
    let planes = line / params.output.z;
    let item = planes / params.output.y;
    let iz = (planes % params.output.y) * params.stride.y - params.before.y
      + kz * params.dilation.y;
    let iy = (line % params.output.z) * params.stride.z - params.before.z
      + ky * params.dilation.z;
    let at = vec2<i32>(iz, iy);
    if (!all((at >= vec2<i32>()) & (at < params.input.yz))) { continue; }
    let start = ((item * params.input.y + iz) * params.input.z + iy) * params.input.w;
    let pixel = u32(start + left + low * s);
    var xAt = params.xOffset + pixel * params.channels + channel / params.multiplier;
    var dyAt = params.dyOffset + u32(line * params.output.w + low) * wide + channel;
    for (var ox = low; ox < high; ox++) {
      total += x[xAt] * dy[dyAt];
      xAt += step;
      dyAt += wide;
    }
  }
  dw[index] = total;
}
