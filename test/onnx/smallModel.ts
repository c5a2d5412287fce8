// A small convolutional net as an ONNX model, the way PyTorch's exporter writes one.

import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor } from "../../src/onnx/index.ts";

export function floats(dims: readonly number[], value: (i: number) => number): OnnxTensor {
  const count = dims.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: count }, (_, i) => value(i));
  return { dtype: "f32", dims, bytes: new Uint8Array(data.buffer) };
}

export function longs(values: readonly number[], dims: readonly number[] = [values.length]) {
  const data = BigInt64Array.from(values.map(BigInt));
  return { dtype: "i64", dims, bytes: new Uint8Array(data.buffer) } as const;
}

export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode {
  return { op, name: `${op}_${output}`, inputs, outputs: [output], attributes };
}

export const ints = (value: readonly number[]): OnnxAttribute => ({ kind: "ints", value });
export const int = (value: number): OnnxAttribute => ({ kind: "int", value });

/** A model of opset 17 around nodes. */
export function modelOf(
  nodes: readonly OnnxNode[],
  initializers: Readonly<Record<string, OnnxTensor>> = {},
  inputs: readonly string[] = ["x"],
  outputs: readonly string[] = ["y"],
): OnnxModel {
  const info = (name: string) => ({ name, dtype: "f32", dims: ["n"] }) as const;
  return {
    ...{ irVersion: 8, opsets: { "": 17 }, producerName: "test", producerVersion: "1" },
    metadata: { task: "digits" },
    graph: {
      name: "graph",
      nodes,
      initializers: new Map(Object.entries(initializers)),
      inputs: inputs.map(info),
      outputs: outputs.map(info),
      valueInfo: [],
    },
  };
}

/** `[n, 1, 6, 6]` to `[n, 3]`: convolution, norm, pooling, and a shape made of numbers of the input's. */
export function smallModel(): OnnxModel {
  const wave = (dims: readonly number[]) => floats(dims, (i) => Math.sin(i + 1) / 2);
  return modelOf(
    [
      node("Conv", ["x", "conv.weight", "conv.bias"], "c", { pads: ints([1, 1, 1, 1]) }),
      node("BatchNormalization", ["c", "bn.weight", "bn.bias", "bn.mean", "bn.var"], "b"),
      node("Relu", ["b"], "r"),
      node("MaxPool", ["r"], "p", { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
      node("Shape", ["p"], "shape"),
      node("Gather", ["shape", "zero"], "batch", { axis: int(0) }),
      node("Unsqueeze", ["batch", "axes"], "lead"),
      node("Concat", ["lead", "rest"], "wanted", { axis: int(0) }),
      node("Reshape", ["p", "wanted"], "flat"),
      node("Gemm", ["flat", "fc.weight", "fc.bias"], "y", { transB: int(1) }),
    ],
    {
      "conv.weight": wave([2, 1, 3, 3]),
      "conv.bias": wave([2]),
      "bn.weight": floats([2], () => 1),
      "bn.bias": floats([2], () => 0.1),
      "bn.mean": floats([2], () => 0.05),
      "bn.var": floats([2], () => 0.8),
      zero: longs([0], []),
      axes: longs([0]),
      rest: longs([-1]),
      "fc.weight": wave([3, 18]),
      "fc.bias": wave([3]),
    },
  );
}
