// Index of the extreme along the middle axis of x[outer, length, inner]; the first one wins a tie.
//
// The host's prelude declares `alias In` and `fn better(a: In, b: In) -> bool`.

struct Params {
  outer: u32,
  length: u32,
  inner: u32,
  offset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<In>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let result = id.x + id.y * groups.x * 64u;
  if (result >= params.outer * params.inner) { return; }
  let i = result % params.inner;
  let o = result / params.inner;
  var at = params.offset + o * params.length * params.inner + i;
  var best = x[at];
  var index = 0u;
  for (var n = 1u; n < params.length; n++) {
    at += params.inner;
    if (better(x[at], best)) {
      best = x[at];
      index = n;
    }
  }
  y[result] = i32(index);
}
