// Every f16 and bfloat16 there is, read and written.

import { expect, test } from "vitest";
import { bfloat16AsFloat, fromBfloat16, toBfloat16 } from "../../src/tensor/bfloat16.ts";
import { fromHalf, halfAsFloat, toHalf } from "../../src/tensor/half.ts";

const ALL = Array.from({ length: 0x10000 }, (_, bits) => bits);

const view = new DataView(new ArrayBuffer(4));

/** The number that the bits of an f32 stand for. */
function asNumber(bits: number): number {
  view.setInt32(0, bits);
  return view.getFloat32(0);
}

test.each([
  ["f16", fromHalf, halfAsFloat, toHalf],
  ["bfloat16", fromBfloat16, bfloat16AsFloat, toBfloat16],
] as const)("%s: bits, numbers, and back", (_, from, asFloat, to) => {
  const wrong = ALL.filter((bits) => {
    const value = from(bits);
    if (!Object.is(asNumber(asFloat(bits)), value)) return true;
    return !Number.isNaN(value) && to(value) !== bits;
  });
  expect(wrong).toEqual([]);
});

test("bfloat16 is the nearest, halfway the even one", () => {
  const cases = [
    [1 + 2 ** -8, 1],
    [1 + 3 * 2 ** -8, 1 + 2 ** -6],
    [-(1 + 2 ** -8 + 2 ** -20), -(1 + 2 ** -7)],
    [3.4e38, Infinity],
    [2 ** -133, 2 ** -133],
    [2 ** -135, 0],
  ] as const;
  for (const [value, wanted] of cases) expect(fromBfloat16(toBfloat16(value))).toBe(wanted);
  expect(fromBfloat16(toBfloat16(NaN))).toBeNaN();
});
