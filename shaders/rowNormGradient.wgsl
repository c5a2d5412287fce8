// Gradients of layer norm and RMS norm over the rows of x[rows, length]:
//
//   dx = r · (g − mean(g) − x̂ · mean(g · x̂)),  g = scale · dy,  x̂ = (x − μ) · r
//
// without the term mean(g) for RMS norm, whose μ is 0. μ and r are those of the forward pass. Rows
// come in splits of `chunk`; each leaves its share of doffset = Σ dy and dscale = Σ dy · x̂, which
// rowNormJoin.wgsl adds up.
//
// `threads`: a thread per split, for short rows and software adapters. `groups`: a workgroup per
// split. The host's prelude declares `alias Value`, `fn total(v: Value) -> f32` and the bool
// CENTERED, as for rowNorm.wgsl, and has parts/overGroup.wgsl. Its bools DX and SUMS say what is
// wanted.

struct Params {
  rows: u32,
  length: u32,      // in Values, as are steps and offsets
  xOffset: u32,
  dyOffset: u32,
  scaleStep: u32,   // 0 where one Value serves all
  reciprocal: f32,  // 1 / elements of a row
  splits: u32,
  chunk: u32,       // rows of a split
}

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read> scale: array<Value>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;  // μ of all rows, then r
@group(0) @binding(4) var<storage, read_write> dx: array<Value>;
@group(0) @binding(5) var<storage, read_write> sums: array<Value>;  // [2, splits, length]
@group(0) @binding(16) var<uniform> params: Params;

// Rows that are walked through side by side, so that shares of sums stay in registers meanwhile.
const RUN = 8u;

struct Row {
  start: u32,
  mu: f32,
  r: f32,
  meanOfG: f32,
  meanOfProduct: f32,
}

fn rowOf(row: u32) -> Row {
  return Row(row * params.length, statistics[row], statistics[params.rows + row], 0.0, 0.0);
}

fn scaled(row: Row, i: u32) -> Value {
  return dy[params.dyOffset + row.start + i] * scale[i * params.scaleStep];
}

fn normalized(row: Row, i: u32) -> Value {
  return (x[params.xOffset + row.start + i] - row.mu) * row.r;
}

// Column i of a run of rows: dx, and what the run adds to the sums of its split.
fn column(run: ptr<function, array<Row, RUN>>, count: u32, i: u32, at: u32, isFirst: bool) {
  let factor = scale[i * params.scaleStep];
  var flow = Value();
  var product = Value();
  if (SUMS && !isFirst) {
    flow = sums[at];
    product = sums[params.splits * params.length + at];
  }
  for (var n = 0u; n < count; n++) {
    let row = (*run)[n];
    let g = dy[params.dyOffset + row.start + i];
    let unit = normalized(row, i);
    flow += g;
    product += g * unit;
    if (DX) {
      dx[row.start + i] = (g * factor - row.meanOfG - unit * row.meanOfProduct) * row.r;
    }
  }
  if (SUMS) {
    sums[at] = flow;
    sums[params.splits * params.length + at] = product;
  }
}

@compute @workgroup_size(16)
fn threads(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let split = id.x + id.y * grid.x * 16u;
  if (split >= params.splits) { return; }
  let begin = split * params.chunk;
  let end = min(params.rows, begin + params.chunk);
  var run: array<Row, RUN>;
  for (var first = begin; first < end; first += RUN) {
    let count = min(RUN, end - first);
    for (var n = 0u; n < count; n++) {
      var row = rowOf(first + n);
      if (DX) {
        var flows = Value();
        var products = Value();
        for (var i = 0u; i < params.length; i++) {
          let g = scaled(row, i);
          flows += g;
          products += g * normalized(row, i);
        }
        row.meanOfG = select(0.0, total(flows) * params.reciprocal, CENTERED);
        row.meanOfProduct = total(products) * params.reciprocal;
      }
      run[n] = row;
    }
    for (var i = 0u; i < params.length; i++) {
      column(&run, count, i, split * params.length + i, first == begin);
    }
  }
}

@compute @workgroup_size(64)
fn groups(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
          @builtin(local_invocation_index) thread: u32) {
  let split = group.x + group.y * grid.x;
  if (split >= params.splits) { return; }
  let begin = split * params.chunk;
  let end = min(params.rows, begin + params.chunk);
  var run: array<Row, RUN>;
  for (var first = begin; first < end; first += RUN) {
    let count = min(RUN, end - first);
    for (var n = 0u; n < count; n++) {
      var row = rowOf(first + n);
      if (DX) {
        var flows = Value();
        var products = Value();
        for (var i = thread; i < params.length; i += 64u) {
          let g = scaled(row, i);
          flows += g;
          products += g * normalized(row, i);
        }
        if (CENTERED) { row.meanOfG = sumOverGroup(thread, total(flows)) * params.reciprocal; }
        row.meanOfProduct = sumOverGroup(thread, total(products)) * params.reciprocal;
      }
      run[n] = row;
    }
    for (var i = thread; i < params.length; i += 64u) {
      column(&run, count, i, split * params.length + i, first == begin);
    }
  }
}
