// Elementwise binary, four elements a thread: y[i] = StoredOut(apply(a[..], b[..]).
//
// Each operand is one of: the whole (index i), one element for all, a row that repeats, or a number
// in the params. The host's prelude declares `alias Lane`, `alias A` (a vector of four Lanes),
// `alias Out`, `alias StoredA` and `alias StoredOut` (what lies in memory for them: f16 for f32),
// `fn apply(a: A, b: A) -> Out`, which may use params.p and params.q, and the modes A_MODE and
// B_MODE.

const WHOLE = 0u;
const ELEMENT = 1u;
const ROW = 2u;
const NUMBER = 3u;

struct Params {
  size: u32,     // of y, in vectors
  aOffset: u32,  // in vectors (WHOLE, ROW) or elements (ELEMENT)
  bOffset: u32,
  period: u32,   // of the repeating row, in vectors
  number: u32,   // bits of a Lane
  p: f32,
  q: f32,
}

@group(0) @binding(0) var<storage, read> a: array<StoredA>;
@group(0) @binding(1) var<storage, read> b: array<StoredA>;
@group(0) @binding(2) var<storage, read_write> y: array<StoredOut>;
@group(0) @binding(16) var<uniform> params: Params;

fn loadA(i: u32) -> A {
  if (A_MODE == WHOLE) { return A(a[i + params.aOffset]); }
  if (A_MODE == ELEMENT) { return A(Lane(a[params.aOffset / 4u][params.aOffset % 4u])); }
  if (A_MODE == ROW) { return A(a[i % params.period + params.aOffset]); }
  return A(bitcast<Lane>(params.number));
}

fn loadB(i: u32) -> A {
  if (B_MODE == WHOLE) { return A(b[i + params.bOffset]); }
  if (B_MODE == ELEMENT) { return A(Lane(b[params.bOffset / 4u][params.bOffset % 4u])); }
  if (B_MODE == ROW) { return A(b[i % params.period + params.bOffset]); }
  return A(bitcast<Lane>(params.number));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.size) { return; }
  y[i] = StoredOut(apply(loadA(i), loadB(i)));
}
