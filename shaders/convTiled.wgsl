// Convolution and its input gradient as in conv.wgsl, for GPUs: a tile of pixels × channels per
// workgroup, 4 × 4 of them per thread. `large` makes tiles of 64 × 64 in steps of 16 along (tap,
// channel of source), `small` 32 × 32 in steps of 8: either way a thread brings one vector of
// source and one of w per step to workgroup memory. Lines there are one vector longer than needed,
// against bank conflicts.
//
// The host's prelude is that of conv.wgsl, without COLUMNS.

struct Params {
  result: vec4<i32>,
  source: vec4<i32>,
  kernel: vec4<i32>,
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  phases: vec4<i32>,
  groups: u32,
  depth: u32,
  columns: u32,
  sourceOffset: u32,
  wOffset: u32,
  biasOffset: u32,
  columnBlocks: u32,
  rowBlocks: u32,
}

@group(0) @binding(0) var<storage, read> source: array<StoredSource>;
@group(0) @binding(1) var<storage, read> w: array<StoredW>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

var<workgroup> pixels: array<vec4<f32>, 320>;   // [64 rows][4 + 1], vectors along the sum
var<workgroup> weights: array<vec4<f32>, 272>;  // [16 of the sum][16 + 1], vectors along columns

// Where a thread is along the sum: a tap by its place among those of the phase, and a channel of
// source.
struct Step {
  place: vec4<i32>,
  channel: u32,
}

fn advance(counts: vec4<i32>, start: Step, by: u32) -> Step {
  var channel = start.channel + by;
  var place = start.place;
  for (; channel >= params.depth; channel -= params.depth) { place = nextIn(counts, place); }
  return Step(place, channel);
}

fn isBehind(at: Step) -> bool {
  return at.place.x > 0;
}

// The number of source that a pixel of the result meets there.
fn sourceOf(at: Step, taps: Taps, pixel: vec4<i32>, phase: vec4<i32>, group: u32) -> i32 {
  let place = sourceAt(pixel, shiftOf(tapAt(taps, at.place), phase));
  let channel = group * params.depth + at.channel;
  let number = i32(params.sourceOffset + channel) + place * i32(params.groups * params.depth);
  return select(number, -1, (place < 0) | isBehind(at));
}

fn bringPixel(start: Step, taps: Taps, pixel: vec4<i32>, phase: vec4<i32>, group: u32)
    -> vec4<f32> {
  let first = sourceOf(start, taps, pixel, phase, group);
  if (DEPTH_VECTOR) {
    return select(vec4<f32>(), sourceFour(u32(max(first, 0))), first >= 0);
  }
  let s1 = advance(taps.counts, start, 1u);
  let s2 = advance(taps.counts, s1, 1u);
  let s3 = advance(taps.counts, s2, 1u);
  let at = vec4<i32>(first, sourceOf(s1, taps, pixel, phase, group),
                     sourceOf(s2, taps, pixel, phase, group),
                     sourceOf(s3, taps, pixel, phase, group));
  let safe = vec4<u32>(max(at, vec4<i32>()));
  let v = vec4<f32>(sourceOne(safe.x), sourceOne(safe.y), sourceOne(safe.z), sourceOne(safe.w));
  return select(vec4<f32>(), v, at >= vec4<i32>());
}

// Columns col to col + 3 of w for one channel of source.
fn bringWeights(at: Step, taps: Taps, group: u32, col: u32) -> vec4<f32> {
  let tap = tapNumber(tapAt(taps, at.place));
  var v: vec4<f32>;
  if (INPUT_GRADIENT) {
    let line = params.groups * params.depth;
    let i = params.wOffset + (tap * params.columns + col) * line + group * params.depth
      + at.channel;
    v = vec4<f32>(wOne(i), wOne(i + line), wOne(i + 2u * line), wOne(i + 3u * line));
  } else {
    let line = params.groups * params.columns;
    let i = params.wOffset + (tap * params.depth + at.channel) * line + group * params.columns
      + col;
    v = wFour(i);
  }
  return select(v, vec4<f32>(), isBehind(at));
}

// One tile; `span` is a quarter of its side, and how far a step goes along the sum.
fn tile(span: u32, index: u32, thread: u32) {
  let col = (index % params.columnBlocks) * span * 4u;
  let rest = index / params.columnBlocks;
  let row = i32((rest % params.rowBlocks) * span * 4u);
  let slice = rest / params.rowBlocks;
  let group = slice % params.groups;
  let phase = phaseOf(i32(slice / params.groups));
  let sizes = sizesOf(phase);
  let taps = tapsOf(phase);
  let sum = u32(countOf(taps.counts)) * params.depth;
  // A quarter of span is how many vectors of source a row has in one step.
  let deep = span / 4u;
  let pixel = placeIn(sizes, row + i32(thread / deep));
  var step = advance(taps.counts, Step(vec4<i32>(), 0u), (thread % deep) * 4u);
  // Neighbouring threads read along the stored axis of w.
  let q = select(thread / span, thread % span, INPUT_GRADIENT);
  let s = select(thread % span, thread / span, INPUT_GRADIENT);
  var line = advance(taps.counts, Step(vec4<i32>(), 0u), q);
  let r = (thread / span) * 4u;
  let c = thread % span;
  var total = mat4x4<f32>();
  for (var k = 0u; k < sum; k += span) {
    pixels[(thread / deep) * 5u + thread % deep] = bringPixel(step, taps, pixel, phase, group);
    weights[q * 17u + s] = bringWeights(line, taps, group, col + s * 4u);
    workgroupBarrier();
    for (var i = 0u; i < deep; i++) {
      let rows = mat4x4<f32>(pixels[r * 5u + i], pixels[(r + 1u) * 5u + i],
                             pixels[(r + 2u) * 5u + i], pixels[(r + 3u) * 5u + i]);
      let at = i * 68u + c;
      let lines = mat4x4<f32>(weights[at], weights[at + 17u], weights[at + 34u],
                              weights[at + 51u]);
      total = total + lines * rows;
    }
    workgroupBarrier();
    step = advance(taps.counts, step, span);
    line = advance(taps.counts, line, span);
  }
  let p0 = placeIn(sizes, row + i32(r));
  let p1 = nextIn(sizes, p0);
  let p2 = nextIn(sizes, p1);
  let p3 = nextIn(sizes, p2);
  storeBlock(p0, p1, p2, p3, phase, group, col + c * 4u, total);
}

fn blocks() -> u32 {
  return params.columnBlocks * params.rowBlocks * params.groups * u32(countOf(params.phases));
}

@compute @workgroup_size(256)
fn large(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
         @builtin(local_invocation_index) thread: u32) {
  let index = id.x + id.y * grid.x;
  if (index < blocks()) { tile(16u, index, thread); }
}

@compute @workgroup_size(64)
fn small(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
         @builtin(local_invocation_index) thread: u32) {
  let index = id.x + id.y * grid.x;
  if (index < blocks()) { tile(8u, index, thread); }
}
