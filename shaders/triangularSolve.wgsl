// Solutions of triangular systems t[batch, n, n]·x = b[batch, n, columns] by substitution:
//
//   x[i] = (b[i] − Σ_k t[i, k]·x[k]) / t[i, i],   k over the rows solved before
//
// A thread per column of b. `backwards` starts from the last row, `transposed` reads t[k, i] for
// t[i, k], `unit` takes the diagonal to be 1.

struct Params {
  batch: u32,
  n: u32,
  columns: u32,
  tOffset: u32,
  bOffset: u32,
  backwards: u32,
  transposed: u32,
  unit: u32,
}

@group(0) @binding(0) var<storage, read> t: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.batch * params.columns) { return; }
  let n = params.n;
  let matrix = at / params.columns;
  let column = at % params.columns;
  let start = params.tOffset + matrix * n * n;
  let line = matrix * n * params.columns + column;
  let rowStep = select(n, 1u, params.transposed == 1u);
  let columnStep = select(1u, n, params.transposed == 1u);
  for (var step = 0u; step < n; step++) {
    let i = select(step, n - 1u - step, params.backwards == 1u);
    var v = b[params.bOffset + line + i * params.columns];
    for (var done = 0u; done < step; done++) {
      let k = select(done, n - 1u - done, params.backwards == 1u);
      v -= t[start + i * rowStep + k * columnStep] * x[line + k * params.columns];
    }
    let pivot = select(t[start + i * (n + 1u)], 1.0, params.unit == 1u);
    x[line + i * params.columns] = v / pivot;
  }
}
