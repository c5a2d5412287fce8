// TFLite files run by LiteRT's wasm in a page, called from outside of it.

import { type CompiledModel, Tensor, loadAndCompile, loadLiteRt } from "@litertjs/core";

/** A tensor on its way between the page and the test. */
export interface Sent {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A file in base 64, with one list of inputs for each run. */
export interface Job {
  readonly file: string;
  readonly runs: readonly (readonly Sent[])[];
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

let loaded: Promise<unknown> | undefined;

/** Numbers that a wire of JSON has no word for. */
const plain = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

async function runOnce(model: CompiledModel, inputs: readonly Sent[]): Promise<unknown> {
  const tensors = inputs.map(({ dtype, shape, values }) => {
    const array = ARRAYS[dtype as "float32"].from(values);
    return Tensor.fromTypedArray(array, [...shape]);
  });
  const results = await model.run(tensors);
  const sent = results.map((result) => ({
    dtype: result.type.dtype,
    shape: [...result.type.layout.dimensions],
    values: Array.from(result.toTypedArray() as Float32Array, plain),
  }));
  for (const tensor of [...tensors, ...results]) tensor.delete();
  return sent;
}

/** The outputs of each run, or what LiteRT said instead. */
export async function runJob(text: string): Promise<string> {
  try {
    loaded ??= loadLiteRt("/wasm/");
    await loaded;
    const { file, runs } = JSON.parse(text) as Job;
    const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
    const model = await loadAndCompile(bytes, { accelerator: "wasm" });
    const outputs = [];
    for (const inputs of runs) outputs.push(await runOnce(model, inputs));
    model.delete();
    return JSON.stringify({ outputs });
  } catch (error) {
    return JSON.stringify({ error: String(error) });
  }
}
