// What an addition loses to rounding, for sums that must not drift.

import type { Kernel } from "../gpu/kernel.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Binary, kernelsOfBinary } from "./elementwise.ts";

/**
 * Compilers may reorder float arithmetic, in fused kernels beyond a single op, and would find that all
 * of this is 0. Bits that pass through an OR with a number from memory are out of their sight.
 */
const HELPERS = `fn opaque(x: A, zero: f32) -> A {
  return bitcast<A>(bitcast<Word>(x) | Word(bitcast<u32>(zero)));
}
fn roundingError(a: A, b: A, zero: f32) -> A {
  let s = opaque(a + b, zero);
  let part = opaque(s - a, zero);
  let rest = opaque(s - part, zero);
  let error = opaque(a - rest, zero) + opaque(b - part, zero);
  return select(A(0.0), error, (bitcast<Word>(s) & Word(0x7f800000u)) != Word(0x7f800000u));
}`;

const binary: Binary = /* @__PURE__ */ new Binary({
  name: "roundingError",
  expression: "roundingError(a, b, params.p)",
  helpers: HELPERS,
  dtypes: ["f32"],
});

/** Every kernel of this file. */
export function roundingErrorKernels(): Kernel[] {
  return kernelsOfBinary(binary);
}

/**
 * (a + b) − fl(a + b), exactly: what the f32 sum of the two leaves out; 0 where that is not finite. Not
 * differentiable.
 *
 * @see Knuth 1997, The Art of Computer Programming 2, §4.2.2, theorem B.
 */
export function roundingError(a: Tensor, b: Tensor): Tensor {
  return binary.run(a, b, [0, 0]);
}
