// Part of gruGradient.wgsl and gruSequenceGradient.wgsl: with dh arriving at h', for a row and an
// element (or vector of four) of its state, the gradients below the gates, and what goes on to the
// step before.

// The step at hand, and the slot of the state before.
struct Now {
  time: u32,
  before: u32,
}
var<private> now: Now;

fn storeStateGradient(row: u32, unit: u32, dh: A) {
  let width = params.hidden;
  let size = params.rows * width;
  let at = row * width + unit;
  let kept = now.time * 4u * size + row * 4u * width + unit;
  let r = gates[kept];
  let z = gates[kept + width];
  let n = gates[kept + 2u * width];
  let candidate = gates[kept + 3u * width];
  let h = hiddens[now.before * size + at];
  let length = lengths[params.lengthsOffset + row * params.hasLengths];
  let isOver = (params.hasLengths != 0u) & (i32(now.time) >= length);
  let d = select(dh, A(), isOver);
  let dn = d * (A(1.0) - z) * (A(1.0) - n * n);
  let dr = dn * candidate * r * (A(1.0) - r);
  let dz = d * (h - n) * z * (A(1.0) - z);
  let place = now.time * 3u * size + row * 3u * width + unit;
  dProjected[place] = dr;
  dProjected[place + width] = dz;
  dProjected[place + 2u * width] = dn;
  dProduct[place] = dr;
  dProduct[place + width] = dz;
  dProduct[place + 2u * width] = dn * r;
  carry[at] = select(dh * z, dh, isOver);
}
