// The flatbuffer of a TFLite file read back by the field numbers of the schema.

import { ByteBuffer } from "flatbuffers";
import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import type { Tensor } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { encodeTflite, exportTflite, toTfliteModel } from "../../src/tflite/index.ts";
import { randomTensor } from "../support/check.ts";

/** A table of a flatbuffer. */
class Table {
  readonly #buffer: ByteBuffer;
  readonly #at: number;

  constructor(buffer: ByteBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
  }

  /** Where a field lies, 0 if it has its default. */
  #place(field: number): number {
    const offset = this.#buffer.__offset(this.#at, 4 + 2 * field);
    return offset === 0 ? 0 : this.#at + offset;
  }

  int(field: number): number {
    const at = this.#place(field);
    return at === 0 ? 0 : this.#buffer.readInt32(at);
  }

  byte(field: number): number {
    const at = this.#place(field);
    return at === 0 ? 0 : this.#buffer.readInt8(at);
  }

  text(field: number): string {
    return String(this.#buffer.__string(this.#place(field)));
  }

  table(field: number): Table {
    return new Table(this.#buffer, this.#buffer.__indirect(this.#place(field)));
  }

  /** Where the elements of a vector begin, and how many there are. */
  vector(field: number): { start: number; length: number } {
    const at = this.#place(field);
    if (at === 0) return { start: 0, length: 0 };
    return { start: this.#buffer.__vector(at), length: this.#buffer.__vector_len(at) };
  }

  ints(field: number): number[] {
    const { start, length } = this.vector(field);
    return Array.from({ length }, (_, i) => this.#buffer.readInt32(start + 4 * i));
  }

  tables(field: number): Table[] {
    const { start, length } = this.vector(field);
    return Array.from({ length }, (_, i) => {
      return new Table(this.#buffer, this.#buffer.__indirect(start + 4 * i));
    });
  }
}

function read(bytes: Uint8Array): Table {
  const buffer = new ByteBuffer(bytes);
  expect(buffer.__has_identifier("TFL3")).toBe(true);
  return new Table(buffer, buffer.readInt32(buffer.position()) + buffer.position());
}

const FULLY_CONNECTED = 9;
const net = (): ((x: Tensor) => Tensor) => {
  const linear = new nn.Linear(4);
  return (x) => renga.relu(linear(x));
};

describe("the file", () => {
  test("has the schema's tables", async () => {
    const fn = net();
    const x = randomTensor([2, 3]);
    fn(x);
    const bytes = await exportTflite(fn, x, { inputNames: ["pixels"], description: "a layer" });
    const model = read(bytes);
    expect([model.int(0), model.text(3)]).toEqual([3, "a layer"]);
    const codes = model.tables(1).map((code) => [code.byte(0), code.int(3)]);
    expect(codes).toContainEqual([FULLY_CONNECTED, FULLY_CONNECTED]);
    const [graph] = model.tables(2) as [Table];
    const tensors = graph.tables(0);
    const named = (numbers: number[]): unknown => {
      return numbers.map((i) => [tensors[i]?.text(3), tensors[i]?.ints(0)]);
    };
    expect(named(graph.ints(1))).toEqual([["pixels", [2, 3]]]);
    expect(named(graph.ints(2))).toEqual([["output", [2, 4]]]);
    const [first] = graph.tables(3) as [Table];
    const [, weights] = first.ints(1) as [number, number];
    // Output channels first.
    expect(tensors[weights]?.ints(0)).toEqual([4, 3]);
    const buffers = model.tables(4);
    expect(buffers[0]?.vector(0).length).toBe(0);
    const data = buffers[tensors[weights]?.int(2) ?? 0]?.vector(0);
    expect(data?.length).toBe(48);
    expect((data?.start ?? 1) % 16).toBe(0);
    const [signature] = model.tables(7) as [Table];
    expect(signature.tables(0)[0]?.text(0)).toBe("pixels");
  });

  test("bytes of int8 weights have a scale for each output channel", async () => {
    const linear = new nn.Linear(16);
    const x = randomTensor([2, 32]);
    const model = await toTfliteModel(linear, x, { weights: "int8" });
    const stored = model.tensors.find(({ dtype }) => dtype === "i8");
    expect(stored?.shape).toEqual([16, 32]);
    expect(stored?.quantization).toMatchObject({ axis: 0 });
    expect(stored?.quantization?.scales).toHaveLength(16);
    const [graph] = read(encodeTflite(model)).tables(2) as [Table];
    const about = graph.tables(0)[model.tensors.indexOf(stored as never)]?.table(4);
    expect([about?.vector(2).length, about?.vector(3).length]).toEqual([16, 16]);
  });

  test.each([
    ["f16", 0.52],
    ["int8", 0.3],
  ] as const)("%s weights are shorter", async (weights, share) => {
    // prettier-ignore
    const linear = new nn.Linear(128);
    const x = randomTensor([1, 128]);
    const whole = await exportTflite(linear, x);
    const bytes = await exportTflite(linear, x, { weights });
    expect(bytes.length).toBeLessThan(whole.length * share);
  });

  test("norms fold unless they are told not to", async () => {
    const [linear, norm] = [new nn.Linear(4), new nn.BatchNorm()];
    const x = randomTensor([8, 3]);
    norm(linear(x), { isTraining: true });
    const fn = (input: Tensor): Tensor => norm(linear(input), { isTraining: false });
    const ops = async (foldBatchNorm: boolean): Promise<string[]> => {
      return (await toTfliteModel(fn, x, { foldBatchNorm })).operators.map(({ op }) => op);
    };
    expect(await ops(true)).toEqual(["FULLY_CONNECTED"]);
    expect((await ops(false)).length).toBeGreaterThan(2);
  });

  test("ops without a counterpart are named", async () => {
    const x = randomTensor([2, 3]);
    const fn = (input: Tensor): Tensor => renga.cumProd(input);
    await expect(exportTflite(fn, x)).rejects.toThrow(/exportTflite: .*cumProd/);
    const w = randomTensor([3, 3, 2, 4]);
    const grouped = (input: Tensor): Tensor => renga.conv(input, w, { groups: 2 });
    await expect(exportTflite(grouped, randomTensor([1, 5, 5, 4]))).rejects.toThrow(/grouped/);
  });
});
