// The filter gradient of a convolution:
//
//   dw[t, ci, co] = Σ over n, o of x[n, o·stride − before + t·dilation, ci] · dy[n, o, co]
//
// A row of this product is a tap with one of its input channels, a column an output channel; the
// sum runs over lines of output pixels, cut into splits that matmulJoin.wgsl adds in order. A
// thread makes 8 rows × COLUMNS in registers, for software adapters; convFilterLarge.wgsl is for
// many rows and columns there, convFilterTiled.wgsl for GPUs.
//
// The host's prelude declares the bools ROW_VECTOR (input channels per group come in fours: four
// rows are one tap) and SUMS (of dy over all pixels, for storeSums), COLUMNS (4u or 8u), how x and
// dy lie in memory:
//   alias StoredX, fn xOne(at: u32) -> f32, fn xFour(at: u32) -> vec4<f32>
// and the like for Dy; and what matmul.wgsl has of it to store (y is dw).

struct Params {
  input: vec4<i32>,       // batch, depth, height, width
  output: vec4<i32>,
  kernel: vec4<i32>,      // _, then three axes each
  stride: vec4<i32>,
  dilation: vec4<i32>,
  before: vec4<i32>,
  groups: u32,
  depth: u32,             // input channels per group
  columns: u32,           // output channels per group
  xOffset: u32,
  dyOffset: u32,
  splits: u32,
  chunk: u32,             // lines of output per split
  columnBlocks: u32,      // per group
  rowBlocks: u32,
}

@group(0) @binding(0) var<storage, read> x: array<StoredX>;
@group(0) @binding(1) var<storage, read> dy: array<StoredDy>;
@group(0) @binding(2) var<storage, read_write> y: array<Stored>;
@group(0) @binding(16) var<uniform> params: Params;

// A row of dw: the place of its tap, and its channel.
struct Row {
  tap: vec4<i32>,
  channel: i32,
}

fn rowOf(row: u32, group: u32) -> Row {
  let tap = i32(row / params.depth);
  let lines = tap / params.kernel.w;
  let place = vec4<i32>(0, lines / params.kernel.z, lines % params.kernel.z, tap % params.kernel.w);
  var reach = place * params.dilation - params.before;
  // Behind the last tap nothing is inside.
  reach.y = select(reach.y, -0x40000000, place.y >= params.kernel.y);
  return Row(reach, i32(params.xOffset + group * params.depth + row % params.depth));
}

// The address of a row's number for the first pixel of a line, and the pixels that are inside the
// input: from the second to below the third.
fn lineOf(row: Row, item: i32, z: i32, y: i32) -> vec3<i32> {
  let s = params.stride.w;
  let iz = z * params.stride.y + row.tap.y;
  let iy = y * params.stride.z + row.tap.z;
  let ix = row.tap.w;
  // Without short-circuits: SwiftShader compiles a branch for each, in time that grows
  // exponentially.
  let at = vec2<i32>(iz, iy);
  let isInside = all((at >= vec2<i32>()) & (at < params.input.yz));
  let low = max(0, (s - 1 - ix) / s);
  let high = select(0, min(params.output.w, (params.input.w - ix + s - 1) / s), isInside);
  let pixel = ((item * params.input.y + iz) * params.input.z + iy) * params.input.w + ix;
  return vec3<i32>(row.channel + pixel * i32(params.groups * params.depth), low, high);
}

fn masked(v: vec4<f32>, mask: vec4<bool>) -> vec4<f32> {
  return bitcast<vec4<f32>>(
    bitcast<vec4<u32>>(v) & select(vec4<u32>(), vec4<u32>(0xffffffffu), mask));
}

// The lines of four rows, of which all are the first where they are one tap.
struct Lines {
  start: vec4<i32>,
  low: vec4<i32>,
  high: vec4<i32>,
}

fn linesOf(rows: array<Row, 4>, item: i32, z: i32, y: i32) -> Lines {
  let a = lineOf(rows[0], item, z, y);
  if (ROW_VECTOR) { return Lines(a.xxxx, a.yyyy, a.zzzz); }
  let b = lineOf(rows[1], item, z, y);
  let c = lineOf(rows[2], item, z, y);
  let d = lineOf(rows[3], item, z, y);
  return Lines(vec4<i32>(a.x, b.x, c.x, d.x), vec4<i32>(a.y, b.y, c.y, d.y),
                 vec4<i32>(a.z, b.z, c.z, d.z));
}

// Numbers of four rows at pixel ox of their lines.
fn rowsAt(lines: Lines, ox: i32, shift: i32) -> vec4<f32> {
  let mask = (vec4<i32>(ox) >= lines.low) & (vec4<i32>(ox) < lines.high);
  if (ROW_VECTOR) { return masked(xFour(u32(max(0, lines.start.x + shift))), mask.xxxx); }
  let at = vec4<u32>(max(vec4<i32>(), lines.start + shift));
  return masked(vec4<f32>(xOne(at.x), xOne(at.y), xOne(at.z), xOne(at.w)), mask);
}

fn rowCount() -> u32 {
  return u32(params.kernel.y * params.kernel.z * params.kernel.w) * params.depth;
}

// A split holds the rows of dw and behind them the sums.
fn placeOf(split: u32, row: u32, group: u32) -> u32 {
  let rows = rowCount() + select(0u, 1u, SUMS);
  return (split * rows + row) * params.groups * params.columns + group * params.columns;
}

fn store(split: u32, row: u32, group: u32, col: u32, v: vec4<f32>) {
  if (row >= rowCount() || col >= params.columns) { return; }
  storeFour(placeOf(split, row, group) + col, v, params.columns - col);
}

fn outer(a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(b * a.x, b * a.y, b * a.z, b * a.w);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  let col = (index % params.columnBlocks) * COLUMNS;
  let rest = index / params.columnBlocks;
  let row = (rest % params.rowBlocks) * 8u;
  let group = (rest / params.rowBlocks) % params.groups;
  let split = rest / params.rowBlocks / params.groups;
  if (split >= params.splits) { return; }
  // Loops keep the code short, and with it the time to compile it.
  var top = array<Row, 4>();
  var low = array<Row, 4>();
  for (var i = 0u; i < 4u; i++) {
    top[i] = rowOf(row + i, group);
    low[i] = rowOf(row + 4u + i, group);
  }
  var c00 = mat4x4<f32>();
  var c01 = mat4x4<f32>();
  var c10 = mat4x4<f32>();
  var c11 = mat4x4<f32>();
  var left = vec4<f32>();
  var right = vec4<f32>();
  // The first row reads all of dy where it sums it.
  let isSummed = SUMS && row == 0u;
  let channels = params.groups * params.columns;
  let step = params.stride.w * i32(params.groups * params.depth);
  let lines = params.output.x * params.output.y * params.output.z;
  let end = min(lines, i32((split + 1u) * params.chunk));
  for (var line = i32(split * params.chunk); line < end; line++) {
    let planes = line / params.output.z;
    let oy = line % params.output.z;
    let oz = planes % params.output.y;
    let item = planes / params.output.y;
    let t = linesOf(top, item, oz, oy);
    let l = linesOf(low, item, oz, oy);
    var at = params.dyOffset + u32(line * params.output.w) * channels + group * params.columns
      + col;
    let ends = max(t.high, l.high);
    let last = select(max(max(ends.x, ends.y), max(ends.z, ends.w)), params.output.w, isSummed);
    var shift = 0;
    for (var ox = 0; ox < last; ox++) {
      let a0 = rowsAt(t, ox, shift);
      let a1 = rowsAt(l, ox, shift);
      let b0 = dyFour(at);
      c00 += outer(a0, b0);
      c10 += outer(a1, b0);
      if (isSummed) { left += b0; }
      if (COLUMNS > 4u) {
        let b1 = dyFour(at + 4u);
        c01 += outer(a0, b1);
        c11 += outer(a1, b1);
        if (isSummed) { right += b1; }
      }
      at += channels;
      shift += step;
    }
  }
  var blocks = array<mat4x4<f32>, 4>(c00, c10, c01, c11);
  for (var i = 0u; i < 2u * COLUMNS; i++) {
    store(split, row + i % 8u, group, col + i / 8u * 4u, blocks[i / 4u][i % 4u]);
  }
  let channel = group * params.columns + col;
  let behind = placeOf(split, rowCount(), 0u);
  if (isSummed) {
    storeSums(behind, channel, left, params.columns - col);
    if (COLUMNS > 4u && col + 4u < params.columns) {
      storeSums(behind, channel + 4u, right, params.columns - col - 4u);
    }
  }
}
