// Part of gruReset.wgsl and gruResetSequence.wgsl: the two ends of a step, for a row and an element
// (or vector of four) of its state. h is the state before, q what the products have.

// The step at hand, and slots: of `gates` and `resets`, and of the state before and after.
struct Now {
  time: u32,
  kept: u32,
  before: u32,
  after: u32,
}
var<private> now: Now;

fn openState(row: u32, unit: u32, qz: A, qr: A, h: A) {
  let width = params.hidden;
  let size = params.rows * width;
  let inner = row * 3u * width + unit;
  let p = params.projectedOffset + now.time * 3u * size + inner;
  let r = sigmoidStable(projected[p + width] + qr);
  let kept = now.kept * 3u * size + inner;
  gates[kept] = sigmoidStable(projected[p] + qz);
  gates[kept + width] = r;
  resets[now.kept * size + row * width + unit] = r * h;
}

fn closeState(row: u32, unit: u32, qa: A, h: A) {
  let width = params.hidden;
  let size = params.rows * width;
  let inner = row * 3u * width + unit;
  let p = params.projectedOffset + now.time * 3u * size + inner;
  let kept = now.kept * 3u * size + inner;
  let z = gates[kept];
  let a = tanhOf(projected[p + 2u * width] + qa);
  gates[kept + 2u * width] = a;
  let length = lengths[params.lengthsOffset + row * params.hasLengths];
  let isOver = (params.hasLengths != 0u) & (i32(now.time) >= length);
  let after = now.after * size + row * width + unit;
  hiddens[after] = select((A(1.0) - z) * h + z * a, h, isOver);
}
