// Depthwise convolution and its input gradient over channels-last tensors. Each input channel c has
// `multiplier` output channels c·multiplier + m:
//
//   y[n, o, c·M + m] = Σ_t x[n, o·stride − before + t·dilation, c] · w[t, c·M + m] + bias
//   dx[n, i, c] = Σ_{t, m} dy[n, (i + before − t·dilation) / stride, c·M + m] · w[t, c·M + m]
//
// A thread makes one pixel of one Value: four channels where the multiplier is 1 and channels come
// in fours, else one. Neighbouring threads have neighbouring channels.
//
// The host's prelude declares `alias Value` (f32 or vec4<f32>), the bools INPUT_GRADIENT and BIAS,
// and follows with convPlace.wgsl.

struct Params {
  result: vec4<i32>,      // batch, depth, height, width
  source: vec4<i32>,
  kernel: vec4<i32>,      // _, then three axes each
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  phases: vec4<i32>,
  channels: u32,          // Values per input pixel
  multiplier: u32,
  sourceOffset: u32,      // in Values, like the other offsets
  wOffset: u32,
  biasOffset: u32,
}

@group(0) @binding(0) var<storage, read> source: array<Value>;
@group(0) @binding(1) var<storage, read> w: array<Value>;
@group(0) @binding(2) var<storage, read> bias: array<Value>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let wide = params.channels * params.multiplier;
  let width = select(wide, params.channels, INPUT_GRADIENT);
  let phase = phaseOf(i32(id.z));
  let row = i32(index / width);
  if (row >= rowsOf(phase)) { return; }
  let channel = index % width;
  let pixel = pixelOf(row, phase);
  let taps = tapsOf(phase);
  var total = Value();
  for (var t = 0; t < taps.count; t++) {
    let tap = tapOf(taps, t);
    let place = placeOf(pixel, tap);
    if (place < 0) { continue; }
    let number = u32((tap.y * params.kernel.z + tap.z) * params.kernel.w + tap.w);
    let line = params.wOffset + number * wide;
    if (INPUT_GRADIENT) {
      let start = params.sourceOffset + u32(place) * wide;
      for (var m = 0u; m < params.multiplier; m++) {
        let out = channel * params.multiplier + m;
        total += source[start + out] * w[line + out];
      }
    } else {
      let start = params.sourceOffset + u32(place) * params.channels;
      total += source[start + channel / params.multiplier] * w[line + channel];
    }
  }
  if (BIAS) { total += bias[params.biasOffset + channel]; }
  y[u32(flatten(pixel, params.result)) * width + channel] = total;
}
