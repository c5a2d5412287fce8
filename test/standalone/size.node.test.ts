// What a standalone module consists of: no imports, little code, and no more weights than the net has.

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ConvNet } from "../../examples/images/net.ts";
import { standaloneRuntime } from "../../src/shaders/standaloneRuntime.ts";
import { exportStandalone } from "../../src/standalone/index.ts";
import { randomTensor } from "../support/check.ts";

const gzipped = (text: string): number => gzipSync(text, { level: 9 }).length;

test("the convolutional net's module is small and needs nothing", async () => {
  const net = new ConvNet();
  const { module, weights } = await exportStandalone(net, randomTensor([1, 28, 28]));
  expect(module).not.toMatch(/\bimport\b|\brequire\b|from ?"/);
  expect(module.match(/\bexport\b/g)).toHaveLength(1);
  expect(gzipped(module)).toBeLessThan(8_500);
  const values = net.variables.reduce((sum, { size }) => sum + 4 * size, 0);
  expect(weights.length).toBeGreaterThanOrEqual(values);
  // Each weight begins at a multiple of 256 bytes.
  expect(weights.length).toBeLessThan(values + 256 * net.variables.length);
  console.log(`ConvNet: ${module.length} bytes, ${gzipped(module)} gzipped; ${weights.length} of weights`); // prettier-ignore
});

test("the runtime is a few kilobytes", () => {
  expect(gzipped(standaloneRuntime)).toBeLessThan(3_000);
});
