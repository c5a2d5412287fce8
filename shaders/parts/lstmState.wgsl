// Part of lstm.wgsl, lstmStep.wgsl and lstmSequence.wgsl: the end of a step, for a row and an element (or vector of
// four) of its state. h and c are the state before; z is what the pre-activations have beside
// `projected`. Without RAGGED all rows are as long as the sequence, and h may be anything.

// The step at hand, and slots: of `gates`, and of the state before and after.
struct Now {
  time: u32,
  kept: u32,
  before: u32,
  after: u32,
}
var<private> now: Now;

fn storeState(row: u32, unit: u32, zi: A, zf: A, zg: A, zo: A, h: A, c: A) {
  let width = params.hidden;
  let size = params.rows * width;
  let inner = row * 4u * width + unit;
  let p = params.projectedOffset + now.time * 4u * size + inner;
  let i = sigmoidStable(projected[p] + zi);
  let f = sigmoidStable(projected[p + width] + zf);
  let g = tanhOf(projected[p + 2u * width] + zg);
  let o = sigmoidStable(projected[p + 3u * width] + zo);
  let kept = now.kept * 4u * size + inner;
  gates[kept] = i;
  gates[kept + width] = f;
  gates[kept + 2u * width] = g;
  gates[kept + 3u * width] = o;
  let next = f * c + i * g;
  let after = now.after * size + row * width + unit;
  var isOver = false;
  if (RAGGED) { isOver = i32(now.time) >= lengths[params.lengthsOffset + row]; }
  cells[after] = select(next, c, isOver);
  hiddens[after] = select(o * tanhOf(next), h, isOver);
}
