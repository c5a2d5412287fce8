// Part of lstmGradient.wgsl, lstmStepGradient.wgsl and lstmSequenceGradient.wgsl: with dh and dc arriving at h' and c', for a
// row and an element (or vector of four) of its state, the gradients below the gates, and what goes
// on to the step before. Without RAGGED all rows are as long as the sequence.

// The step at hand, and slots of the state before and after.
struct Now {
  time: u32,
  before: u32,
  after: u32,
}
var<private> now: Now;

fn storeStateGradient(row: u32, unit: u32, dh: A, dc: A) {
  let width = params.hidden;
  let size = params.rows * width;
  let at = row * width + unit;
  let inner = now.time * 4u * size + row * 4u * width + unit;
  let i = gates[inner];
  let f = gates[inner + width];
  let g = gates[inner + 2u * width];
  let o = gates[inner + 3u * width];
  let c = cells[now.before * size + at];
  let t = tanhOf(cells[now.after * size + at]);
  let d = dc + dh * o * (A(1.0) - t * t);
  var isOver = false;
  if (RAGGED) { isOver = i32(now.time) >= lengths[params.lengthsOffset + row]; }
  dGates[inner] = select(d * g * i * (A(1.0) - i), A(), isOver);
  dGates[inner + width] = select(d * c * f * (A(1.0) - f), A(), isOver);
  dGates[inner + 2u * width] = select(d * i * (A(1.0) - g * g), A(), isOver);
  dGates[inner + 3u * width] = select(dh * t * o * (A(1.0) - o), A(), isOver);
  if (RAGGED) { carry[at] = select(A(), dh, isOver); }
  carry[size + at] = select(d * f, dc, isOver);
}
