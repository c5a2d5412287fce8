// One optimizer step over an arena: reads the gradient, rewrites the parameter and up to three
// slots. All operands are laid out alike; a range of vectors [start, start + count) is updated.
//
// The host's prelude declares `fn update(i: u32, g: vec4<f32>)`, which uses p, the slots s, t, r,
// the hyperparameters params.h and params.k, and the global `state`: state[0] is the number of
// this step, from 1, and state[1] is 0 if it is left out. It also declares `const L2: bool`:
// whether weight decay is a part of the gradient,
//
//   g ← g + weightDecay · p
//
// or left to the rule; and `const LATE: bool`: whether r is what is applied later, which is 0 then.

struct Params {
  start: u32,
  count: u32,
  weightDecay: f32,
  h: vec4<f32>,
  k: vec4<f32>,
}

@group(0) @binding(0) var<storage, read> gradient: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> p: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> s: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> t: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> r: array<vec4<f32>>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let i = id.x + id.y * grid.x * 64u;
  if (i >= params.count) { return; }
  let at = params.start + i;
  if (state[1] == 0.0) {
    if (LATE) { r[at] = vec4<f32>(); }
    return;
  }
  var g = gradient[at];
  if (L2 && params.weightDecay != 0.0) { g += params.weightDecay * p[at]; }
  update(at, g);
}
