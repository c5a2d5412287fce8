import { describe, expect, test } from "vitest";
import { DataError, UsageError } from "../../src/index.ts";
import { detectRuntime } from "../../src/gpu/adapter.ts";
import { mapAhead, serveDecoder, workerDecoder } from "../../src/data/index.ts";

/** The two ends of a channel, as a worker and its inside would have them. */
function pair(decode: (item: number) => unknown) {
  const { port1, port2 } = new MessageChannel();
  serveDecoder(decode, port1);
  return { inside: port1, outside: port2 };
}

describe("decoding elsewhere", () => {
  test("results in order, their memory handed over", async () => {
    const made: Float32Array[] = [];
    const lanes = [1, 2].map((lane) =>
      pair((item) => {
        const data = Float32Array.of(item, lane);
        made.push(data);
        return { data, text: `item ${item}` };
      }),
    );
    const decode = workerDecoder<number, { data: Float32Array; text: string }>(
      lanes.map(({ outside }) => outside),
    );
    const results = [];
    for await (const result of mapAhead([7, 8, 9], decode, { ahead: 2 })) results.push(result);
    expect(results.map(({ data, text }) => [data[0], text])).toEqual([
      [7, "item 7"],
      [8, "item 8"],
      [9, "item 9"],
    ]);
    expect(new Set(results.map(({ data }) => data[1]))).toEqual(new Set([1, 2]));
    for (const { length } of made) expect(length).toBe(0);
    decode.close();
  });

  test("errors come back as they were, others with their text", async () => {
    const { outside } = pair((item) => {
      if (item === 1) throw new DataError("a.png", "the image must be whole", { got: "byte 7" });
      if (item === 2) throw new TypeError("what is this");
      return item === 3 ? () => item : item;
    });
    const decode = workerDecoder<unknown, number>(outside);
    await expect(decode(1)).rejects.toThrow(/^a\.png: the image must be whole\. Got byte 7\.$/);
    await expect(decode(2)).rejects.toThrow(/workerDecoder: .*Got what is this/);
    await expect(decode(3)).rejects.toBeInstanceOf(DataError); // a function cannot be sent
    await expect(decode(() => 4)).rejects.toThrow(); // nor be received
    expect(await decode(5)).toBe(5);
    decode.close();
  });

  test("who waits is told when the worker is gone", async () => {
    const { outside } = pair(() => new Promise(() => undefined));
    const decode = workerDecoder(outside);
    const waiting = decode(1);
    decode.close();
    await expect(waiting).rejects.toThrow(/the worker must keep running/);
    await expect(decode(2)).rejects.toBeInstanceOf(DataError);
    expect(() => workerDecoder([])).toThrow(UsageError);
  });
});

describe.runIf(detectRuntime() !== "node")("a module worker", () => {
  const start = () =>
    new Worker(new URL("./doubling.worker.ts", import.meta.url), { type: "module" });

  test("decodes, and tells when it breaks down", async () => {
    const decode = workerDecoder<number, Float32Array>(start());
    expect(await decode(3)).toEqual(Float32Array.of(3, 6));
    await expect(decode(-1)).rejects.toThrow(/worker must keep running.*on purpose/);
    await expect(decode(1)).rejects.toThrow(/worker must keep running/);
    decode.close();
  });
});
