// Counting what is made on the GPU.

import { device } from "../../src/gpu/device.ts";

const MAKERS = ["createBuffer", "createBindGroup", "createComputePipeline"] as const;

/** Counts calls of WebGPU that make something, until it is disposed of. */
export function countCreations(): { readonly creations: number } & Disposable {
  const { gpu } = device();
  let creations = 0;
  for (const name of MAKERS) {
    const original = gpu[name].bind(gpu) as (descriptor: never) => unknown;
    Object.defineProperty(gpu, name, {
      configurable: true,
      value: (descriptor: never) => {
        creations++;
        return original(descriptor);
      },
    });
  }
  return {
    get creations() {
      return creations;
    },
    [Symbol.dispose]() {
      for (const name of MAKERS) Reflect.deleteProperty(gpu, name);
    },
  };
}
