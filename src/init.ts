// Opening the GPU: the first call of every program.

import { type DeviceInfo, type InitOptions, device, openDevice } from "./gpu/device.ts";
import type { MemoryReport } from "./gpu/buffers.ts";
import { type KernelTime, profileOn } from "./gpu/profile.ts";
import { installMethods } from "./ops/methods.ts";

/**
 * Opens the GPU; later calls return at once.
 *
 * @throws {DeviceError} if this host has no WebGPU adapter; the message names the remedy.
 */
export async function init(options: InitOptions = {}): Promise<DeviceInfo> {
  installMethods();
  return (await openDevice(options)).info;
}

/** GPU memory alive, by kind. */
export function memory(): MemoryReport {
  return device().memory();
}

/** GPU time per kernel of whatever `run` does, slowest first. */
export function profile(run: () => unknown): Promise<KernelTime[]> {
  return profileOn(device(), run);
}

/** Submits all recorded work to the GPU now. */
export function flush(): void {
  device().recorder.flush();
}
