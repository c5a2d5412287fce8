// Elementwise binary, four elements a thread: y[i] = apply(a[..], b[..]).
//
// Each operand is one of: the whole (index i), one element for all, a row that repeats, or a number
// in the params. The host's prelude declares `alias Scalar`, `alias A` (a vector of four Scalars),
// `alias Out`, `fn apply(a: A, b: A) -> Out`, and the modes A_MODE and B_MODE.

const WHOLE = 0u;
const ELEMENT = 1u;
const ROW = 2u;
const NUMBER = 3u;

struct Params {
  size: u32,     // of y, in vectors
  aOffset: u32,  // in vectors (WHOLE, ROW) or elements (ELEMENT)
  bOffset: u32,
  period: u32,   // of the repeating row, in vectors
  number: u32,   // bits of a Scalar
}

@group(0) @binding(0) var<storage, read> a: array<A>;
@group(0) @binding(1) var<storage, read> b: array<A>;
@group(0) @binding(2) var<storage, read_write> y: array<Out>;
@group(1) @binding(0) var<uniform> params: Params;

fn loadA(i: u32) -> A {
  if (A_MODE == WHOLE) { return a[i + params.aOffset]; }
  if (A_MODE == ELEMENT) { return A(a[params.aOffset / 4u][params.aOffset % 4u]); }
  if (A_MODE == ROW) { return a[i % params.period + params.aOffset]; }
  return A(bitcast<Scalar>(params.number));
}

fn loadB(i: u32) -> A {
  if (B_MODE == WHOLE) { return b[i + params.bOffset]; }
  if (B_MODE == ELEMENT) { return A(b[params.bOffset / 4u][params.bOffset % 4u]); }
  if (B_MODE == ROW) { return b[i % params.period + params.bOffset]; }
  return A(bitcast<Scalar>(params.number));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  y[i] = apply(loadA(i), loadB(i));
}
