// Convolution and its input gradient as in conv.wgsl, for many pixels and channels on software
// adapters: a thread makes 16 pixels × 16 channels in registers, one channel of source at a time
// (see matmulLarge.wgsl).
//
// The host's prelude is that of conv.wgsl, without DEPTH_VECTOR and COLUMNS; source is read in
// scalars.

struct Params {
  result: vec4<i32>,      // batch, depth, height, width
  source: vec4<i32>,
  kernel: vec4<i32>,      // _, then three axes each
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  phases: vec4<i32>,      // per axis: stride for an input gradient, else 1
  groups: u32,
  depth: u32,             // channels of source per group
  columns: u32,           // channels of the result per group
  sourceOffset: u32,
  wOffset: u32,
  biasOffset: u32,
  columnBlocks: u32,      // per group
  rowBlocks: u32,         // per phase
}

@group(0) @binding(0) var<storage, read> source: array<StoredSource>;
@group(0) @binding(1) var<storage, read> w: array<StoredW>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

// Where four pixels read source, and whether that is inside.
struct Quad {
  at: vec4<u32>,
  mask: vec4<u32>,
}

fn quadOf(p0: vec4<i32>, p1: vec4<i32>, p2: vec4<i32>, p3: vec4<i32>, shift: vec4<i32>,
          first: u32) -> Quad {
  let places = vec4<i32>(sourceAt(p0, shift), sourceAt(p1, shift), sourceAt(p2, shift),
                         sourceAt(p3, shift));
  let ones = vec4<u32>(0xffffffffu);
  let pixels = vec4<u32>(max(places, vec4<i32>()));
  return Quad(first + pixels * params.groups * params.depth,
              select(vec4<u32>(), ones, places >= vec4<i32>()));
}

// One channel of four pixels; zero outside, whatever the number there.
fn channelOf(quad: Quad, c: u32) -> vec4<f32> {
  let at = quad.at + c;
  let v = vec4<f32>(sourceOne(at.x), sourceOne(at.y), sourceOne(at.z), sourceOne(at.w));
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) & quad.mask);
}

// Four channels of the result for one of source.
fn weight(at: u32, lines: vec4<u32>) -> vec4<f32> {
  if (!INPUT_GRADIENT) { return wFour(at); }
  let i = at + lines;
  return vec4<f32>(wOne(i.x), wOne(i.y), wOne(i.z), wOne(i.w));
}

fn products(p: vec4<f32>, q: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(q * p.x, q * p.y, q * p.z, q * p.w);
}

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 16u;
  let col = (index % params.columnBlocks) * 16u;
  let rest = index / params.columnBlocks;
  let slice = rest / params.rowBlocks;
  let group = slice % params.groups;
  if (slice / params.groups >= u32(countOf(params.phases))) { return; }
  let phase = phaseOf(i32(slice / params.groups));
  let sizes = sizesOf(phase);
  let p0 = placeIn(sizes, i32(rest % params.rowBlocks) * 16);
  if (p0.x >= sizes.x) { return; }
  var p = array<vec4<i32>, 16>();
  p[0] = p0;
  for (var i = 1u; i < 16u; i++) { p[i] = nextIn(sizes, p[i - 1u]); }
  let taps = tapsOf(phase);
  let count = countOf(taps.counts);
  let first = params.sourceOffset + group * params.depth;
  let inLine = select(params.columns, params.depth, INPUT_GRADIENT);
  let line = params.groups * inLine;
  let wStep = select(line, 1u, INPUT_GRADIENT);   // from a channel of source to the next
  let wColumn = select(1u, line, INPUT_GRADIENT);
  let wLines = vec4<u32>(0u, 1u, 2u, 3u) * wColumn;
  let lines = select(params.depth, params.columns, INPUT_GRADIENT);
  let wFirst = params.wOffset + group * inLine + col * wColumn;
  let right = 4u * wColumn;
  var c00 = mat4x4<f32>();
  var c01 = mat4x4<f32>();
  var c02 = mat4x4<f32>();
  var c03 = mat4x4<f32>();
  var c10 = mat4x4<f32>();
  var c11 = mat4x4<f32>();
  var c12 = mat4x4<f32>();
  var c13 = mat4x4<f32>();
  var c20 = mat4x4<f32>();
  var c21 = mat4x4<f32>();
  var c22 = mat4x4<f32>();
  var c23 = mat4x4<f32>();
  var c30 = mat4x4<f32>();
  var c31 = mat4x4<f32>();
  var c32 = mat4x4<f32>();
  var c33 = mat4x4<f32>();
  var place = vec4<i32>();
  for (var t = 0; t < count; t++) {
    let tap = tapAt(taps, place);
    place = nextIn(taps.counts, place);
    let shift = shiftOf(tap, phase);
    let q0 = quadOf(p[0], p[1], p[2], p[3], shift, first);
    let q1 = quadOf(p[4], p[5], p[6], p[7], shift, first);
    let q2 = quadOf(p[8], p[9], p[10], p[11], shift, first);
    let q3 = quadOf(p[12], p[13], p[14], p[15], shift, first);
    var at = wFirst + tapNumber(tap) * lines * line;
    for (var c = 0u; c < params.depth; c++) {
      let a0 = channelOf(q0, c);
      let a1 = channelOf(q1, c);
      let a2 = channelOf(q2, c);
      let a3 = channelOf(q3, c);
      let b0 = weight(at, wLines);
      c00 += products(a0, b0);
      c10 += products(a1, b0);
      c20 += products(a2, b0);
      c30 += products(a3, b0);
      let b1 = weight(at + right, wLines);
      c01 += products(a0, b1);
      c11 += products(a1, b1);
      c21 += products(a2, b1);
      c31 += products(a3, b1);
      let b2 = weight(at + 2u * right, wLines);
      c02 += products(a0, b2);
      c12 += products(a1, b2);
      c22 += products(a2, b2);
      c32 += products(a3, b2);
      let b3 = weight(at + 3u * right, wLines);
      c03 += products(a0, b3);
      c13 += products(a1, b3);
      c23 += products(a2, b3);
      c33 += products(a3, b3);
      at += wStep;
    }
  }
  // A loop keeps the code short, and with it the time to compile it.
  var blocks = array<mat4x4<f32>, 16>(c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23,
                                      c30, c31, c32, c33);
  for (var i = 0u; i < 64u; i++) {
    let row = i / 16u * 4u + i % 4u;
    store(p[row], phase, group, col + i / 4u % 4u * 4u, blocks[i / 4u][i % 4u]);
  }
}
