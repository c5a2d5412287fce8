import { expect, test } from "vitest";
import {
  permute,
  toChannelsFirst,
  toChannelsLast,
  toOutputFirst,
  toOutputLast,
} from "../../bench/adapters/layouts.mjs";

const count = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i);

test("permute moves axes", () => {
  const moved = permute(count(6), [1, 2, 3], [2, 0, 1]);
  expect([...moved]).toEqual([0, 3, 1, 4, 2, 5]);
});

test("layouts go there and back", () => {
  const images = count(2 * 3 * 4 * 5);
  const channelsFirst = toChannelsFirst(images, [2, 3, 4, 5]);
  expect(channelsFirst[1]).toBe(5);
  expect(toChannelsLast(channelsFirst, [2, 5, 3, 4])).toEqual(images);
  const filters = count(3 * 3 * 2 * 4);
  const outputFirst = toOutputFirst(filters, [3, 3, 2, 4]);
  expect(outputFirst[1]).toBe(8);
  expect(toOutputLast(outputFirst, [4, 2, 3, 3])).toEqual(filters);
});
