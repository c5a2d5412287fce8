import protobuf from "protobufjs/minimal.js";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/index.ts";
import { type OnnxTensor, decodeModel, encodeModel } from "../../src/onnx/index.ts";
import { decodeTensor } from "../../src/onnx/decodeTensor.ts";
import { mutated } from "./mutated.ts";
import { floats, int, ints, modelOf, node, smallModel } from "./smallModel.ts";

const tensorMessage = (write: (to: protobuf.Writer) => void): Uint8Array => {
  const to = protobuf.Writer.create();
  write(to);
  return to.finish();
};

describe("decodeModel", () => {
  test("is the inverse of encodeModel", () => {
    const branch = modelOf([node("Neg", ["x"], "z")], {}, [], ["z"]).graph;
    const all = node("All", ["x", ""], "y", {
      f: { kind: "float", value: 0.5 },
      i: int(-3),
      large: int(2 ** 40),
      s: { kind: "string", value: "é" },
      t: { kind: "tensor", value: floats([2], (i) => i) },
      g: { kind: "graph", value: branch },
      fs: { kind: "floats", value: [1, -2.5] },
      is: ints([3, -4]),
      ss: { kind: "strings", value: ["a", ""] },
    });
    const external = { location: "weights.bin", offset: 64, length: 8 };
    const beside: OnnxTensor = { dtype: "f32", dims: [2], bytes: new Uint8Array(0), external };
    const model = modelOf([{ ...all, domain: "own" }], { beside, w: floats([2, 2], (i) => i) });
    for (const given of [model, smallModel()]) {
      expect(decodeModel("a.onnx", encodeModel(given))).toEqual(given);
    }
  });

  test.each([
    ["i64", 7, (to: protobuf.Writer) => to.int64(-2).int64(300)],
    ["u64", 11, (to: protobuf.Writer) => to.uint64(5).uint64(2 ** 40)],
    ["i32", 5, (to: protobuf.Writer) => to.int32(-2).int32(300)],
    ["f16", 5, (to: protobuf.Writer) => to.int32(0x3c00).int32(0xbc00)],
    ["bool", 5, (to: protobuf.Writer) => to.int32(1).int32(0)],
    ["f32", 4, (to: protobuf.Writer) => to.float(1.5).float(-2)],
    ["f64", 10, (to: protobuf.Writer) => to.double(1.5).double(-2)],
  ] as const)("elements of %s in a field of their own become raw", (dtype, field, write) => {
    const numbersOf = { i64: 7, u64: 13, i32: 6, f16: 10, bool: 9, f32: 1, f64: 11 };
    const message = tensorMessage((to) => {
      to.uint32(8).int64(2).uint32(16).int32(numbersOf[dtype]);
      write(to.uint32((field << 3) | 2).fork());
      to.ldelim();
    });
    const raw = {
      i64: BigInt64Array.of(-2n, 300n),
      u64: BigUint64Array.of(5n, 2n ** 40n),
      i32: Int32Array.of(-2, 300),
      f16: Uint16Array.of(0x3c00, 0xbc00),
      bool: Uint8Array.of(1, 0),
      f32: Float32Array.of(1.5, -2),
      f64: Float64Array.of(1.5, -2),
    }[dtype];
    const { tensor } = decodeTensor("a.onnx", message);
    expect([...tensor.bytes]).toEqual([...new Uint8Array(raw.buffer)]);
  });

  const bad: Readonly<Record<string, [Uint8Array, RegExp]>> = {
    "no file": [new Uint8Array(0), /version and a graph/],
    "a text": [new TextEncoder().encode("not a model, but a text"), /a\.onnx/],
    "cut off": [encodeModel(smallModel()).slice(0, 500), /end within the file/],
    "a short tensor": [
      encodeModel(modelOf([], { y: { ...floats([2], () => 0), dims: [3] } })),
      /"y" must have 12 bytes. Got 8/,
    ],
    "a negative length": [
      encodeModel(modelOf([], { y: { ...floats([2], () => 0), dims: [-2] } })),
      /must not be negative/,
    ],
    "more elements than can be": [
      encodeModel(modelOf([], { y: { ...floats([], () => 0), dims: [2 ** 40, 2 ** 40] } })),
      /2⁵³/,
    ],
    "a cycle": [
      encodeModel(modelOf([node("Neg", ["y"], "a"), node("Neg", ["a"], "y")])),
      /made before they are read. Got "y"/,
    ],
    "a value made twice": [
      encodeModel(modelOf([node("Neg", ["x"], "y"), node("Abs", ["x"], "y")])),
      /made once/,
    ],
    "an output of nothing": [encodeModel(modelOf([])), /"y", which no node makes/],
  };
  test.each(Object.entries(bad))("%s is an error", (_, [bytes, message]) => {
    expect(() => decodeModel("a.onnx", bytes)).toThrow(DataError);
    expect(() => decodeModel("a.onnx", bytes)).toThrow(message);
  });

  test("graphs too deep in one another are an error", () => {
    let model = modelOf([node("Neg", ["x"], "y")]);
    for (let i = 0; i < 20; i++) {
      model = modelOf([node("If", ["x"], "y", { then: { kind: "graph", value: model.graph } })]);
    }
    expect(() => decodeModel("a.onnx", encodeModel(model))).toThrow(/16 deep/);
  });

  test("200 mutated files: a DataError, or a model no larger than the file", () => {
    const bytes = encodeModel(smallModel());
    let refused = 0;
    for (let seed = 0; seed < 200; seed++) {
      const file = mutated(bytes, seed);
      try {
        const { graph } = decodeModel("a.onnx", file);
        let size = 0;
        for (const tensor of graph.initializers.values()) size += tensor.bytes.length;
        expect(size).toBeLessThanOrEqual(4 * file.length);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
