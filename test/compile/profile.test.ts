import { expect, test } from "vitest";
import { compile, ones, profile } from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";

test("a profile of replays lists their kernels", async () => {
  const step = compile((x: Tensor) => x.matmul(x).relu().sum());
  const x = ones([8, 8]);
  for (let i = 0; i < 2; i++) step(x);
  if (!device().info.features.timestamps) return;
  const rows = await profile(() => {
    for (let i = 0; i < 3; i++) step(x);
  });
  expect(rows.length).toBeGreaterThan(1);
  for (const { kernel, calls } of rows) expect(calls, kernel).toBe(3);
  expect(await step(x).item()).toBe(512);
});
