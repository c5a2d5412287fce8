// Part of conv.wgsl and convTiled.wgsl: which pixel a row of the product is, which taps it meets,
// and where these read. Vectors of four hold the batch item (or nothing), then depth, height and
// width.

struct Taps {
  first: vec4<i32>,
  step: vec4<i32>,
  counts: vec4<i32>,
  count: i32,
}

fn phaseOf(index: i32) -> vec4<i32> {
  let x = index % params.phases.w;
  let rest = index / params.phases.w;
  return vec4<i32>(0, rest / params.phases.z, rest % params.phases.z, x);
}

// Pixels of a phase along each axis.
fn sizesOf(phase: vec4<i32>) -> vec4<i32> {
  let sizes = (params.result - phase + params.phases - vec4<i32>(1)) / params.phases;
  return vec4<i32>(params.result.x, sizes.y, sizes.z, sizes.w);
}

fn rowsOf(phase: vec4<i32>) -> i32 {
  let sizes = sizesOf(phase);
  return sizes.x * sizes.y * sizes.z * sizes.w;
}

// A row's pixel; its first component is -1 behind the last row.
fn pixelOf(row: i32, phase: vec4<i32>) -> vec4<i32> {
  let sizes = sizesOf(phase);
  let x = row % sizes.w;
  let lines = row / sizes.w;
  let y = lines % sizes.z;
  let planes = lines / sizes.z;
  let z = planes % sizes.y;
  let item = planes / sizes.y;
  let place = vec4<i32>(0, z, y, x) * params.phases + phase;
  return vec4<i32>(select(item, -1, item >= sizes.x), place.y, place.z, place.w);
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
  var taps = Taps(vec4<i32>(), vec4<i32>(1), params.kernel, 0);
  if (INPUT_GRADIENT) {
    let start = phase + params.before;
    let z = axisTaps(start.y, params.kernel.y, params.dilation.y, params.stride.y);
    let y = axisTaps(start.z, params.kernel.z, params.dilation.z, params.stride.z);
    let x = axisTaps(start.w, params.kernel.w, params.dilation.w, params.stride.w);
    taps.first = vec4<i32>(0, z.x, y.x, x.x);
    taps.step = vec4<i32>(0, z.y, y.y, x.y);
    taps.counts = vec4<i32>(0, z.z, y.z, x.z);
  }
  taps.count = taps.counts.y * taps.counts.z * taps.counts.w;
  return taps;
}

fn tapOf(taps: Taps, index: i32) -> vec4<i32> {
  let x = index % taps.counts.w;
  let lines = index / taps.counts.w;
  let place = vec4<i32>(0, lines / taps.counts.z, lines % taps.counts.z, x);
  return taps.first + place * taps.step;
}

fn flatten(place: vec4<i32>, sizes: vec4<i32>) -> i32 {
  return ((place.x * sizes.y + place.y) * sizes.z + place.z) * sizes.w + place.w;
}

// The place in source that a pixel reads through a tap, or -1 outside.
fn placeOf(pixel: vec4<i32>, tap: vec4<i32>) -> i32 {
  var reach = pixel * params.stride - params.before + tap * params.dilation;
  var at = reach;
  if (INPUT_GRADIENT) {
    reach = pixel + params.before - tap * params.dilation;
    at = reach / params.stride;
  }
  // Without short-circuits: SwiftShader compiles a branch for each, in time that grows
  // exponentially.
  reach.x = pixel.x;
  at.x = 0;
  let isInside = all((reach >= vec4<i32>()) & (at < vec4<i32>(1, params.source.yzw)));
  at.x = pixel.x;
  return select(-1, flatten(at, params.source), isInside);
}
