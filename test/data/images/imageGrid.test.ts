import { describe, expect, test } from "vitest";
import { type HostArray, imageGrid } from "../../../src/data/index.ts";

/** Three images of 1 × 2 pixels. */
const array = (dtype: "f32" | "u8", channels: number, values: readonly number[]): HostArray => ({
  dtype,
  shape: [3, 1, 2, channels],
  data: dtype === "u8" ? Uint8Array.from(values) : Float32Array.from(values),
});

describe("imageGrid", () => {
  test("grey images in rows with a gap, and nothing where an image is missing", () => {
    const grid = imageGrid(array("f32", 1, [0, 1, 0.2, 0.4, -1, 2]), 2, { gap: 1 });
    expect(grid).toMatchObject({ width: 5, height: 3, channels: 4 });
    const grey = (value: number): number[] => [value, value, value, 255];
    const none = [0, 0, 0, 0];
    expect([...grid.data]).toEqual([
      ...[grey(0), grey(255), none, grey(51), grey(102)].flat(),
      ...[none, none, none, none, none].flat(),
      ...[grey(0), grey(255), none, none, none].flat(),
    ]);
  });

  test("colours, bytes and ranges", () => {
    const bytes = Array.from({ length: 18 }, (_, i) => i);
    const colours = imageGrid(array("u8", 3, bytes), 5, { gap: 0 });
    expect(colours).toMatchObject({ width: 6, height: 1 });
    expect([...colours.data.slice(0, 8)]).toEqual([0, 1, 2, 255, 3, 4, 5, 255]);
    const values = Array.from({ length: 24 }, (_, i) => (i % 4 === 3 ? -1 : 1));
    const clear = imageGrid(array("f32", 4, values), 3, { gap: 0, range: [-1, 1] });
    expect([...clear.data.slice(0, 4)]).toEqual([255, 255, 255, 0]);
    expect(imageGrid({ ...array("u8", 1, []), shape: [0, 1, 2, 1] }, 3).data).toHaveLength(0);
  });

  test("what are no images is told", () => {
    expect(() => imageGrid({ ...array("u8", 1, []), shape: [0, 1, 2] }, 3)).toThrow(/must be \[N/);
    expect(() => imageGrid(array("f32", 2, Array(12).fill(0)), 3)).toThrow(/Got \[3, 1, 2, 2\]/);
    expect(() => imageGrid(array("f32", 1, Array(6).fill(0)), 0)).toThrow(/columns must be/);
  });
});
