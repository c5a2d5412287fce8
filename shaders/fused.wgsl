// A chain of elementwise operations in one pass, a vector (or element) of their results a thread.
//
// The host's prelude declares LANES, the elements of a thread, WHOLE, which says that every thread
// has some, the storage bindings, and `fn fused(at: u32, i: u32)`, which computes and stores the
// values at elements at … at + LANES − 1, the vector number i, and reads its numbers, offsets and
// strides from params.words.

struct Params {
  size: u32,                       // threads
  words: array<vec4<u32>, 15>,
}

@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (!WHOLE && i >= params.size) { return; }
  fused(i * LANES, i);
}
