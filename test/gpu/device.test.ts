import { expect, test, vi } from "vitest";
import { DeviceError, init } from "../../src/index.ts";
import { detectRuntime, findAdapter } from "../../src/gpu/adapter.ts";
import { Device } from "../../src/gpu/device.ts";
import { fillKernels } from "../../src/ops/creation.ts";

/** A device of the test's own, that may be broken without harm to the others. */
async function ownDevice(validate: boolean, name = "own", buffers = 8): Promise<Device> {
  const adapter = await findAdapter({});
  const requiredLimits = { maxStorageBuffersPerShaderStage: buffers };
  const gpu = await adapter.requestDevice({ requiredLimits });
  const features = { f16: false, subgroups: false, timestamps: false };
  const info = {
    runtime: detectRuntime(),
    adapter: name,
    adapterClass: "software",
    features,
  } as const;
  return new Device(gpu, info, { validate });
}

function fill(device: Device): Promise<ArrayBuffer> {
  const block = device.allocate(64);
  const [kernel] = fillKernels();
  if (kernel !== undefined) device.dispatch(kernel, [block], [16, 0x3f800000, 0], 1);
  return device.read(block, 0, 64);
}

test("init twice gives the same device, and says what it is", async () => {
  const [first, second] = [await init(), await init()];
  expect(second).toBe(first);
  expect(first.runtime).toBe(detectRuntime());
  expect(first.adapter).not.toBe("");
  expect(["gpu", "software"]).toContain(first.adapterClass);
});

test("a lost device is a DeviceError that says what to do", async () => {
  const device = await ownDevice(false);
  expect(new Float32Array(await fill(device))).toEqual(new Float32Array(16).fill(1));
  device.gpu.destroy();
  await device.gpu.lost;
  await Promise.resolve();
  expect(() => void fill(device)).toThrow(DeviceError);
  expect(() => void fill(device)).toThrow(/device was lost.*init\(\) again.*checkpoint/);
});

test("what the GPU reports later comes out at the next read", async () => {
  const device = await ownDevice(true);
  const block = device.allocate(64);
  // Beyond the buffer: an error of the encoder, found when its commands are finished.
  device.recorder.copy(block, 0, device.allocate(64), 0, 1024);
  const read = device.read(block, 0, 64);
  await expect(read.then(() => fill(device))).rejects.toThrow(DeviceError);
  device.gpu.destroy();
});

test("memory beyond one binding is refused before the GPU is asked", async () => {
  const device = await ownDevice(false);
  expect(() => device.allocate(2 ** 40)).toThrow(/must fit in one buffer binding/);
  device.gpu.destroy();
});

test("data goes into freed memory after the copies that were still to be made", async () => {
  const device = await ownDevice(false);
  const [source, target] = [device.allocate(64), device.allocate(64)];
  device.recorder.copy(source, 0, target, 0, 64);
  device.release(target);
  const reused = device.allocate(64);
  const data = new Float32Array(16).fill(7);
  device.recorder.upload(reused, data);
  expect(new Float32Array(await device.read(reused, 0, 64))).toEqual(data);
  device.gpu.destroy();
});

test.each([8, 9])(
  "lavapipe gets params in storage if it may bind nine buffers: %i",
  async (buffers) => {
    const device = await ownDevice(true, "llvmpipe (LLVM 15.0.6, 256 bits)", buffers);
    const layouts = vi.spyOn(device.gpu, "createBindGroupLayout");
    expect(new Float32Array(await fill(device))).toEqual(new Float32Array(16).fill(1));
    const [{ entries }] = layouts.mock.calls[0] as [GPUBindGroupLayoutDescriptor];
    const { buffer } = [...entries].at(-1) as GPUBindGroupLayoutEntry;
    expect(buffer?.type).toBe(buffers > 8 ? "read-only-storage" : "uniform");
    device.gpu.destroy();
  },
);
