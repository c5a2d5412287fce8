// Every module as an ONNX file, and back.

import { expect, test } from "vitest";
import { ConvNet } from "../../examples/images/net.ts";
import type { Tensor } from "../../src/index.ts";
import { exportOnnx, importOnnx } from "../../src/onnx/index.ts";
import { randomTensor } from "../support/check.ts";
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

test.each(["f16", "int8"] as const)("weights that lie in the file as %s", async (weights) => {
  const net = new ConvNet();
  const x = randomTensor([4, 28, 28]);
  const wanted = (await net(x).data()) as Float32Array;
  const model = importOnnx(await exportOnnx(net, x, { weights }));
  const got = (await model(x).data()) as Float32Array;
  const scale = Math.max(...wanted.map(Math.abs));
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] as number))));
  expect(worst / scale).toBeLessThan(weights === "f16" ? 2e-3 : 3e-2);
});
