// Mean over windows of channels-last volumes, and its adjoint:
//
// `forward`: y[n, o, c] = Σ over t of x[n, o·stride − before + t·dilation, c] / count(o)
// `adjoint`: x[n, i, c] = Σ over windows o that read i of y[n, o, c] / count(o)
//
// count(o) is the divisor if there is one, else the window's elements within the input and as much
// of the border as counts. A thread makes RUN Values of one pixel; neighbouring threads have
// neighbouring channels.
//
// The host's prelude declares `alias Value` (f32 or vec4<f32>), `const RUN`, a divisor of the
// Values per pixel, the bool ADAPTIVE, and follows with volume.wgsl and poolWindow.wgsl.

struct Params {
  input: vec4<i32>,       // batch, depth, height, width
  output: vec4<i32>,
  kernel: vec4<i32>,      // 1, then three axes each
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  countedBefore: vec4<i32>,
  countedAfter: vec4<i32>,
  channels: u32,          // in Values, like offset
  offset: u32,
  divisor: f32,           // 0: none
}

@group(0) @binding(0) var<storage, read> source: array<Value>;
@group(0) @binding(1) var<storage, read_write> result: array<Value>;
@group(0) @binding(16) var<uniform> params: Params;

fn countOf(o: vec4<i32>) -> f32 {
  var size: vec4<i32>;
  if (ADAPTIVE) {
    let window = readBy(o);
    size = window.end - window.first;
  } else {
    let one = vec4<i32>(1);
    let start = o * params.stride - params.before;
    let skipped = max(-params.countedBefore - start, vec4<i32>()) + params.dilation - one;
    let first = start + skipped / params.dilation * params.dilation;
    let last = start + (params.kernel - one) * params.dilation;
    let end = min(last + one, params.input + params.countedAfter);
    size = max(end - first + params.dilation - one, vec4<i32>()) / params.dilation;
  }
  let count = f32(max(size.y * size.z * size.w, 1));
  return select(count, params.divisor, params.divisor != 0.0);
}

// Whether element i lies on a tap of window o along an axis, and not between two.
fn isOnTap(i: vec4<i32>, o: i32, axis: u32) -> bool {
  let reach = i[axis] + params.before[axis] - o * params.stride[axis];
  return ADAPTIVE | (reach % params.dilation[axis] == 0);
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>,
           @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let runs = params.channels / RUN;
  let o = placeOf(i32(index / runs), params.output);
  if (o.x >= params.output.x) { return; }
  let c = params.offset + (index % runs) * RUN;
  let window = readBy(o);
  var totals: array<Value, RUN>;
  for (var z = window.first.y; z < window.end.y; z += params.dilation.y) {
    for (var y = window.first.z; y < window.end.z; y += params.dilation.z) {
      let line = flatten(vec4<i32>(o.x, z, y, 0), params.input);
      for (var i = window.first.w; i < window.end.w; i += params.dilation.w) {
        let at = u32(line + i) * params.channels + c;
        for (var r = 0u; r < RUN; r++) { totals[r] += source[at + r]; }
      }
    }
  }
  let count = countOf(o);
  for (var r = 0u; r < RUN; r++) { result[index * RUN + r] = totals[r] / count; }
}

@compute @workgroup_size(64)
fn adjoint(@builtin(global_invocation_id) id: vec3<u32>,
           @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let runs = params.channels / RUN;
  let i = placeOf(i32(index / runs), params.input);
  if (i.x >= params.input.x) { return; }
  let c = params.offset + (index % runs) * RUN;
  let readers = readersOf(i);
  var totals: array<Value, RUN>;
  for (var z = readers.first.y; z < readers.end.y; z++) {
    if (!isOnTap(i, z, 1u)) { continue; }
    for (var y = readers.first.z; y < readers.end.z; y++) {
      if (!isOnTap(i, y, 2u)) { continue; }
      for (var x = readers.first.w; x < readers.end.w; x++) {
        if (!isOnTap(i, x, 3u)) { continue; }
        let o = vec4<i32>(i.x, z, y, x);
        let at = u32(flatten(o, params.output)) * params.channels + c;
        let count = countOf(o);
        for (var r = 0u; r < RUN; r++) { totals[r] += source[at + r] / count; }
      }
    }
  }
  for (var r = 0u; r < RUN; r++) { result[index * RUN + r] = totals[r]; }
}
