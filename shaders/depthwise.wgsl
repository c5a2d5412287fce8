// Depthwise convolution and its input gradient over channels-last tensors. Each input channel c has
// `multiplier` output channels c·multiplier + m:
//
//   y[n, o, c·M + m] = Σ_t x[n, o·stride − before + t·dilation, c] · w[t, c·M + m] + bias
//   dx[n, i, c] = Σ_{t, m} dy[n, (i + before − t·dilation) / stride, c·M + m] · w[t, c·M + m]
//
// A thread makes four pixels of one Value: four channels where the multiplier is 1 and channels
// come in fours, else one. Neighbouring threads have neighbouring channels.
//
// The host's prelude declares `alias Value` (f32 or vec4<f32>), LANES (1 or 4), `fn epilogue`, the
// bools INPUT_GRADIENT, BIAS and SINGLE (the multiplier is 1), and follows with convPlace.wgsl.

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
  rowBlocks: u32,         // per phase
}

@group(0) @binding(0) var<storage, read> source: array<Value>;
@group(0) @binding(1) var<storage, read> w: array<Value>;
@group(0) @binding(2) var<storage, read> bias: array<Value>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;
@group(0) @binding(16) var<uniform> params: Params;

// What a pixel of source gives to a channel of the result; zero outside.
fn term(place: i32, channel: u32, line: u32) -> Value {
  let pixel = u32(max(place, 0));
  var total = Value();
  if (SINGLE) {
    total = source[params.sourceOffset + pixel * params.channels + channel] * w[line + channel];
  } else if (INPUT_GRADIENT) {
    let wide = params.channels * params.multiplier;
    let start = params.sourceOffset + pixel * wide;
    for (var m = 0u; m < params.multiplier; m++) {
      let out = channel * params.multiplier + m;
      total += source[start + out] * w[line + out];
    }
  } else {
    let at = params.sourceOffset + pixel * params.channels + channel / params.multiplier;
    total = source[at] * w[line + channel];
  }
  return select(Value(), total, place >= 0);
}

fn store(at: vec4<i32>, phase: vec4<i32>, channel: u32, width: u32, sum: Value) {
  if (at.x >= params.result.x) { return; }
  var v = sum;
  if (BIAS) { v += bias[params.biasOffset + channel]; }
  let place = resultAt(at, phase) * width + channel;
  y[place] = epilogue(place * LANES, v);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let wide = params.channels * params.multiplier;
  let width = select(wide, params.channels, INPUT_GRADIENT);
  let channel = index % width;
  let rest = index / width;
  let slice = i32(rest / params.rowBlocks);
  if (slice >= countOf(params.phases)) { return; }
  let phase = phaseOf(slice);
  let sizes = sizesOf(phase);
  let p0 = placeIn(sizes, i32(rest % params.rowBlocks) * 4);
  if (p0.x >= sizes.x) { return; }
  let p1 = nextIn(sizes, p0);
  let p2 = nextIn(sizes, p1);
  let p3 = nextIn(sizes, p2);
  let taps = tapsOf(phase);
  let count = countOf(taps.counts);
  var s0 = Value();
  var s1 = Value();
  var s2 = Value();
  var s3 = Value();
  var place = vec4<i32>();
  for (var t = 0; t < count; t++) {
    let tap = tapAt(taps, place);
    place = nextIn(taps.counts, place);
    let shift = shiftOf(tap, phase);
    let line = params.wOffset + tapNumber(tap) * wide;
    s0 += term(sourceAt(p0, shift), channel, line);
    s1 += term(sourceAt(p1, shift), channel, line);
    s2 += term(sourceAt(p2, shift), channel, line);
    s3 += term(sourceAt(p3, shift), channel, line);
  }
  store(p0, phase, channel, width, s0);
  store(p1, phase, channel, width, s1);
  store(p2, phase, channel, width, s2);
  store(p3, phase, channel, width, s3);
}
