// The f16 kernels under Tint, on Dawn's null backend: it validates without a GPU.

import "../../src/ops/activations.ts";
import "../../src/ops/pow.ts";
import { create } from "webgpu";
import { expect, test } from "vitest";
import { Pipelines } from "../../src/gpu/kernel.ts";
import { opKernels } from "../../src/ops/registry.ts";

/** Dawn must outlive its devices: letting go of it ends the process. */
const dawn = create(["backend=null"]);

test("Tint accepts every f16 kernel", async () => {
  const adapter = await dawn.requestAdapter();
  const gpu = await adapter?.requestDevice({ requiredFeatures: ["shader-f16"] });
  if (gpu === undefined) return expect.fail("no null adapter");
  const kernels = opKernels().filter((kernel) => kernel.usesF16);
  expect(kernels.length).toBeGreaterThan(200);
  gpu.pushErrorScope("validation");
  await new Pipelines(gpu).warmUp(kernels);
  expect((await gpu.popErrorScope())?.message).toBeUndefined();
  gpu.destroy();
}, 120_000);
