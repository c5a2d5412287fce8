// The filter gradient of a convolution:
//
//   dw[t, ci, co] = Σ over n, o of x[n, o·stride − before + t·dilation, ci] · dy[n, o, co]
//
// A row of this product is a tap with one of its input channels, a column an output channel; the
// sum runs over pixels, cut into splits that a second kernel (matmulJoin.wgsl) adds in order. A
// thread makes 8 rows × 8 columns in registers, for software adapters; convFilterTiled.wgsl is for
// GPUs.
//
// The host's prelude declares the bools ROW_VECTOR (input channels per group come in fours: four
// rows are one tap) and COLUMN_VECTOR (output channels do).

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
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> x4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> dy4: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dw: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// One input channel seen through one tap along a line of output: the address of its first pixel,
// and the steps that stay inside the input.
struct Line {
  start: i32,
  low: i32,
  high: i32,
}

fn lineOf(row: u32, group: u32, item: i32, z: i32, y: i32) -> Line {
  let tap = i32(row / params.depth);
  let kx = tap % params.kernel.w;
  let ky = (tap / params.kernel.w) % params.kernel.z;
  let kz = tap / (params.kernel.w * params.kernel.z);
  let iz = z * params.stride.y - params.before.y + kz * params.dilation.y;
  let iy = y * params.stride.z - params.before.z + ky * params.dilation.z;
  let ix = kx * params.dilation.w - params.before.w;
  var line = Line(0, 0, 0);
  // Without short-circuits: SwiftShader compiles a branch for each, in time that grows
  // exponentially.
  let at = vec4<i32>(kz, iz, iy, 0);
  let isInside = all((at >= vec4<i32>())
    & (at < vec4<i32>(params.kernel.y, params.input.y, params.input.z, params.input.w - ix)));
  let s = params.stride.w;
  line.low = max(0, (s - 1 - ix) / s);
  line.high = select(0, min(params.output.w, (params.input.w - ix + s - 1) / s), isInside);
  let pixel = ((item * params.input.y + iz) * params.input.z + iy) * params.input.w + ix;
  let channel = group * params.depth + row % params.depth;
  line.start = i32(params.xOffset + channel) + pixel * i32(params.groups * params.depth);
  return line;
}

// Input channels of four rows at an output pixel of the line.
fn rowsAt(l0: Line, l1: Line, l2: Line, l3: Line, ox: i32) -> vec4<f32> {
  let shift = ox * params.stride.w * i32(params.groups * params.depth);
  if (ROW_VECTOR) {
    let v = x4[u32(max(0, l0.start + shift)) / 4u];
    return select(vec4<f32>(), v, (ox >= l0.low) & (ox < l0.high));
  }
  let at = max(vec4<i32>(), vec4<i32>(l0.start, l1.start, l2.start, l3.start) + shift);
  let v = vec4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]);
  let low = vec4<i32>(l0.low, l1.low, l2.low, l3.low);
  let high = vec4<i32>(l0.high, l1.high, l2.high, l3.high);
  let along = vec4<i32>(ox);
  return select(vec4<f32>(), v, (along >= low) & (along < high));
}

fn columnsAt(at: u32) -> vec4<f32> {
  if (COLUMN_VECTOR) { return dy4[at / 4u]; }
  return vec4<f32>(dy[at], dy[at + 1u], dy[at + 2u], dy[at + 3u]);
}

fn store(split: u32, row: u32, group: u32, col: u32, v: vec4<f32>) {
  let rows = u32(params.kernel.y * params.kernel.z * params.kernel.w) * params.depth;
  if (row >= rows || col >= params.columns) { return; }
  let line = params.groups * params.columns;
  let at = (split * rows + row) * line + group * params.columns + col;
  dw[at] = v.x;
  if (col + 1u < params.columns) { dw[at + 1u] = v.y; }
  if (col + 2u < params.columns) { dw[at + 2u] = v.z; }
  if (col + 3u < params.columns) { dw[at + 3u] = v.w; }
}

fn storeBlock(split: u32, row: u32, group: u32, col: u32, m: mat4x4<f32>) {
  store(split, row, group, col, m[0]);
  store(split, row + 1u, group, col, m[1]);
  store(split, row + 2u, group, col, m[2]);
  store(split, row + 3u, group, col, m[3]);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let group = id.z % params.groups;
  let split = id.z / params.groups;
  let col = id.x * 8u;
  let row = id.y * 8u;
  let rows = u32(params.kernel.y * params.kernel.z * params.kernel.w) * params.depth;
  if (col >= params.columns || row >= rows) { return; }
  var c00 = mat4x4<f32>();
  var c01 = mat4x4<f32>();
  var c10 = mat4x4<f32>();
  var c11 = mat4x4<f32>();
  let channels = params.groups * params.columns;
  let lines = params.output.x * params.output.y * params.output.z;
  let end = min(lines, i32((split + 1u) * params.chunk));
  for (var line = i32(split * params.chunk); line < end; line++) {
    let oy = line % params.output.z;
    let oz = (line / params.output.z) % params.output.y;
    let item = line / (params.output.z * params.output.y);
    let l0 = lineOf(row, group, item, oz, oy);
    let l1 = lineOf(row + 1u, group, item, oz, oy);
    let l2 = lineOf(row + 2u, group, item, oz, oy);
    let l3 = lineOf(row + 3u, group, item, oz, oy);
    let l4 = lineOf(row + 4u, group, item, oz, oy);
    let l5 = lineOf(row + 5u, group, item, oz, oy);
    let l6 = lineOf(row + 6u, group, item, oz, oy);
    let l7 = lineOf(row + 7u, group, item, oz, oy);
    let first = params.dyOffset + u32(line * params.output.w) * channels
      + group * params.columns + col;
    for (var ox = 0; ox < params.output.w; ox++) {
      let at = first + u32(ox) * channels;
      let top = rowsAt(l0, l1, l2, l3, ox);
      let low = rowsAt(l4, l5, l6, l7, ox);
      let b0 = columnsAt(at);
      c00 += mat4x4<f32>(b0 * top.x, b0 * top.y, b0 * top.z, b0 * top.w);
      c10 += mat4x4<f32>(b0 * low.x, b0 * low.y, b0 * low.z, b0 * low.w);
      if (col + 4u < params.columns) {
        let b1 = columnsAt(at + 4u);
        c01 += mat4x4<f32>(b1 * top.x, b1 * top.y, b1 * top.z, b1 * top.w);
        c11 += mat4x4<f32>(b1 * low.x, b1 * low.y, b1 * low.z, b1 * low.w);
      }
    }
  }
  storeBlock(split, row, group, col, c00);
  storeBlock(split, row + 4u, group, col, c10);
  storeBlock(split, row, group, col + 4u, c01);
  storeBlock(split, row + 4u, group, col + 4u, c11);
}
