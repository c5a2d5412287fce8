import { expect, test } from "vitest";
import { detectRuntime, findAdapter } from "../../src/gpu/adapter.ts";
import { Device } from "../../src/gpu/device.ts";
import { probeFeatures } from "../../src/gpu/features.ts";
import { softmaxKernels } from "../../src/ops/softmax.ts";
import { numbers } from "../support/check.ts";

const LENGTH = 333;
const ROWS = 5;

/** Softmax of rows by a workgroup each. */
async function rowsOf(gpu: GPUDevice, hasSubgroups: boolean, x: Float32Array): Promise<number[]> {
  const device = new Device(
    gpu,
    {
      ...{ runtime: detectRuntime(), adapter: "own", adapterClass: "gpu" },
      features: { f16: false, subgroups: hasSubgroups, timestamps: false },
    },
    { validate: true },
  );
  const kernel = softmaxKernels().find(({ name }) => name.endsWith("softmax f32 scalar groups"));
  if (kernel === undefined) throw new Error("The kernel has another name.");
  expect(kernel.codeWith(hasSubgroups).includes("subgroupAdd")).toBe(hasSubgroups);
  const [from, to] = [device.allocate(x.byteLength), device.allocate(x.byteLength)];
  gpu.queue.writeBuffer(from.buffer, from.offset, x as Float32Array<ArrayBuffer>);
  device.dispatch(kernel, [from, to], [ROWS, LENGTH, 0], ROWS);
  return [...new Float32Array(await device.read(to, 0, x.byteLength))];
}

test("workgroups add up the same with subgroups as without, where the adapter has them", async ({
  skip,
}) => {
  const adapter = await findAdapter({});
  if (!adapter.features.has("subgroups")) return skip();
  const gpu = await adapter.requestDevice({ requiredFeatures: ["subgroups"] });
  expect((await probeFeatures(gpu)).subgroups).toBe(true);
  const x = numbers(ROWS * LENGTH, 3, -4, 4) as Float32Array;
  const [core, subgroups] = [await rowsOf(gpu, false, x), await rowsOf(gpu, true, x)];
  for (let row = 0; row < ROWS; row++) {
    const total = subgroups.slice(row * LENGTH, (row + 1) * LENGTH).reduce((a, b) => a + b, 0);
    expect(total).toBeCloseTo(1, 5);
  }
  subgroups.forEach((y, i) => expect(Math.abs(y - (core[i] as number))).toBeLessThan(1e-6));
  gpu.destroy();
});
