// 2,000 training steps with batches from the host: GPU memory and JavaScript heap along the way.

import { destroyDevice, init, memory, setSeed } from "../src/index.ts";
import { DataLoader, drawnDigits, toTensors } from "../src/data/index.ts";
import { crossEntropy } from "../src/losses/index.ts";
import { Flatten, MLP, Sequential } from "../src/nn/index.ts";
import { Adam } from "../src/optimizers/index.ts";
import { scope } from "../src/index.ts";
import type { Tensor } from "../src/index.ts";

declare const process: { memoryUsage(): { heapUsed: number } };
declare const gc: (() => void) | undefined;

const { adapter, runtime } = await init();
setSeed(0);
const model = new Sequential([new Flatten(), new MLP([64, 10])]);
const optimizer = new Adam();
const set = drawnDigits({ count: 1000, size: 14 });
const data = new DataLoader(set, { batchSize: 32, shuffle: true });
const rows: unknown[] = [];
const started = performance.now();
for (let step = 1; step <= 2000; step++) {
  const batch = await data.next();
  if (batch === undefined) break;
  scope(() => {
    const { inputs, labels } = toTensors(batch) as { inputs: Tensor; labels: Tensor };
    const loss = (): Tensor => crossEntropy(model(inputs), labels);
    optimizer.minimize(loss, () => model.trainableVariables);
  });
  if (step % 250 !== 0) continue;
  await optimizer.step.item();
  gc?.();
  const { bytes, buffers, cached } = memory();
  const heap = Math.round(process.memoryUsage().heapUsed / 1024);
  rows.push({ step, "GPU bytes": bytes, buffers, "cached bytes": cached.bytes, "heap KiB": heap });
}
console.log(
  `${runtime}: ${adapter}, ${((performance.now() - started) / 2000).toFixed(2)} ms a step`,
);
console.table(rows);
destroyDevice();
