// Convolution and its input gradient as implicit matrix products over channels-last tensors:
//
//   y[n, o, co] = Σ_{t, ci} x[n, o·stride − before + t·dilation, ci] · w[t, ci, co] + bias
//   dx[n, i, ci] = Σ_{t, co} dy[n, (i + before − t·dilation) / stride, co] · w[t, ci, co]
//
// A row of the product is a pixel of the result, a column one of its channels; `source` is what
// taps read (x or dy). The rows of an input gradient come in phases, the pixels with the same
// remainder modulo stride: a phase meets the same taps everywhere, so none is read in vain. A
// thread makes 8 pixels × 8 channels in registers, for software adapters; convTiled.wgsl is for
// GPUs.
//
// The host's prelude declares the bools INPUT_GRADIENT, DEPTH_VECTOR (channels of source come in
// fours), COLUMN_VECTOR (stored lines of w do), DEPTH_TAIL (depth is no multiple of 4) and BIAS,
// and follows with convPlace.wgsl.

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
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> source4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> w4: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// Channels c to c + 3 of the group at a place in source; zeros outside.
fn channels(place: i32, first: u32, c: u32) -> vec4<f32> {
  let at = params.sourceOffset + u32(max(place, 0)) * params.groups * params.depth + first + c;
  var v: vec4<f32>;
  if (DEPTH_VECTOR) {
    v = source4[at / 4u];
  } else {
    v = vec4<f32>(source[at], source[at + 1u], source[at + 2u], source[at + 3u]);
  }
  let limit = vec4<u32>(select(params.depth, 0u, place < 0));
  let along = c + vec4<u32>(0u, 1u, 2u, 3u);
  return select(vec4<f32>(), v, along < limit);
}

fn stored(at: u32) -> vec4<f32> {
  if (COLUMN_VECTOR) { return w4[at / 4u]; }
  return vec4<f32>(w[at], w[at + 1u], w[at + 2u], w[at + 3u]);
}

// Lines c to c + 3 of the depth by columns col to col + 3, for one tap.
fn weights(tap: u32, group: u32, c: u32, col: u32) -> mat4x4<f32> {
  if (INPUT_GRADIENT) {
    let line = params.groups * params.depth;
    let at = params.wOffset + (tap * params.columns + col) * line + group * params.depth + c;
    var m = mat4x4<f32>(stored(at), stored(at + line), stored(at + 2u * line),
                        stored(at + 3u * line));
    if (DEPTH_TAIL) { m = tail(m, c); }
    return transpose(m);
  }
  let line = params.groups * params.columns;
  let at = params.wOffset + (tap * params.depth + c) * line + group * params.columns + col;
  if (!DEPTH_TAIL || c + 4u <= params.depth) {
    return mat4x4<f32>(stored(at), stored(at + line), stored(at + 2u * line),
                       stored(at + 3u * line));
  }
  var m = mat4x4<f32>();
  m[0] = stored(at);
  if (c + 1u < params.depth) { m[1] = stored(at + line); }
  if (c + 2u < params.depth) { m[2] = stored(at + 2u * line); }
  return m;
}

// What lies behind the depth would bring another channel's, perhaps infinite, number.
fn tail(m: mat4x4<f32>, c: u32) -> mat4x4<f32> {
  let limit = vec4<u32>(params.depth);
  let along = c + vec4<u32>(0u, 1u, 2u, 3u);
  let keep = along < limit;
  let zero = vec4<f32>();
  return mat4x4<f32>(select(zero, m[0], keep), select(zero, m[1], keep),
                     select(zero, m[2], keep), select(zero, m[3], keep));
}

fn store(pixel: vec4<i32>, group: u32, col: u32, sums: vec4<f32>) {
  if (pixel.x < 0 || col >= params.columns) { return; }
  var v = sums;
  let channel = group * params.columns + col;
  if (BIAS) {
    let start = params.biasOffset + channel;
    v += vec4<f32>(bias[start], bias[start + 1u], bias[start + 2u], bias[start + 3u]);
  }
  let at = u32(flatten(pixel, params.result)) * params.groups * params.columns + channel;
  y[at] = v.x;
  if (col + 1u < params.columns) { y[at + 1u] = v.y; }
  if (col + 2u < params.columns) { y[at + 2u] = v.z; }
  if (col + 3u < params.columns) { y[at + 3u] = v.w; }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let group = id.z % params.groups;
  let phase = phaseOf(i32(id.z / params.groups));
  let col = id.x * 8u;
  let row = i32(id.y * 8u);
  if (col >= params.columns || row >= rowsOf(phase)) { return; }
  let p0 = pixelOf(row, phase);
  let p1 = pixelOf(row + 1, phase);
  let p2 = pixelOf(row + 2, phase);
  let p3 = pixelOf(row + 3, phase);
  let p4 = pixelOf(row + 4, phase);
  let p5 = pixelOf(row + 5, phase);
  let p6 = pixelOf(row + 6, phase);
  let p7 = pixelOf(row + 7, phase);
  let first = group * params.depth;
  let taps = tapsOf(phase);
  var c00 = mat4x4<f32>();
  var c01 = mat4x4<f32>();
  var c10 = mat4x4<f32>();
  var c11 = mat4x4<f32>();
  for (var t = 0; t < taps.count; t++) {
    let tap = tapOf(taps, t);
    let number = u32((tap.y * params.kernel.z + tap.z) * params.kernel.w + tap.w);
    let s0 = placeOf(p0, tap);
    let s1 = placeOf(p1, tap);
    let s2 = placeOf(p2, tap);
    let s3 = placeOf(p3, tap);
    let s4 = placeOf(p4, tap);
    let s5 = placeOf(p5, tap);
    let s6 = placeOf(p6, tap);
    let s7 = placeOf(p7, tap);
    for (var c = 0u; c < params.depth; c += 4u) {
      let a0 = mat4x4<f32>(channels(s0, first, c), channels(s1, first, c),
                           channels(s2, first, c), channels(s3, first, c));
      let a1 = mat4x4<f32>(channels(s4, first, c), channels(s5, first, c),
                           channels(s6, first, c), channels(s7, first, c));
      let b0 = weights(number, group, c, col);
      c00 += b0 * a0;
      c10 += b0 * a1;
      if (col + 4u < params.columns) {
        let b1 = weights(number, group, c, col + 4u);
        c01 += b1 * a0;
        c11 += b1 * a1;
      }
    }
  }
  store(p0, group, col, c00[0]);
  store(p1, group, col, c00[1]);
  store(p2, group, col, c00[2]);
  store(p3, group, col, c00[3]);
  store(p4, group, col, c10[0]);
  store(p5, group, col, c10[1]);
  store(p6, group, col, c10[2]);
  store(p7, group, col, c10[3]);
  store(p0, group, col + 4u, c01[0]);
  store(p1, group, col + 4u, c01[1]);
  store(p2, group, col + 4u, c01[2]);
  store(p3, group, col + 4u, c01[3]);
  store(p4, group, col + 4u, c11[0]);
  store(p5, group, col + 4u, c11[1]);
  store(p6, group, col + 4u, c11[2]);
  store(p7, group, col + 4u, c11[3]);
}
