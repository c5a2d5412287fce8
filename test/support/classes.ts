// Running the same tests on the kernels for GPUs and on those for software adapters.

import { afterAll, beforeAll, describe, inject } from "vitest";
import { type DeviceInfo, init } from "../../src/index.ts";

type AdapterClass = DeviceInfo["adapterClass"];

/**
 * The surrounding suite's device takes its adapter for one of the class. It stays the same device:
 * opening another would compile every kernel again.
 */
export function takeAdapterFor(adapterClass: AdapterClass): void {
  let before: AdapterClass;
  beforeAll(async () => {
    before = await setAdapterClass(adapterClass);
  });
  afterAll(async () => {
    await setAdapterClass(before);
  });
}

/** The device takes its adapter for one of the class. @returns what it took it for. */
export async function setAdapterClass(adapterClass: AdapterClass): Promise<AdapterClass> {
  const info: { adapterClass: AdapterClass } = await init({ validate: true });
  const before = info.adapterClass;
  info.adapterClass = adapterClass;
  return before;
}

/** Describes `body` once per adapter class; for one of them where another host runs both. */
export function describeClasses(name: string, body: (adapterClass: AdapterClass) => void): void {
  const classes = inject("isBrief") ? (["gpu"] as const) : (["software", "gpu"] as const);
  describe.each(classes)(`${name}, %s kernels`, (adapterClass) => {
    takeAdapterFor(adapterClass);
    body(adapterClass);
  });
}
