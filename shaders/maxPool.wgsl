// Maximum over windows of channels-last volumes, and where it is:
//
//   y[n, o, c] = max over taps t of x[n, o·stride − before + t·dilation, c]
//   places[n, o, c] = the flat place, within its batch item, of the first such element
//
// NaN wins over every number. Every window reads at least one element: the host sees to it. A
// thread makes `run` Values of one window; neighbouring threads have neighbouring channels.
//
// The host's prelude declares `alias Value` (f32 or vec4<f32>), `alias Place` (i32), `alias Bits`
// (u32), the bools ADAPTIVE and KEEP_PLACES, and follows with volume.wgsl and poolWindow.wgsl.

struct Params {
  input: vec4<i32>,       // batch, depth, height, width
  output: vec4<i32>,
  kernel: vec4<i32>,      // 1, then three axes each
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  channels: u32,          // in Values, like run and offset
  run: u32,
  offset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;
@group(0) @binding(2) var<storage, read_write> places: array<Place>;
@group(1) @binding(0) var<uniform> params: Params;

fn magnitude(v: Value) -> Bits {
  return bitcast<Bits>(v) & Bits(0x7fffffffu);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let runs = (params.channels + params.run - 1u) / params.run;
  let pixel = i32(index / runs);
  let o = placeOf(pixel, params.output);
  if (o.x >= params.output.x) { return; }
  let window = readBy(o);
  let sizes = params.input;
  let item = o.x * sizes.y * sizes.z * sizes.w;
  let first = (index % runs) * params.run;
  let infinity = Bits(0x7f800000u);
  let start = flatten(vec4<i32>(0, window.first.yzw), sizes);
  for (var c = first; c < min(first + params.run, params.channels); c++) {
    var best = x[params.offset + u32(item + start) * params.channels + c];
    var place = Place(start);
    for (var i = window.first.y; i < window.end.y; i += params.dilation.y) {
      for (var j = window.first.z; j < window.end.z; j += params.dilation.z) {
        for (var k = window.first.w; k < window.end.w; k += params.dilation.w) {
          let at = flatten(vec4<i32>(0, i, j, k), sizes);
          let v = x[params.offset + u32(item + at) * params.channels + c];
          let isGreater = (v > best) | (magnitude(v) > infinity);
          let isTaken = isGreater & (magnitude(best) <= infinity);
          best = select(best, v, isTaken);
          place = select(place, Place(at), isTaken);
        }
      }
    }
    y[u32(pixel) * params.channels + c] = best;
    if (KEEP_PLACES) { places[u32(pixel) * params.channels + c] = place; }
  }
}
