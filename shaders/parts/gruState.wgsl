// Part of gru.wgsl and gruSequence.wgsl: the end of a step, for a row and an element (or vector of
// four) of its state. h is the state before, q what the product has.

// The step at hand, and slots: of `gates`, and of the state before and after.
struct Now {
  time: u32,
  kept: u32,
  before: u32,
  after: u32,
}
var<private> now: Now;

fn storeState(row: u32, unit: u32, qr: A, qz: A, qn: A, h: A) {
  let width = params.hidden;
  let size = params.rows * width;
  let p = params.projectedOffset + now.time * 3u * size + row * 3u * width + unit;
  let r = sigmoidStable(projected[p] + qr);
  let z = sigmoidStable(projected[p + width] + qz);
  let n = tanhOf(projected[p + 2u * width] + r * qn);
  let kept = now.kept * 4u * size + row * 4u * width + unit;
  gates[kept] = r;
  gates[kept + width] = z;
  gates[kept + 2u * width] = n;
  gates[kept + 3u * width] = qn;
  let length = lengths[params.lengthsOffset + row * params.hasLengths];
  let isOver = (params.hasLengths != 0u) & (i32(now.time) >= length);
  let after = now.after * size + row * width + unit;
  hiddens[after] = select((A(1.0) - z) * n + z * h, h, isOver);
}
