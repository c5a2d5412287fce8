// Resampling of channels-last volumes, and its adjoint. Along each axis, with ⌊⌋ and the fraction
// exact since all is in integers:
//
//   s(o) = (o·slope + shift) / divisor,  f = s − ⌊s⌋
//   y[o] = Σ over taps t of weight(t − f) · x[clamp(⌊s⌋ + t)]
//
// with t = 0 for the nearest element, 0 to 1 for linear and −1 to 2 for cubic interpolation (Keys
// 1981), whose weight for |d| is (a + 2)|d|³ − (a + 3)|d|² + 1 up to 1 and
// a(|d|³ − 5|d|² + 8|d| − 4) up to 2.
//
// `forward` reads x and makes y; `adjoint` reads what came for y and makes, element by element, the
// sum of what every result owes to it. A thread makes RUN Values of one pixel; neighbouring threads
// have neighbouring channels.
//
// The host's prelude declares `alias Value` (f32 or vec4<f32>) and `const RUN`, a divisor of the
// Values per pixel, and follows with volume.wgsl.

struct Params {
  input: vec4<i32>,       // batch, depth, height, width
  output: vec4<i32>,
  slope: vec4<i32>,
  shift: vec4<i32>,
  divisor: vec4<i32>,
  taps: vec4<i32>,        // 1, 2 or 4 per axis
  channels: u32,          // in Values, like offset
  offset: u32,
  cubic: f32,             // a
}

@group(0) @binding(0) var<storage, read> source: array<Value>;
@group(0) @binding(1) var<storage, read_write> result: array<Value>;
@group(0) @binding(16) var<uniform> params: Params;

// Where the taps of one axis begin, and the weights of up to four.
struct Taps {
  first: i32,
  weights: vec4<f32>,
}

fn tapsOf(o: i32, axis: u32) -> Taps {
  let divisor = params.divisor[axis];
  let at = o * params.slope[axis] + params.shift[axis];
  let low = (at - select(0, divisor - 1, at < 0)) / divisor;
  let f = f32(at - low * divisor) / f32(divisor);
  let count = params.taps[axis];
  if (count == 1) { return Taps(low, vec4<f32>(1.0, 0.0, 0.0, 0.0)); }
  if (count == 2) { return Taps(low, vec4<f32>(1.0 - f, f, 0.0, 0.0)); }
  let a = params.cubic;
  let near = vec2<f32>(f, 1.0 - f);
  let far = near + vec2<f32>(1.0);
  let inner = ((a + 2.0) * near - vec2<f32>(a + 3.0)) * near * near + vec2<f32>(1.0);
  let outer = a * (((far - vec2<f32>(5.0)) * far + vec2<f32>(8.0)) * far - vec2<f32>(4.0));
  return Taps(low - 1, vec4<f32>(outer.x, inner.x, inner.y, outer.y));
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>,
           @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let runs = params.channels / RUN;
  let c = params.offset + (index % runs) * RUN;
  let o = placeOf(i32(index / runs), params.output);
  if (o.x >= params.output.x) { return; }
  let z = tapsOf(o.y, 1u);
  let y = tapsOf(o.z, 2u);
  let x = tapsOf(o.w, 3u);
  let last = params.input - vec4<i32>(1);
  var totals: array<Value, RUN>;
  for (var i = 0; i < params.taps.y; i++) {
    let plane = clamp(z.first + i, 0, last.y);
    for (var j = 0; j < params.taps.z; j++) {
      let line = clamp(y.first + j, 0, last.z);
      let w = z.weights[i] * y.weights[j];
      for (var k = 0; k < params.taps.w; k++) {
        let place = vec4<i32>(o.x, plane, line, clamp(x.first + k, 0, last.w));
        let at = u32(flatten(place, params.input)) * params.channels + c;
        let weight = w * x.weights[k];
        for (var r = 0u; r < RUN; r++) { totals[r] += weight * source[at + r]; }
      }
    }
  }
  for (var r = 0u; r < RUN; r++) { result[index * RUN + r] = totals[r]; }
}

struct Readers {
  first: vec4<i32>,
  end: vec4<i32>,
}

// Results from `first` to before `end` whose taps may meet element i: those with
// i − (taps / 2) ≤ ⌊s⌋ ≤ i + (taps − 1) / 2, and at the ends all whose taps are clamped there.
fn readersOf(i: vec4<i32>) -> Readers {
  let one = vec4<i32>(1);
  let zero = vec4<i32>();
  let slope = max(params.slope, one);
  let low = (i - params.taps / 2) * params.divisor - params.shift;
  let high = (i + (params.taps + one) / 2) * params.divisor - params.shift;
  let first = min((max(low, zero) + slope - one) / slope, params.output);
  let end = min((max(high, zero) + slope - one) / slope, params.output);
  let isConstant = params.slope == zero;
  return Readers(
    select(first, zero, isConstant | (i == zero)),
    select(end, params.output, isConstant | (i == params.input - one)),
  );
}

// How much result o takes of element i along an axis.
fn shareOf(o: i32, i: i32, axis: u32) -> f32 {
  let taps = tapsOf(o, axis);
  let last = params.input[axis] - 1;
  let places = taps.first + vec4<i32>(0, 1, 2, 3);
  let isMet = clamp(places, vec4<i32>(), vec4<i32>(last)) == vec4<i32>(i);
  return dot(select(vec4<f32>(), taps.weights, isMet), vec4<f32>(1.0));
}

@compute @workgroup_size(64)
fn adjoint(@builtin(global_invocation_id) id: vec3<u32>,
           @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let runs = params.channels / RUN;
  let c = params.offset + (index % runs) * RUN;
  let i = placeOf(i32(index / runs), params.input);
  if (i.x >= params.input.x) { return; }
  let readers = readersOf(i);
  let first = readers.first;
  let end = readers.end;
  var totals: array<Value, RUN>;
  for (var z = first.y; z < end.y; z++) {
    let plane = shareOf(z, i.y, 1u);
    for (var y = first.z; y < end.z; y++) {
      let line = plane * shareOf(y, i.z, 2u);
      for (var x = first.w; x < end.w; x++) {
        let place = vec4<i32>(i.x, z, y, x);
        let at = u32(flatten(place, params.output)) * params.channels + c;
        let weight = line * shareOf(x, i.w, 3u);
        for (var r = 0u; r < RUN; r++) { totals[r] += weight * source[at + r]; }
      }
    }
  }
  for (var r = 0u; r < RUN; r++) { result[index * RUN + r] = totals[r]; }
}
