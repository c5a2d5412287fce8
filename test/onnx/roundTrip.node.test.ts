// Every module as an ONNX file, and back.

import { expect, test } from "vitest";
import type { Tensor } from "../../src/index.ts";
import { exportOnnx, importOnnx } from "../../src/onnx/index.ts";
import { ROWS, plainly } from "../nn/rows.ts";

/** Rows that are called with parts of the example's batch. */
const FIXED = new Set(["UnrolledLSTM", "PatchEncoder", "PatchDecoder"]);

test.each(Object.entries(ROWS))("exportOnnx and importOnnx: %s", async (name, row) => {
  const [module, x, call] = [row.make(), row.input(), row.call ?? plainly];
  const fn = (input: Tensor): Tensor => call(module, input);
  const bytes = await exportOnnx(fn, x, FIXED.has(name) ? { batchAxes: [] } : {});
  const [got, wanted] = [importOnnx(bytes)(x), fn(x)];
  expect(got.shape).toEqual(wanted.shape);
  const [ours, theirs] = [await got.data(), await wanted.data()];
  const scale = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  for (const [i, value] of theirs.entries()) {
    expect(Math.abs(value - (ours[i] as number)) / scale).toBeLessThan(1e-4);
  }
});
