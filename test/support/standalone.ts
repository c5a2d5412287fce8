// Standalone modules from their texts, on the tests' device.

import { device as ours } from "../../src/gpu/device.ts";
import type { Tensor } from "../../src/index.ts";
import type { load } from "../../src/standalone/runtime.ts";
import type { Outputs, StandaloneModel } from "../../src/standalone/runtime.ts";
import type { StandaloneExport } from "../../src/standalone/index.ts";

/** The module that a text is. */
export async function importText(text: string): Promise<{ load: typeof load }> {
  const url = `data:text/javascript;base64,${btoa(text)}`;
  return (await import(/* @vite-ignore */ url)) as { load: typeof load };
}

/** An export as a model on the tests' device. */
export async function loadExport({ module, weights }: StandaloneExport): Promise<StandaloneModel> {
  const { load } = await importText(module);
  return load(weights, { device: ours().gpu });
}

type Elements = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** Inputs by name as a model takes them. */
export async function dataOf(
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Elements>> {
  const pairs = Object.entries(inputs).map(async ([name, x]) => [name, await x.data()] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

/** Largest difference between an output and a tensor, by the largest of the tensor's elements. */
export async function distance(
  output: Outputs[string] | undefined,
  wanted: Tensor,
): Promise<number> {
  const theirs = await wanted.data();
  if (output?.shape.join() !== wanted.shape.join()) return Infinity;
  let [worst, most] = [0, 1e-30];
  theirs.forEach((value, i) => {
    const difference = Math.abs(value - (output.data[i] as number));
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
    most = Math.max(most, Math.abs(value));
  });
  return worst / most;
}
