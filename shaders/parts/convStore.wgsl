// Part of kernels of convolutions: four pixels × four channels of the result, with the bias.

fn store(at: vec4<i32>, phase: vec4<i32>, group: u32, col: u32, sums: vec4<f32>) {
  if (at.x >= params.result.x || col >= params.columns) { return; }
  var v = sums;
  let channel = group * params.columns + col;
  if (BIAS) {
    let start = params.biasOffset + channel;
    v += vec4<f32>(bias[start], bias[start + 1u], bias[start + 2u], bias[start + 3u]);
  }
  let place = resultAt(at, phase) * params.groups * params.columns + channel;
  storeFour(place, v, params.columns - col);
}

fn storeBlock(p0: vec4<i32>, p1: vec4<i32>, p2: vec4<i32>, p3: vec4<i32>, phase: vec4<i32>,
              group: u32, col: u32, m: mat4x4<f32>) {
  store(p0, phase, group, col, m[0]);
  store(p1, phase, group, col, m[1]);
  store(p2, phase, group, col, m[2]);
  store(p3, phase, group, col, m[3]);
}
