import { describe, expect, test } from "vitest";
import { Module, type Tensor, ones } from "../../src/index.ts";
import { FORMATS, exampleOf, exportRun, netOf } from "../../src/cli/index.ts";
import { toHostArray } from "../../src/data/index.ts";
import { Linear, MLP } from "../../src/nn/index.ts";
import { MemoryWorkspace, decodeSafetensors, saveCheckpoint } from "../../src/workspace/index.ts";

/** A run that saved a network as its model. */
async function savedRun(): Promise<{ workspace: MemoryWorkspace; net: MLP }> {
  const net = new MLP([4, 2], { name: "net" });
  net(ones([1, 3]));
  const tensors: Record<string, Awaited<ReturnType<typeof toHostArray>>> = {};
  for (const variable of net.variables) {
    tensors[`model/${variable.name}`] = await toHostArray(variable);
  }
  const workspace = new MemoryWorkspace();
  await saveCheckpoint(workspace, "checkpoints/step-00000001.safetensors", { tensors, state: {} });
  return { workspace, net };
}

describe("a run's network", () => {
  test("as safetensors: its values under their own names", async () => {
    const { workspace, net } = await savedRun();
    const files = await exportRun({ workspace, format: "safetensors" });
    const { tensors } = decodeSafetensors("net", files.safetensors as Uint8Array);
    expect(Object.keys(tensors).toSorted()).toEqual(
      net.variables.map(({ name }) => name).toSorted(),
    );
  });

  test("as ONNX: a new network with the saved values", async () => {
    const { workspace, net } = await savedRun();
    const other = new MLP([4, 2], { name: "net" });
    const example = [ones([1, 3])];
    const { onnx } = await exportRun({ workspace, format: "onnx", net: other, example });
    expect((onnx as Uint8Array).length).toBeGreaterThan(100);
    const [a, b] = [await net(ones([1, 3])).data(), await other(ones([1, 3])).data()];
    expect([...(b as Float32Array)]).toEqual([...(a as Float32Array)]);
  });

  test.each([
    ["tflite", ["tflite"]],
    ["standalone", ["mjs", "bin"]],
  ] as const)("as %s", async (format, ends) => {
    const { workspace } = await savedRun();
    const net = new MLP([4, 2], { name: "net" });
    const files = await exportRun({ workspace, format, net, example: [ones([1, 3])] });
    expect(Object.keys(files)).toEqual(ends);
    for (const bytes of Object.values(files)) expect(bytes.length).toBeGreaterThan(100);
  });

  test("another network, another group, no run", async () => {
    const { workspace } = await savedRun();
    const example = [ones([1, 3])];
    const net = new MLP([5, 2], { name: "net" });
    await expect(exportRun({ workspace, format: "onnx", net, example })).rejects.toThrow(
      /the one that was saved. Got net\/linear_0\/b of another shape/,
    );
    await expect(exportRun({ workspace, format: "onnx" })).rejects.toThrow(/needs the network/);
    await expect(exportRun({ workspace, format: "safetensors", group: "g" })).rejects.toThrow(
      /hold the group g. Got model/,
    );
    const empty = new MemoryWorkspace();
    await expect(exportRun({ workspace: empty, format: "safetensors" })).rejects.toThrow(
      /must have a checkpoint/,
    );
    await expect(exportRun({ workspace, format: "tar" as "onnx" })).rejects.toThrow(
      FORMATS.join(", "),
    );
  });
});

test("examples in words", async () => {
  expect(exampleOf("f32[1,28, 28]").shape).toEqual([1, 28, 28]);
  expect(exampleOf("i32[2]").dtype).toBe("i32");
  expect(exampleOf("[]").shape).toEqual([]);
  for (const text of ["f32", "f64[1]", "f32[0]", "f32[a]"]) {
    expect(() => exampleOf(text)).toThrow(/--input must be like/);
  }
});

test("networks by the name of an export", () => {
  class Net extends Module<(x: Tensor) => Tensor> {
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  const made = new Linear(2);
  const file = { Net, made, make: () => made, number: 3 };
  expect(netOf(file, "Net")).toBeInstanceOf(Net);
  expect(netOf(file, "made")).toBe(made);
  expect(netOf(file, "make")).toBe(made);
  expect(() => netOf(file, "number")).toThrow(/Got number: number. It exports Net, made/);
  expect(() => netOf(file, "other")).toThrow(/Got no export other/);
});
