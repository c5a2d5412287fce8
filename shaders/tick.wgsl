// Counts an optimizer's step, unless the loss at `at` is NaN or infinite:
//
//   state[0] ← state[0] + 1, state[1] ← 1   or   state[1] ← 0
//
// The update reads state[1]: whether the step is taken.

struct Params {
  at: u32,
}

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read_write> state: array<f32>;
@group(0) @binding(16) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  let bits = bitcast<u32>(loss[params.at]);
  let taken = select(0.0, 1.0, (bits & 0x7f800000u) != 0x7f800000u);
  state[0] += taken;
  state[1] = taken;
}
