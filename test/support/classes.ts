// Running the same tests on the kernels for GPUs and on those for software adapters.

import { afterAll, beforeAll, describe } from "vitest";
import { destroyDevice, init } from "../../src/index.ts";

/** Describes `body` once per adapter class, each with a device that takes its adapter for one. */
export function describeClasses(
  name: string,
  body: (adapterClass: "software" | "gpu") => void,
): void {
  describe.each(["software", "gpu"] as const)(`${name}, %s kernels`, (adapterClass) => {
    beforeAll(async () => {
      destroyDevice();
      await init({ adapterClass, validate: true });
    });
    afterAll(async () => {
      destroyDevice();
      await init({ validate: true });
    });
    body(adapterClass);
  });
}
