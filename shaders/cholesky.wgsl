// Cholesky factors of small symmetric matrices a[batch, n, n], column by column:
//
//   L[j, j] = √(a[j, j] − Σ_{k < j} L[j, k]²)
//   L[i, j] = (a[i, j] − Σ_{k < j} L[i, k]·L[j, k]) / L[j, j],   i > j
//
// A workgroup per matrix; its threads share the rows of a column. Zeros above the diagonal.

struct Params {
  batch: u32,
  n: u32,
  offset: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> l: array<f32>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_index) thread: u32) {
  let matrix = group.x + group.y * grid.x;
  if (matrix >= params.batch) { return; }
  let n = params.n;
  let start = matrix * n * n;
  for (var j = 0u; j < n; j++) {
    // Every thread works out the pivot for itself: cheaper than a barrier more.
    var pivot = a[params.offset + start + j * n + j];
    for (var k = 0u; k < j; k++) {
      let v = l[start + j * n + k];
      pivot -= v * v;
    }
    let root = sqrt(pivot);
    for (var i = thread; i < n; i += 64u) {
      var v = 0.0;
      if (i == j) { v = root; }
      if (i > j) {
        v = a[params.offset + start + i * n + j];
        for (var k = 0u; k < j; k++) { v -= l[start + i * n + k] * l[start + j * n + k]; }
        v /= root;
      }
      l[start + i * n + j] = v;
    }
    storageBarrier();  // the next column reads this one
  }
}
