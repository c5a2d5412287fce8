import { expect, test } from "vitest";
import { ones } from "../../src/index.ts";
import { encodeModel, toOnnxModel } from "../../src/onnx/index.ts";

test("a model as bytes: the fields of the specification in order", () => {
  const none = { nodes: [], initializers: new Map(), inputs: [], outputs: [], valueInfo: [] };
  const bytes = encodeModel({
    irVersion: 8,
    opsets: { "": 17 },
    producerName: "r",
    producerVersion: "1",
    metadata: { a: "b" },
    graph: { name: "g", ...none },
  });
  const graph = [7 << 3 | 2, 3, 2 << 3 | 2, 1, 0x67]; // prettier-ignore
  const head = [8, 8, 0x12, 1, 0x72, 0x1a, 1, 0x31];
  const tail = [0x42, 2, 0x10, 17, 0x72, 6, 0x0a, 1, 0x61, 0x12, 1, 0x62];
  expect([...bytes]).toEqual([...head, ...graph, ...tail]);
});

test("a function of tensors is a model on every host", async () => {
  const { graph } = await toOnnxModel((x) => (x as ReturnType<typeof ones>).relu(), ones([2, 3]));
  expect(graph.nodes).toEqual([
    { op: "Relu", name: "Relu_0", inputs: ["input"], outputs: ["output"], attributes: {} },
  ]);
});
