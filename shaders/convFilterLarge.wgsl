// The filter gradient of a convolution as in convFilter.wgsl, for many rows and columns on
// software adapters: a thread makes 16 rows × 16 columns in registers (see matmulLarge.wgsl).
// Channels per group come in fours on both sides.
//
// The host's prelude is that of convFilter.wgsl, without ROW_VECTOR and COLUMNS.

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

// Numbers of four rows, one tap, at pixel ox of their line; zero outside, whatever is there.
fn rowsAt(line: vec3<i32>, ox: i32, shift: i32) -> vec4<f32> {
  let mask = select(0u, 0xffffffffu, (ox >= line.y) & (ox < line.z));
  let v = xFour(u32(max(0, line.x + shift)));
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) & vec4<u32>(mask));
}

fn products(p: vec4<f32>, q: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(q * p.x, q * p.y, q * p.z, q * p.w);
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

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 16u;
  let col = (index % params.columnBlocks) * 16u;
  let rest = index / params.columnBlocks;
  let row = (rest % params.rowBlocks) * 16u;
  let group = (rest / params.rowBlocks) % params.groups;
  let split = rest / params.rowBlocks / params.groups;
  if (split >= params.splits) { return; }
  let r0 = rowOf(row, group);
  let r1 = rowOf(row + 4u, group);
  let r2 = rowOf(row + 8u, group);
  let r3 = rowOf(row + 12u, group);
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
  var sums = mat4x4<f32>();
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
    let l0 = lineOf(r0, item, oz, oy);
    let l1 = lineOf(r1, item, oz, oy);
    let l2 = lineOf(r2, item, oz, oy);
    let l3 = lineOf(r3, item, oz, oy);
    var at = params.dyOffset + u32(line * params.output.w) * channels + group * params.columns
      + col;
    let last = select(max(max(l0.z, l1.z), max(l2.z, l3.z)), params.output.w, isSummed);
    var shift = 0;
    for (var ox = 0; ox < last; ox++) {
      let a0 = rowsAt(l0, ox, shift);
      let a1 = rowsAt(l1, ox, shift);
      let a2 = rowsAt(l2, ox, shift);
      let a3 = rowsAt(l3, ox, shift);
      let b0 = dyFour(at);
      c00 += products(a0, b0);
      c10 += products(a1, b0);
      c20 += products(a2, b0);
      c30 += products(a3, b0);
      let b1 = dyFour(at + 4u);
      c01 += products(a0, b1);
      c11 += products(a1, b1);
      c21 += products(a2, b1);
      c31 += products(a3, b1);
      let b2 = dyFour(at + 8u);
      c02 += products(a0, b2);
      c12 += products(a1, b2);
      c22 += products(a2, b2);
      c32 += products(a3, b2);
      let b3 = dyFour(at + 12u);
      c03 += products(a0, b3);
      c13 += products(a1, b3);
      c23 += products(a2, b3);
      c33 += products(a3, b3);
      if (isSummed) { sums += mat4x4<f32>(b0, b1, b2, b3); }
      at += channels;
      shift += step;
    }
  }
  // A loop keeps the code short, and with it the time to compile it.
  var blocks = array<mat4x4<f32>, 16>(c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23,
                                      c30, c31, c32, c33);
  for (var i = 0u; i < 64u; i++) {
    let part = blocks[i / 4u][i % 4u];
    store(split, row + i / 16u * 4u + i % 4u, group, col + i / 4u % 4u * 4u, part);
  }
  if (!isSummed) { return; }
  let behind = placeOf(split, rowCount(), 0u);
  for (var i = 0u; i < 4u && col + i * 4u < params.columns; i++) {
    let channel = group * params.columns + col + i * 4u;
    storeSums(behind, channel, sums[i], params.columns - col - i * 4u);
  }
}
