// Input gradient of max pooling over channels-last volumes: an element collects from the windows
// that took it, in their order.
//
//   dx[n, i, c] = Σ over windows o with places[n, o, c] = i of dy[n, o, c]
//
// A thread makes RUN Values of one element; neighbouring threads have neighbouring channels.
//
// The host's prelude declares `alias Value` (f32 or vec4<f32>), `alias Place` (i32), `const RUN`, a
// divisor of the Values per pixel, the bool ADAPTIVE, and follows with volume.wgsl and
// poolWindow.wgsl.

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

@group(0) @binding(0) var<storage, read> dy: array<Value>;
@group(0) @binding(1) var<storage, read> places: array<Place>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let runs = params.channels / RUN;
  let i = placeOf(i32(index / runs), params.input);
  if (i.x >= params.input.x) { return; }
  let c = (index % runs) * RUN;
  let readers = readersOf(i);
  let own = Place(flatten(vec4<i32>(0, i.yzw), params.input));
  var totals: array<Value, RUN>;
  for (var z = readers.first.y; z < readers.end.y; z++) {
    for (var y = readers.first.z; y < readers.end.z; y++) {
      let line = flatten(vec4<i32>(i.x, z, y, 0), params.output);
      for (var o = readers.first.w; o < readers.end.w; o++) {
        let at = u32(line + o) * params.channels + c;
        for (var r = 0u; r < RUN; r++) {
          let isOurs = places[at + r] == own;
          totals[r] += select(Value(), dy[params.offset + at + r], isOurs);
        }
      }
    }
  }
  for (var r = 0u; r < RUN; r++) { dx[index * RUN + r] = totals[r]; }
}
