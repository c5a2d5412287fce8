// bfloat16 (the upper half of an f32) as the host reads and writes it.

const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(4));

/** The bits of the bfloat16 nearest to a number, halfway to the even one. */
export function toBfloat16(x: number): number {
  if (Number.isNaN(x)) return 0x7fc0;
  scratch.setFloat32(0, x);
  const bits = scratch.getUint32(0);
  // A carry runs into the exponent, up to infinity.
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The bits of a bfloat16 as those of the same f32. */
export function bfloat16AsFloat(bits: number): number {
  return bits << 16;
}

/** The number that the bits of a bfloat16 stand for. */
export function fromBfloat16(bits: number): number {
  scratch.setUint16(0, bits);
  scratch.setUint16(2, 0);
  return scratch.getFloat32(0);
}
