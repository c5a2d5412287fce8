// Part of gruResetGradient.wgsl and gruResetSequenceGradient.wgsl: with dh arriving at h', and ds
// at r · h, for a row and an element (or vector of four) of its state, the gradients below the
// gates, and what goes on to the step before.

// The step at hand, and the slot of the state before.
struct Now {
  time: u32,
  before: u32,
}
var<private> now: Now;

fn closeGradient(row: u32, unit: u32, dh: A) {
  let width = params.hidden;
  let size = params.rows * width;
  let at = row * width + unit;
  let place = now.time * 3u * size + row * 3u * width + unit;
  let z = gates[place];
  let a = gates[place + 2u * width];
  let h = hiddens[now.before * size + at];
  let length = lengths[params.lengthsOffset + row * params.hasLengths];
  let isOver = (params.hasLengths != 0u) & (i32(now.time) >= length);
  let d = select(dh, A(), isOver);
  dProjected[place] = d * (a - h) * z * (A(1.0) - z);
  dProjected[place + 2u * width] = d * z * (A(1.0) - a * a);
  carry[at] = select(dh * (A(1.0) - z), dh, isOver);
}

fn openGradient(row: u32, unit: u32, ds: A) {
  let width = params.hidden;
  let size = params.rows * width;
  let at = row * width + unit;
  let place = now.time * 3u * size + row * 3u * width + unit;
  let r = gates[place + width];
  let h = hiddens[now.before * size + at];
  dProjected[place + width] = ds * h * r * (A(1.0) - r);
  carry[at] += ds * r;
}
