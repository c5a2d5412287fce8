// Half precision (IEEE 754 binary16) as the host reads and writes it, where not every engine has
// Float16Array.

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);

/** The bits of the f16 nearest to a number, halfway to the even one; beyond ±65519 infinite. */
export function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  scratch[0] = value;
  const high = words[1] as number;
  const sign = (high >>> 16) & 0x8000;
  const exponent = Math.max(-14, ((high >>> 20) & 0x7ff) - 1023);
  if (exponent > 15) return sign | 0x7c00;
  // Neighbours are 2^(exponent − 10) apart, and 2⁻²⁴ below 2⁻¹⁴. A carry runs into the exponent.
  const steps = Math.abs(value) * 2 ** (10 - exponent);
  return sign | ((exponent + 14) * 1024 + roundToEven(steps));
}

function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** The number that the bits of an f16 stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The bits of an f16 as those of the same f32. */
export function halfAsFloat(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const rest = bits & 0x7fff;
  // The exponent's bias grows from 15 to 127, and infinity's goes from 31 to 255.
  if (rest >= 0x7c00) return sign | 0x7f800000 | ((rest & 1023) << 13);
  if (rest >= 0x0400) return sign | ((rest << 13) + 0x38000000);
  if (rest === 0) return sign;
  // Below 2⁻¹⁴ the leading one is stored, and goes where it is not.
  const shift = Math.clz32(rest) - 21;
  return sign | ((113 - shift) << 23) | (((rest << shift) & 1023) << 13);
}
