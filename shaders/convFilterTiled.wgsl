// The filter gradient of a convolution as in convFilter.wgsl, for GPUs: a tile of rows (a tap with
// an input channel) × output channels per workgroup, 4 × 4 of them per thread. `large` makes tiles
// of 64 × 64 and takes 16 pixels a step through workgroup memory, `small` 32 × 32 and 8: either way
// a thread brings one vector of x and one of dy. Lines there are one vector longer than needed,
// against bank conflicts.
//
// The host's prelude is that of convFilter.wgsl, without COLUMNS.

struct Params {
  input: vec4<i32>,
  output: vec4<i32>,
  kernel: vec4<i32>,
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  groups: u32,
  depth: u32,
  columns: u32,
  xOffset: u32,
  dyOffset: u32,
  splits: u32,
  chunk: u32,             // pixels per split
  columnBlocks: u32,
  rowBlocks: u32,
}

@group(0) @binding(0) var<storage, read> x: array<StoredX>;
@group(0) @binding(1) var<storage, read> dy: array<StoredDy>;
@group(0) @binding(2) var<storage, read_write> y: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

var<workgroup> rows: array<vec4<f32>, 272>;     // [16 pixels][16 + 1], vectors along rows
var<workgroup> columns: array<vec4<f32>, 272>;  // [16 pixels][16 + 1], vectors along columns

// How far a row's tap reads from a pixel's; behind the last tap nowhere inside.
fn reachOf(row: u32) -> vec4<i32> {
  let tap = i32(row / params.depth);
  let lines = tap / params.kernel.w;
  let place = vec4<i32>(0, lines / params.kernel.z, lines % params.kernel.z,
                        tap % params.kernel.w);
  var reach = place * params.dilation - params.before;
  reach.x = 0;
  reach.y = select(reach.y, -0x40000000, place.y >= params.kernel.y);
  return reach;
}

// The number of x that a row meets at a pixel of the output, or -1 outside.
fn numberOf(pixel: vec4<i32>, reach: vec4<i32>, row: u32, group: u32) -> i32 {
  let at = pixel * params.stride + reach;
  let isInside = all((at >= vec4<i32>()) & (at < params.input));
  let place = ((at.x * params.input.y + at.y) * params.input.z + at.z) * params.input.w + at.w;
  let channel = params.xOffset + group * params.depth + row % params.depth;
  return select(-1, i32(channel) + place * i32(params.groups * params.depth), isInside);
}

fn bringDy(pixel: u32, group: u32, col: u32, isInside: bool) -> vec4<f32> {
  let at = params.dyOffset + (pixel * params.groups + group) * params.columns + col;
  let v = dyFour(at);
  return select(vec4<f32>(), v, isInside);
}

fn placeOf(pixel: i32) -> vec4<i32> {
  let sizes = params.output;
  let lines = pixel / sizes.w;
  let planes = lines / sizes.z;
  return vec4<i32>(planes / sizes.y, planes % sizes.y, lines % sizes.z, pixel % sizes.w);
}

// The place some pixels further.
fn forwardBy(steps: i32, start: vec4<i32>) -> vec4<i32> {
  var x = start.w + steps;
  var y = start.z;
  for (; x >= params.output.w; x -= params.output.w) { y++; }
  var z = start.y;
  for (; y >= params.output.z; y -= params.output.z) { z++; }
  var item = start.x;
  for (; z >= params.output.y; z -= params.output.y) { item++; }
  return vec4<i32>(item, z, y, x);
}

fn rowCount() -> u32 {
  return u32(params.kernel.y * params.kernel.z * params.kernel.w) * params.depth;
}

// A split holds the rows of dw and behind them the sums.
fn startOf(split: u32, row: u32, group: u32) -> u32 {
  let rows = rowCount() + select(0u, 1u, SUMS);
  return (split * rows + row) * params.groups * params.columns + group * params.columns;
}

fn store(split: u32, row: u32, group: u32, col: u32, v: vec4<f32>) {
  if (row >= rowCount() || col >= params.columns) { return; }
  storeFour(startOf(split, row, group) + col, v, params.columns - col);
}

// One tile; `span` is a quarter of its side, and the pixels of a step.
fn tile(span: u32, index: u32, thread: u32) {
  let firstCol = (index % params.columnBlocks) * span * 4u;
  let rest = index / params.columnBlocks;
  let firstRow = (rest % params.rowBlocks) * span * 4u;
  let group = (rest / params.rowBlocks) % params.groups;
  let split = rest / params.rowBlocks / params.groups;
  let q = thread / span;   // of the pixels of a step
  let s = thread % span;   // of the vectors of a line
  let row = firstRow + s * 4u;
  let r0 = reachOf(row);
  let r1 = reachOf(row + 1u);
  let r2 = reachOf(row + 2u);
  let r3 = reachOf(row + 3u);
  let count = u32(params.output.x * params.output.y * params.output.z * params.output.w);
  let end = min(count, (split + 1u) * params.chunk);
  var pixel = placeOf(i32(split * params.chunk + q));
  var total = mat4x4<f32>();
  var sums = vec4<f32>();
  let isSummed = SUMS && firstRow + q == 0u;
  for (var k = split * params.chunk; k < end; k += span) {
    let isInside = k + q < end;
    var at = vec4<i32>(numberOf(pixel, r0, row, group));
    var v: vec4<f32>;
    if (ROW_VECTOR) {
      v = xFour(u32(max(at.x, 0)));
    } else {
      at = vec4<i32>(at.x, numberOf(pixel, r1, row + 1u, group),
                     numberOf(pixel, r2, row + 2u, group), numberOf(pixel, r3, row + 3u, group));
      let safe = vec4<u32>(max(at, vec4<i32>()));
      v = vec4<f32>(xOne(safe.x), xOne(safe.y), xOne(safe.z), xOne(safe.w));
    }
    // Behind the end of a split, pixels belong to the next.
    let isUsed = (at >= vec4<i32>()) & vec4<bool>(isInside);
    rows[q * 17u + s] = select(vec4<f32>(), v, isUsed);
    columns[q * 17u + s] = bringDy(k + q, group, firstCol + s * 4u, isInside);
    workgroupBarrier();
    for (var p = 0u; p < span; p++) {
      let a = rows[p * 17u + q];
      let b = columns[p * 17u + s];
      total = total + mat4x4<f32>(b * a.x, b * a.y, b * a.z, b * a.w);
      if (isSummed) { sums += b; }
    }
    workgroupBarrier();
    pixel = forwardBy(i32(span), pixel);
  }
  let first = firstRow + q * 4u;
  let col = firstCol + s * 4u;
  store(split, first, group, col, total[0]);
  store(split, first + 1u, group, col, total[1]);
  store(split, first + 2u, group, col, total[2]);
  store(split, first + 3u, group, col, total[3]);
  if (isSummed && col < params.columns) {
    let channel = group * params.columns + col;
    storeSums(startOf(split, rowCount(), 0u), channel, sums, params.columns - col);
  }
}

fn blocks() -> u32 {
  return params.columnBlocks * params.rowBlocks * params.groups * params.splits;
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
