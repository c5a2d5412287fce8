import "../../src/ops/activations.ts";
import "../../src/ops/pow.ts";
import { describe, expect, test } from "vitest";
import { DeviceError, memory, profile, tensor } from "../../src/index.ts";
import { sizeClass } from "../../src/gpu/buffers.ts";
import { device } from "../../src/gpu/device.ts";
import { EPILOGUE } from "../../src/gpu/joints.ts";
import { Kernel } from "../../src/gpu/kernel.ts";
import { opKernels } from "../../src/ops/registry.ts";
import * as optimizers from "../../src/optimizers/index.ts";
import { arenaKernels } from "../../src/optimizers/arena.ts";
import { type UpdateRule, updateKernel, ticking } from "../../src/optimizers/optimizer.ts";

const RULES = Object.entries(optimizers)
  .filter(([name]) => name.endsWith("_RULE"))
  .map(([, rule]) => rule as UpdateRule);

/** Kernels for f16 need shader-f16; halfPipelines.node.test.ts compiles them without it. */
const isSupported = ({ usesF16 }: Kernel): boolean => !usesF16 || device().info.features.f16;

describe("pipelines", () => {
  test("this host's shader compiler accepts every variant", async () => {
    const rules = RULES.map(updateKernel);
    expect(rules.length).toBeGreaterThan(10);
    const kernels = [...opKernels(), ...arenaKernels(), ticking, ...rules].filter(isSupported);
    expect(kernels.length).toBeGreaterThan(400);
    const { gpu } = device();
    gpu.pushErrorScope("validation");
    for (const kernel of kernels) {
      const code = kernel.codeWith(device().info.features.subgroups);
      gpu.createShaderModule({ label: kernel.name, code });
    }
    expect((await gpu.popErrorScope())?.message).toBeUndefined();
  });

  test("a kernel that others may join has what they take the place of", () => {
    const kernels = [...opKernels(), ...arenaKernels()];
    const joined = kernels.filter(({ options }) => options.epilogue ?? options.prologue);
    expect(joined.length).toBeGreaterThan(100);
    for (const { name, code, options } of joined) {
      expect(options.epilogue && options.prologue, name).toBeUndefined();
      const line = options.epilogue ? EPILOGUE : /fn prologue\(\w+: ?u32\) ?-> ?In ?\{[^{}]*\}/;
      expect(code, name).toMatch(line);
    }
  });

  test("kernels compile side by side, with progress", async () => {
    const byShader = new Map(
      opKernels()
        .filter(isSupported)
        .map((k) => [k.shader.name + k.entryPoint, k]),
    );
    const counts: number[] = [];
    await device().warmUp([...byShader.values()], (done, total) => {
      expect(total).toBe(byShader.size);
      counts.push(done);
    });
    expect(counts).toEqual(Array.from({ length: byShader.size }, (_, i) => i + 1));
  });

  test("a shader that does not compile is told by name", async () => {
    const shader = { ...(opKernels()[0] as Kernel).shader, name: "broken", code: "fn main( {" };
    const kernel = new Kernel({ shader });
    device().gpu.pushErrorScope("validation");
    await expect(device().warmUp([kernel])).rejects.toThrow();
    expect((await device().gpu.popErrorScope())?.message).toContain("broken");
  });
});

describe("memory and profiling", () => {
  test("freed buffers are reused, and memory() adds up by kind", () => {
    expect(sizeClass(1)).toBe(256);
    expect(sizeClass(257)).toBe(512);
    expect(sizeClass(70_000)).toBeLessThan(90_000);
    const before = memory();
    const x = tensor(new Float32Array(1000));
    expect(memory().byKind.tensor.bytes).toBe(before.byKind.tensor.bytes + 4096);
    x.dispose();
    x.dispose();
    expect(memory().bytes).toBe(before.bytes);
    expect(() => x.add(1)).toThrow(/disposed tensor cannot be used.*scope/);
  });

  test("profile lists kernels with their times", async () => {
    const x = tensor([1, 2, 3]);
    if (!device().info.features.timestamps) {
      await expect(profile(() => x.exp())).rejects.toThrow(DeviceError);
      return;
    }
    const rows = await profile(() => {
      for (let i = 0; i < 3; i++) x.exp();
    });
    expect(rows[0]).toMatchObject({ kernel: "unaryFlat exp f32 flat", calls: 3 });
    expect(rows[0]?.milliseconds).toBeGreaterThanOrEqual(0);
  });

  test("a read-back sees everything before it and nothing after", async () => {
    const values = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const x = tensor([i]);
        const read = x.add(1).item();
        x.dispose();
        return read;
      }),
    );
    expect(values).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });
});
