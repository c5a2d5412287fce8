// Part of conv.wgsl, convTiled.wgsl and depthwise.wgsl: which pixel a row of the product is, which
// taps it meets, and where these read. Vectors of four hold the batch item (or nothing), then
// depth, height and width.
//
// A pixel of the result is at·phases + phase, `at` being its place in the phase. It reads source at
//
//   at·stride + (tap·dilation − before)            forward
//   at + (phase + before − tap·dilation) / stride  input gradient, for taps without a remainder

struct Taps {
  first: vec4<i32>,
  step: vec4<i32>,
  counts: vec4<i32>,
}

fn phaseOf(index: i32) -> vec4<i32> {
  let x = index % params.phases.w;
  let rest = index / params.phases.w;
  return vec4<i32>(0, rest / params.phases.z, rest % params.phases.z, x);
}

// Pixels of a phase along each axis.
fn sizesOf(phase: vec4<i32>) -> vec4<i32> {
  return (params.result - phase + params.phases - vec4<i32>(1)) / params.phases;
}

// A place by its number in row-major order; its item is at least sizes.x behind the last.
fn placeIn(sizes: vec4<i32>, number: i32) -> vec4<i32> {
  let lines = number / sizes.w;
  let planes = lines / sizes.z;
  return vec4<i32>(planes / sizes.y, planes % sizes.y, lines % sizes.z, number % sizes.w);
}

// The place after `at`. Integer division is slow, on software adapters above all.
fn nextIn(sizes: vec4<i32>, at: vec4<i32>) -> vec4<i32> {
  let x = at.w + 1;
  let y = at.z + select(0, 1, x >= sizes.w);
  let z = at.y + select(0, 1, y >= sizes.z);
  let item = at.x + select(0, 1, z >= sizes.y);
  let next = vec4<i32>(item, z, y, x);
  return select(next, vec4<i32>(), vec4<bool>(false, z >= sizes.y, y >= sizes.z, x >= sizes.w));
}

// The taps of one axis that a phase meets: those with remainder 0.
fn axisTaps(start: i32, length: i32, dilation: i32, stride: i32) -> vec3<i32> {
  var found = vec3<i32>(0, 1, 0);  // first, step, count
  for (var k = 0; k < length; k++) {
    if ((start - k * dilation) % stride == 0) {
      if (found.z == 0) { found.x = k; }
      if (found.z == 1) { found.y = k - found.x; }
      found.z++;
    }
  }
  return found;
}

fn tapsOf(phase: vec4<i32>) -> Taps {
  var taps = Taps(vec4<i32>(), vec4<i32>(1), params.kernel);
  if (INPUT_GRADIENT) {
    let start = phase + params.before;
    let z = axisTaps(start.y, params.kernel.y, params.dilation.y, params.stride.y);
    let y = axisTaps(start.z, params.kernel.z, params.dilation.z, params.stride.z);
    let x = axisTaps(start.w, params.kernel.w, params.dilation.w, params.stride.w);
    taps.first = vec4<i32>(0, z.x, y.x, x.x);
    taps.step = vec4<i32>(0, z.y, y.y, x.y);
    taps.counts = vec4<i32>(1, z.z, y.z, x.z);
  }
  return taps;
}

fn countOf(sizes: vec4<i32>) -> i32 {
  return sizes.y * sizes.z * sizes.w;
}

fn tapAt(taps: Taps, place: vec4<i32>) -> vec4<i32> {
  return taps.first + vec4<i32>(0, place.yzw) * taps.step;
}

fn tapNumber(tap: vec4<i32>) -> u32 {
  return u32((tap.y * params.kernel.z + tap.z) * params.kernel.w + tap.w);
}

// How far a tap reads from a pixel's place.
fn shiftOf(tap: vec4<i32>, phase: vec4<i32>) -> vec4<i32> {
  var shift = tap * params.dilation - params.before;
  if (INPUT_GRADIENT) { shift = (phase - shift) / params.stride; }
  shift.x = 0;
  return shift;
}

fn flatten(place: vec4<i32>, sizes: vec4<i32>) -> i32 {
  return ((place.x * sizes.y + place.y) * sizes.z + place.z) * sizes.w + place.w;
}

// The pixel of source that a pixel reads through a tap's shift, or -1 outside.
fn sourceAt(at: vec4<i32>, shift: vec4<i32>) -> i32 {
  var place = at + shift;
  if (!INPUT_GRADIENT) { place = at * params.stride + shift; }
  // Without short-circuits: SwiftShader compiles a branch for each, in time that grows
  // exponentially.
  let isInside = all((place >= vec4<i32>()) & (place < params.source));
  return select(-1, flatten(place, params.source), isInside);
}

fn resultAt(at: vec4<i32>, phase: vec4<i32>) -> u32 {
  return u32(flatten(at * params.phases + phase, params.result));
}
