// TensorFlow's checkpoints, written here by the format's description.

import { describe, expect, test } from "vitest";
import { HostRandom, Variable, zeros } from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { decodeTensorBundle, restoreSonnet } from "../../src/workspace/index.ts";
import { unsnappy } from "../../src/workspace/snappy.ts";

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];

const text = (value: string): number[] => [...new TextEncoder().encode(value)];

const bytesField = (field: number, bytes: number[]): number[] => [
  field * 8 + 2,
  ...varint(bytes.length),
  ...bytes,
];

const numberField = (field: number, value: number): number[] => [field * 8, ...varint(value)];

interface Written {
  readonly dtype: 1 | 3 | 7 | 9;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const f32 = (shape: readonly number[], ...values: number[]): Written => ({
  dtype: 1,
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

const i64 = (value: number): Written => ({
  dtype: 9,
  shape: [],
  bytes: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer),
});

/** Literals and no copies: what Snappy may make of short blocks. */
const snappy = (bytes: number[]): number[] => {
  const parts = [...varint(bytes.length)];
  for (let at = 0; at < bytes.length; at += 60) {
    const part = bytes.slice(at, at + 60);
    parts.push((part.length - 1) * 4, ...part);
  }
  return parts;
};

/** A table with one block, compressed or not, keys sharing prefixes. */
function bundle(
  tensors: Readonly<Record<string, Written>>,
  isCompressed = false,
): { index: Uint8Array; data: Uint8Array } {
  const data: number[] = [];
  const entries: [string, number[]][] = [["", numberField(1, 1)]];
  for (const [key, { dtype, shape, bytes }] of Object.entries(tensors)) {
    const dims = shape.flatMap((n) => bytesField(2, n === 0 ? [] : numberField(1, n)));
    const place = [...numberField(4, data.length), ...numberField(5, bytes.length)];
    const crc = [6 * 8 + 5, 1, 2, 3, 4];
    entries.push([key, [...numberField(1, dtype), ...bytesField(2, dims), ...place, ...crc]]);
    data.push(...bytes);
  }
  const block = (pairs: [string, number[]][]): number[] => {
    const out: number[] = [];
    let last = "";
    for (const [key, value] of pairs) {
      let shared = 0;
      while (shared < last.length && last[shared] === key[shared]) shared++;
      const own = text(key.slice(shared));
      out.push(...varint(shared), ...varint(own.length), ...varint(value.length), ...own, ...value);
      last = key;
    }
    return [...out, 0, 0, 0, 0, 1, 0, 0, 0];
  };
  const file: number[] = [];
  const put = (content: number[], kind: 0 | 1): number[] => {
    const handle = [...varint(file.length), ...varint(content.length)];
    file.push(...content, kind, 0, 0, 0, 0);
    return handle;
  };
  const main = block(entries);
  const handle = isCompressed ? put(snappy(main), 1) : put(main, 0);
  const meta = put(block([]), 0);
  const inner = put(block([["z", handle]]), 0);
  const footer = [...meta, ...inner];
  while (footer.length < 40) footer.push(0);
  const magic = new Uint8Array(BigUint64Array.of(0xdb4775248b80fb57n).buffer);
  return { index: Uint8Array.from([...file, ...footer, ...magic]), data: Uint8Array.from(data) };
}

const key = (path: string): string => `module/${path}/.ATTRIBUTES/VARIABLE_VALUE`;

const LINEAR = {
  [key("w")]: f32([2, 3], 1, 2, 3, 4, 5, 6),
  [key("b")]: f32([3], 7, 8, 9),
  "save_counter/.ATTRIBUTES/VARIABLE_VALUE": i64(1),
};

describe("TensorFlow's checkpoints", () => {
  test.each([false, true])("are read, compressed: %s", (isCompressed) => {
    const { index, data } = bundle(LINEAR, isCompressed);
    const tensors = decodeTensorBundle("c", index, [data]);
    expect(tensors[key("w")]).toEqual({
      dtype: "f32",
      shape: [2, 3],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(tensors["save_counter/.ATTRIBUTES/VARIABLE_VALUE"]?.data).toEqual(Int32Array.of(1));
  });

  test("give a module its values, by the order of Sonnet's variables", async () => {
    const path = (i: number, part: string): string => key(`_layers/${i}/${part}`);
    const { index, data } = bundle({
      [path(0, "w")]: f32([1, 2], 1, 2),
      [path(0, "b")]: f32([2], 3, 4),
      [path(1, "w")]: f32([2, 1], 5, 6),
      [path(1, "b")]: f32([1], 7),
    });
    const mlp = new nn.MLP([2, 1]);
    nn.build(mlp, [1, 1]);
    restoreSonnet(mlp.variables, decodeTensorBundle("c", index, [data]));
    const values = await Promise.all(mlp.variables.map((variable) => variable.data()));
    expect(values.map((one) => [...(one as Float32Array)])).toEqual([[3, 4], [1, 2], [7], [5, 6]]); // prettier-ignore
  });

  test("must fit the module, and change nothing if they do not", async () => {
    const { index, data } = bundle(LINEAR);
    const tensors = decodeTensorBundle("c", index, [data]);
    const [b, w] = [new Variable(zeros([3]), { name: "b" }), new Variable(zeros([3, 2]))];
    expect(() => restoreSonnet([b, w], tensors)).toThrow(/shapes and dtypes/);
    expect(() => restoreSonnet([b], tensors)).toThrow(/2 tensors under module\/ for 1 variables/);
    expect(() => restoreSonnet([b], tensors, "net")).toThrow(/0 tensors under net\//);
    expect([...((await b.data()) as Float32Array)]).toEqual([0, 0, 0]);
  });

  test("that are broken give a clear error, whatever is broken", () => {
    const { index, data } = bundle(LINEAR, true);
    expect(() => decodeTensorBundle("c", index.subarray(0, 20), [data])).toThrow(
      /ends with 48 bytes/,
    );
    expect(() => decodeTensorBundle("c", index.map((x) => x ^ 1), [data])).toThrow(/TensorFlow's mark/); // prettier-ignore
    expect(() => decodeTensorBundle("c", index, [])).toThrow(/all shards must be there/);
    expect(() => decodeTensorBundle("c", index, [data.subarray(4)])).toThrow(/within its shard/);
    const random = new HostRandom(7);
    for (let i = 0; i < 400; i++) {
      const broken = index.slice(
        0,
        i % 4 === 0 ? Math.floor(random.uniform() * index.length) : undefined,
      );
      for (let n = 0; n < 3 && broken.length > 0; n++) {
        broken[Math.floor(random.uniform() * broken.length)] = Math.floor(random.uniform() * 256);
      }
      try {
        decodeTensorBundle("c", broken, [data]);
      } catch (error) {
        expect((error as Error).name).toBe("DataError");
      }
    }
  });
});

test("Snappy's copies may reach into themselves", () => {
  expect([...unsnappy("c", Uint8Array.of(9, 8, 1, 2, 3, 2 * 4 + 1, 3))]).toEqual([
    1, 2, 3, 1, 2, 3, 1, 2, 3,
  ]);
  const far = Uint8Array.of(9, 8, 1, 2, 3, 2 * 4 + 1, 4);
  expect(() => unsnappy("c", far)).toThrow(/a copy from outside/);
  expect(() => unsnappy("c", Uint8Array.of(9, 8, 1, 2, 3))).toThrow(/3 bytes instead of 9/);
  expect(() => unsnappy("c", Uint8Array.of(255, 255, 255, 255, 255, 255))).toThrow(/without end/);
});
