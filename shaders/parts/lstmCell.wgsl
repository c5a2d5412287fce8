// An LSTM's gates in the order i, f, g, o: activations, or the gradients of what is below them.
//
// The host's prelude declares `alias A` and `fn tanhOf(x: A) -> A`.

struct Gates {
  i: A,
  f: A,
  g: A,
  o: A,
}

// What a step does to the gradient of its state.
struct CellGradient {
  below: Gates,
  carried: A,      // dc of the step before
}

// dc ← dc + dh · o · (1 − tanh²c'), then the gradient below every gate.
fn cellGradient(y: Gates, c: A, next: A, dh: A, dc: A) -> CellGradient {
  let t = tanhOf(next);
  let d = dc + dh * y.o * (A(1.0) - t * t);
  let di = d * y.g * y.i * (A(1.0) - y.i);
  let df = d * c * y.f * (A(1.0) - y.f);
  let dg = d * y.i * (A(1.0) - y.g * y.g);
  let dout = dh * t * y.o * (A(1.0) - y.o);
  return CellGradient(Gates(di, df, dg, dout), d * y.f);
}
