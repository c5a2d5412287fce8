// Modules without the library: what they take and give, and what cannot be one.

import { describe, expect, test } from "vitest";
import { device } from "../../src/gpu/device.ts";
import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import { exportStandalone } from "../../src/standalone/index.ts";
import { randomTensor } from "../support/check.ts";
import { dataOf, distance, importText, loadExport } from "../support/standalone.ts";

test("kernels for GPUs and those for software adapters run on either", async () => {
  const x = randomTensor([7, 100]);
  const texts: string[] = [];
  for (const adapterClass of ["gpu", "software"] as const) {
    const made = await exportStandalone((y: Tensor) => y.softmax(), x, { adapterClass });
    const model = await loadExport(made);
    const { output } = await model.run((await x.data()) as Float32Array);
    expect(await distance(output, x.softmax())).toBeLessThan(1e-6);
    model.dispose();
    texts.push(made.module);
  }
  expect(texts[0]).not.toBe(texts[1]);
  expect((await exportStandalone((y: Tensor) => y.softmax(), x)).module).toBe(texts[0]);
});

/** An export whose numbers need no kernels of products. */
const small = (x: Tensor): Tensor => x.mul(2).add(1);

test("one module has plans for several batches", async () => {
  const weights = randomTensor([3]);
  const fn = (x: Tensor): Tensor => x.mul(weights).relu();
  const made = await exportStandalone(fn, randomTensor([2, 3]), { batchSizes: [1, 4] });
  expect(made.weights.length).toBe(256);
  const model = await loadExport(made);
  expect(model.signatures.map(({ inputs }) => inputs[0]?.[2])).toEqual([[1, 3], [4, 3]]); // prettier-ignore
  for (const batch of [4, 1, 4]) {
    const x = randomTensor([batch, 3], batch);
    const { output } = await model.run((await x.data()) as Float32Array);
    expect(await distance(output, fn(x))).toBe(0);
  }
  const wrong = model.run(new Float32Array(6));
  await expect(wrong).rejects.toThrow("input [1, 3], or input [4, 3]. Got 6 for input");
  model.dispose();
  await expect(model.run(new Float32Array(3))).rejects.toThrow("disposed");
});

test("inputs and outputs have the names of their keys, and types of their own", async () => {
  const fn = ({ a, b }: { a: Tensor; b: Tensor }): Record<string, Tensor> => {
    return { sum: a.add(1), isLarge: renga.greater(b, 2), b };
  };
  const given = { a: randomTensor([5]), b: renga.tensor([[1, 3]], { dtype: "i32" }) };
  const model = await loadExport(await exportStandalone(fn, [given]));
  const data = await dataOf(given);
  // Runs may overlap.
  const [first, second] = await Promise.all([model.run(data), model.run({ a: [1, 2, 3, 4, 5], b: [7, 0] })]); // prettier-ignore
  expect(await distance(first["sum"], given.a.add(1))).toBe(0);
  expect(first["isLarge"]).toEqual({ data: Uint8Array.of(0, 1), shape: [1, 2], dtype: "bool" });
  expect(second["isLarge"]?.data).toEqual(Uint8Array.of(1, 0));
  expect(second["sum"]?.data).toEqual(Float32Array.of(2, 3, 4, 5, 6));
  expect(second["b"]?.data).toEqual(Int32Array.of(7, 0));
  await expect(model.run({ a: [1] })).rejects.toThrow("the input b must be given. Got a");
  await expect(model.run({ ...data, b: Float32Array.of(1, 2) })).rejects.toThrow("must be a Int32Array. Got Float32Array"); // prettier-ignore
  model.dispose();
});

test("what depends on weights alone is computed at the export, and equal constants lie once", async () => {
  const [scale, variance] = [new renga.Variable(renga.ones([4])), new renga.Variable(renga.full([4], 3))]; // prettier-ignore
  const twins = [randomTensor([70]), randomTensor([70])] as const;
  const fn = (x: Tensor, y: Tensor): Tensor[] => {
    return [x.mul(scale.div(variance.add(1).sqrt())), y.mul(twins[0]).add(twins[1])];
  };
  const example = [randomTensor([2, 4]), randomTensor([70])];
  const made = await exportStandalone(fn, example, { inputNames: ["x", "y"] });
  expect(made.weights.length).toBe(256 + 512);
  expect([...new Float32Array(made.weights.buffer).subarray(0, 4)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  const model = await loadExport(made);
  const [x, y] = example as [Tensor, Tensor];
  const outputs = Object.values(await model.run(await dataOf({ x, y })));
  const wanted = fn(x, y);
  expect(await distance(outputs[0], wanted[0] as Tensor)).toBeLessThan(1e-6);
  expect(await distance(outputs[1], wanted[1] as Tensor)).toBeLessThan(1e-6);
  model.dispose();
});

test("weights come from anywhere, and must be the module's", async () => {
  const { module, weights } = await exportStandalone((x: Tensor) => x.add(randomTensor([3])), randomTensor([3])); // prettier-ignore
  const { load } = await importText(module);
  const { gpu } = device();
  const sources = [weights.buffer, new Response(weights), Promise.resolve(new Response(weights))];
  const url = URL.createObjectURL(new Blob([weights]));
  for (const source of [...sources, url, new URL(url)]) {
    const model = await load(source, { device: gpu });
    expect((await model.run([0, 0, 0]))["output"]?.data).toEqual(await randomTensor([3]).data());
    model.dispose();
  }
  const lost = load(new Response("", { status: 404 }), { device: gpu });
  await expect(lost).rejects.toThrow("got status 404");
  await expect(load(new Uint8Array(4), { device: gpu })).rejects.toThrow("256 bytes. Got 4");
});

test("a device is opened where the host offers WebGPU", async () => {
  const { module, weights } = await exportStandalone(small, randomTensor([3]));
  const { load } = await importText(module);
  if (globalThis.navigator?.gpu === undefined) {
    await expect(load(weights)).rejects.toThrow("WebGPU must be available. Got no adapter");
    return;
  }
  const model = await load(weights);
  expect((await model.run([1, 2, 3]))["output"]?.data).toEqual(Float32Array.of(3, 5, 7));
  model.dispose();
});

describe("exportStandalone refuses", () => {
  const x = (): Tensor => randomTensor([2, 3]);

  test("random numbers, by the op that draws them", async () => {
    const drawn = exportStandalone(
      (y: Tensor) => y.add(renga.defaultGenerator.normal([2, 3])),
      x(),
    );
    await expect(drawn).rejects.toThrow(/every run must do the same\. Got \w*andom\w*/);
  });

  test("changes of variables", async () => {
    const count = new renga.Variable(renga.zeros([2, 3]), { name: "count" });
    const changing = (y: Tensor): Tensor => {
      count.assign(y);
      return y.add(1);
    };
    const made = exportStandalone(changing, x());
    await expect(made).rejects.toThrow("must not change variables. Got a new value of Variable(count"); // prettier-ignore
  });

  test("no tensors, and names that are not one for each", async () => {
    await expect(exportStandalone(() => x(), 3)).rejects.toThrow("a tensor in the example");
    await expect(exportStandalone(() => 3, x())).rejects.toThrow("must return tensors. Got number");
    const named = exportStandalone(small, x(), { inputNames: ["a", "b"] });
    await expect(named).rejects.toThrow("inputNames must name each of the tensors. Got a, b for 1");
  });
});
