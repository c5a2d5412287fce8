// Input gradient of layer norm and RMS norm over the rows of x[rows, length]:
//
//   dx = r · (g − mean(g) − x̂ · mean(g · x̂)),  g = scale · dy,  x̂ = (x − μ) · r
//
// without the term mean(g) for RMS norm, whose μ is 0. μ and r are those of the forward pass.
//
// `threads`: a thread per row, for short rows and software adapters. `groups`: a workgroup per row.
// The host's prelude declares `alias Value`, `fn total(v: Value) -> f32` and the bool CENTERED, as
// for rowNorm.wgsl, and has parts/overGroup.wgsl.

struct Params {
  rows: u32,
  length: u32,      // in Values, as are steps and offsets
  xOffset: u32,
  dyOffset: u32,
  scaleStep: u32,   // 0 where one Value serves all
  reciprocal: f32,  // 1 / elements of a row
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read> scale: array<Value>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;  // μ of all rows, then r
@group(0) @binding(4) var<storage, read_write> dx: array<Value>;
@group(1) @binding(0) var<uniform> params: Params;

struct Row {
  start: u32,
  mu: f32,
  r: f32,
}

fn rowOf(row: u32) -> Row {
  return Row(row * params.length, statistics[row], statistics[params.rows + row]);
}

fn scaled(row: Row, i: u32) -> Value {
  return dy[params.dyOffset + row.start + i] * scale[i * params.scaleStep];
}

fn normalized(row: Row, i: u32) -> Value {
  return (x[params.xOffset + row.start + i] - row.mu) * row.r;
}

fn store(row: Row, i: u32, meanOfG: f32, meanOfProduct: f32) {
  let inner = scaled(row, i) - meanOfG - normalized(row, i) * meanOfProduct;
  dx[row.start + i] = inner * row.r;
}

@compute @workgroup_size(64)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let index = id.x + id.y * grid.x * 64u;
  if (index >= params.rows) { return; }
  let row = rowOf(index);
  var sums = Value();
  var products = Value();
  for (var i = 0u; i < params.length; i++) {
    let g = scaled(row, i);
    sums += g;
    products += g * normalized(row, i);
  }
  let meanOfG = select(0.0, total(sums) * params.reciprocal, CENTERED);
  let meanOfProduct = total(products) * params.reciprocal;
  for (var i = 0u; i < params.length; i++) { store(row, i, meanOfG, meanOfProduct); }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let index = group.x + group.y * grid.x;
  if (index >= params.rows) { return; }
  let row = rowOf(index);
  var sums = Value();
  var products = Value();
  for (var i = thread; i < params.length; i += 64u) {
    let g = scaled(row, i);
    sums += g;
    products += g * normalized(row, i);
  }
  var meanOfG = 0.0;
  if (CENTERED) { meanOfG = sumOverGroup(thread, total(sums)) * params.reciprocal; }
  let meanOfProduct = sumOverGroup(thread, total(products)) * params.reciprocal;
  for (var i = thread; i < params.length; i += 64u) { store(row, i, meanOfG, meanOfProduct); }
}
