// Maximum over windows of channels-last volumes, and where it is:
//
//   y[n, o, c] = max over taps t of x[n, o·stride − before + t·dilation, c]
//   places[n, o, c] = the flat place, within its batch item, of the first such element
//
// NaN wins over every number. Every window reads at least one element: the host sees to it. A
// thread makes RUN Values of one window; neighbouring threads have neighbouring channels.
//
// The host's prelude declares `alias Value` (f32 or vec4<f32>), `alias Place` (i32), `alias Bits`
// (u32), `const RUN`, a divisor of the Values per pixel, the bools ADAPTIVE and KEEP_PLACES, and
// follows with volume.wgsl and poolWindow.wgsl.

struct Params {
  input: vec4<i32>,       // batch, depth, height, width
  output: vec4<i32>,
  kernel: vec4<i32>,      // 1, then three axes each
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  channels: u32,          // in Values, like offset
  offset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;
@group(0) @binding(2) var<storage, read_write> places: array<Place>;
@group(0) @binding(16) var<uniform> params: Params;

fn magnitude(v: Value) -> Bits {
  return bitcast<Bits>(v) & Bits(0x7fffffffu);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let runs = params.channels / RUN;
  let o = placeOf(i32(index / runs), params.output);
  if (o.x >= params.output.x) { return; }
  let c = params.offset + (index % runs) * RUN;
  let window = readBy(o);
  let start = flatten(vec4<i32>(o.x, window.first.yzw), params.input);
  let item = flatten(vec4<i32>(o.x, 0, 0, 0), params.input);
  let infinity = Bits(0x7f800000u);
  var best: array<Value, RUN>;
  var place: array<Place, RUN>;
  for (var r = 0u; r < RUN; r++) {
    best[r] = x[u32(start) * params.channels + c + r];
    place[r] = Place(start - item);
  }
  for (var i = window.first.y; i < window.end.y; i += params.dilation.y) {
    for (var j = window.first.z; j < window.end.z; j += params.dilation.z) {
      for (var k = window.first.w; k < window.end.w; k += params.dilation.w) {
        let at = flatten(vec4<i32>(o.x, i, j, k), params.input);
        for (var r = 0u; r < RUN; r++) {
          let v = x[u32(at) * params.channels + c + r];
          let isGreater = (v > best[r]) | (magnitude(v) > infinity);
          let isTaken = isGreater & (magnitude(best[r]) <= infinity);
          best[r] = select(best[r], v, isTaken);
          place[r] = select(place[r], Place(at - item), isTaken);
        }
      }
    }
  }
  for (var r = 0u; r < RUN; r++) {
    y[index * RUN + r] = best[r];
    if (KEEP_PLACES) { places[index * RUN + r] = place[r]; }
  }
}
