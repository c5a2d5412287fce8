import { expect, test } from "vitest";
import { type Tensor, full, memory, scope, tensor } from "../../src/index.ts";
import { device } from "../../src/gpu/device.ts";
import { Progress } from "../../src/scenarios/progress.ts";
import { randomTensor } from "../support/check.ts";

test("losses come in order, each mark with the mean of its steps", async () => {
  const progress = new Progress<string>();
  const found: { place: string; loss?: number }[] = [];
  for (let step = 1; step <= 1000; step++) {
    progress.add({ loss: step % 2 === 0 ? tensor([step]) : full([], step) }, 8, step);
    if (step % 10 === 0) progress.mark(`step ${step}`);
    for (const { place, losses } of await progress.passed(false)) found.push({ place, ...losses });
  }
  for (const { place, losses } of await progress.passed(true)) found.push({ place, ...losses });
  const want = Array.from({ length: 100 }, (_, i) => {
    return { place: `step ${10 * i + 10}`, loss: 10 * i + 5.5 };
  });
  expect(found).toEqual(want);
  progress.close();
});

test("steps without a mark are waited for and told to nobody; memory stays flat", async () => {
  const run = async (): Promise<void> => {
    const progress = new Progress<number>();
    progress.add({ loss: full([], 3) }, 1, 0);
    progress.mark(1);
    progress.add({ loss: full([], 4) }, 1, 0);
    const [passed, ...others] = await progress.passed(true);
    expect([passed?.place, passed?.losses.loss, others]).toEqual([1, 3, []]);
    progress.add({ loss: full([], 5) }, 1, 0);
    progress.close();
  };
  await run();
  const before = memory();
  for (let i = 0; i < 5; i++) await run();
  expect(memory().byKind.staging).toEqual(before.byKind.staging);
});

test("the host stays near the GPU, however slow that is", async () => {
  const progress = new Progress<number>();
  const x = randomTensor([256, 256], 1, -0.1, 0.1);
  const product = (): Tensor => scope(() => x.matmul(x).matmul(x).sum());
  const start = performance.now();
  const steps = 60;
  for (let step = 1; step <= steps; step++) {
    progress.add({ loss: product() }, 1, step);
    progress.mark(step);
    await progress.passed(false);
  }
  const recorded = performance.now();
  await progress.passed(true);
  const [left, whole] = [performance.now() - recorded, performance.now() - start];
  expect(left).toBeLessThan(Math.max(1000, whole / 2));
  progress.close();
  x.dispose();
});

test("a ring that is full is read before the next scalar", async () => {
  const ring = device().scalarRing();
  const one = full([], 1);
  let count = 0;
  while (!ring.isFull) {
    ring.push(one.block, 0);
    count++;
  }
  const values = await ring.take();
  expect([values.length, values.at(-1)]).toEqual([count, 1]);
  expect([ring.length, ring.isFull, (await ring.take()).length]).toEqual([0, false, 0]);
  one.dispose();
});
