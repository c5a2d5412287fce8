// Convolution and its input gradient as implicit matrix products over channels-last tensors:
//
//   y[n, o, co] = Σ_{t, ci} x[n, o·stride − before + t·dilation, ci] · w[t, ci, co] + bias
//   dx[n, i, ci] = Σ_{t, co} dy[n, (i + before − t·dilation) / stride, co] · w[t, ci, co]
//
// A row of the product is a pixel of the result, a column one of its channels; `source` is what
// taps read (x or dy). The rows of an input gradient come in phases, the pixels with the same
// remainder modulo stride: a phase meets the same taps everywhere, so none is read in vain. A
// thread makes 8 pixels × COLUMNS channels in registers, for software adapters; convTiled.wgsl is
// for GPUs.
//
// The host's prelude declares the bools INPUT_GRADIENT, DEPTH_VECTOR (channels of source come in
// fours), BIAS, COLUMNS (4u, 8u or 16u); how source and w lie in memory:
//   alias StoredSource, fn sourceOne(at: u32) -> f32, fn sourceFour(at: u32) -> vec4<f32>
// and the like for W; `alias Stored`, `fn epilogue`; and follows with convPlace.wgsl,
// convStore.wgsl, and one of storeEach.wgsl and storeFours.wgsl.

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

// Zero where the mask is, whatever the number: what lies outside may be infinite.
fn masked(v: vec4<f32>, mask: vec4<u32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) & mask);
}

// Column i: four channels of the pixel that starts at starts[i].
fn channels(starts: vec4<u32>, masks: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    masked(sourceFour(starts.x), masks.xxxx), masked(sourceFour(starts.y), masks.yyyy),
    masked(sourceFour(starts.z), masks.zzzz), masked(sourceFour(starts.w), masks.wwww));
}

fn channel(at: vec4<u32>, masks: vec4<u32>) -> vec4<f32> {
  let v = vec4<f32>(sourceOne(at.x), sourceOne(at.y), sourceOne(at.z), sourceOne(at.w));
  return masked(v, masks);
}

// Column q: four output channels for channel c + q of source, from four stored lines.
fn weights(at: u32, line: u32) -> mat4x4<f32> {
  let m = mat4x4<f32>(wFour(at), wFour(at + line), wFour(at + 2u * line), wFour(at + 3u * line));
  if (INPUT_GRADIENT) { return transpose(m); }
  return m;
}

// Four output channels for one channel of source.
fn weight(at: u32, line: u32) -> vec4<f32> {
  if (!INPUT_GRADIENT) { return wFour(at); }
  return vec4<f32>(wOne(at), wOne(at + line), wOne(at + 2u * line), wOne(at + 3u * line));
}

fn outer(a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(b * a.x, b * a.y, b * a.z, b * a.w);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let col = (index % params.columnBlocks) * COLUMNS;
  let rest = index / params.columnBlocks;
  let slice = rest / params.rowBlocks;
  let group = slice % params.groups;
  if (slice / params.groups >= u32(countOf(params.phases))) { return; }
  let phase = phaseOf(i32(slice / params.groups));
  let sizes = sizesOf(phase);
  let p0 = placeIn(sizes, i32(rest % params.rowBlocks) * 8);
  if (p0.x >= sizes.x) { return; }
  var p = array<vec4<i32>, 8>();
  p[0] = p0;
  for (var i = 1u; i < 8u; i++) { p[i] = nextIn(sizes, p[i - 1u]); }
  let taps = tapsOf(phase);
  let count = countOf(taps.counts);
  let first = params.sourceOffset + group * params.depth;
  let inLine = select(params.columns, params.depth, INPUT_GRADIENT);
  let line = params.groups * inLine;
  let wStep = select(line, 1u, INPUT_GRADIENT);   // from a channel of source to the next
  let wColumn = select(1u, line, INPUT_GRADIENT);
  let lines = select(params.depth, params.columns, INPUT_GRADIENT);
  let wFirst = params.wOffset + group * inLine + col * wColumn;
  let ones = vec4<u32>(0xffffffffu);
  var c00 = mat4x4<f32>();
  var c01 = mat4x4<f32>();
  var c10 = mat4x4<f32>();
  var c11 = mat4x4<f32>();
  var c02 = mat4x4<f32>();
  var c03 = mat4x4<f32>();
  var c12 = mat4x4<f32>();
  var c13 = mat4x4<f32>();
  var place = vec4<i32>();
  for (var t = 0; t < count; t++) {
    let tap = tapAt(taps, place);
    place = nextIn(taps.counts, place);
    let shift = shiftOf(tap, phase);
    let top = vec4<i32>(sourceAt(p[0], shift), sourceAt(p[1], shift), sourceAt(p[2], shift),
                        sourceAt(p[3], shift));
    let low = vec4<i32>(sourceAt(p[4], shift), sourceAt(p[5], shift), sourceAt(p[6], shift),
                        sourceAt(p[7], shift));
    let topMask = select(vec4<u32>(), ones, top >= vec4<i32>());
    let lowMask = select(vec4<u32>(), ones, low >= vec4<i32>());
    let pixel = params.groups * params.depth;
    let topAt = first + vec4<u32>(max(top, vec4<i32>())) * pixel;
    let lowAt = first + vec4<u32>(max(low, vec4<i32>())) * pixel;
    var at = wFirst + tapNumber(tap) * lines * line;
    for (var c = 0u; c < params.depth; c += select(1u, 4u, DEPTH_VECTOR)) {
      if (DEPTH_VECTOR) {
        let a0 = channels(topAt + c, topMask);
        let a1 = channels(lowAt + c, lowMask);
        let b0 = weights(at, line);
        c00 += b0 * a0;
        c10 += b0 * a1;
        if (COLUMNS > 4u) {
          let b1 = weights(at + 4u * wColumn, line);
          c01 += b1 * a0;
          c11 += b1 * a1;
        }
        if (COLUMNS > 8u) {
          let b2 = weights(at + 8u * wColumn, line);
          c02 += b2 * a0;
          c12 += b2 * a1;
          let b3 = weights(at + 12u * wColumn, line);
          c03 += b3 * a0;
          c13 += b3 * a1;
        }
        at += 4u * wStep;
      } else {
        let a0 = channel(topAt + c, topMask);
        let a1 = channel(lowAt + c, lowMask);
        let b0 = weight(at, line);
        c00 += outer(a0, b0);
        c10 += outer(a1, b0);
        if (COLUMNS > 4u) {
          let b1 = weight(at + 4u * wColumn, line);
          c01 += outer(a0, b1);
          c11 += outer(a1, b1);
        }
        if (COLUMNS > 8u) {
          let b2 = weight(at + 8u * wColumn, line);
          c02 += outer(a0, b2);
          c12 += outer(a1, b2);
          let b3 = weight(at + 12u * wColumn, line);
          c03 += outer(a0, b3);
          c13 += outer(a1, b3);
        }
        at += wStep;
      }
    }
  }
  // A loop keeps the code short, and with it the time to compile it.
  var blocks = array<mat4x4<f32>, 8>(c00, c10, c01, c11, c02, c12, c03, c13);
  for (var i = 0u; i < 2u * COLUMNS; i++) {
    let row = i % 8u;
    store(p[row], phase, group, col + i / 8u * 4u, blocks[i / 4u][i % 4u]);
  }
}
