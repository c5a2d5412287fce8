import { describe, expect, test } from "vitest";
import { DataError, HostRandom } from "../../src/index.ts";
import type { HostArray } from "../../src/data/index.ts";
import {
  MemoryWorkspace,
  RunLog,
  decodeSafetensors,
  encodeSafetensors,
  latestCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
} from "../../src/workspace/index.ts";
import { describeWorkspace } from "./suite.ts";

const tensors: Readonly<Record<string, HostArray>> = {
  "model/w": { dtype: "f32", shape: [2, 3], data: Float32Array.of(1, -2, 3.5, NaN, Infinity, 0) },
  "model/n": { dtype: "i32", shape: [], data: Int32Array.of(-7) },
  mask: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
  half: {
    dtype: "f16",
    shape: [5],
    data: Float32Array.of(1, -0.0999755859375, 65504, NaN, 2 ** -24),
  },
  empty: { dtype: "f32", shape: [0, 4], data: new Float32Array(0) },
};

describe("safetensors", () => {
  test("what is written is read", () => {
    const bytes = encodeSafetensors({ tensors, metadata: { note: "ü" } });
    expect(decodeSafetensors("file", bytes)).toEqual({ tensors, metadata: { note: "ü" } });
    expect(decodeSafetensors("file", bytes).tensors.half?.data).toBeInstanceOf(Float32Array);
    const header = new TextDecoder().decode(bytes.subarray(8, 60));
    expect(header.startsWith('{"__metadata__"')).toBe(true);
  });

  test("300 damaged files: a DataError or arrays that fit, never anything else", () => {
    const whole = encodeSafetensors({ tensors, metadata: {} });
    const random = new HostRandom(5);
    for (let i = 0; i < 300; i++) {
      let bytes = whole.slice();
      if (i % 3 === 0) bytes = bytes.slice(0, random.integer(bytes.length));
      else for (let k = 0; k < 1 + (i % 4); k++) bytes[random.integer(bytes.length)] = random.u32();
      try {
        for (const { shape, data } of Object.values(decodeSafetensors("damaged", bytes).tensors)) {
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }
  });

  test("a header longer than the file is refused before anything is allocated", () => {
    const bytes = new Uint8Array(64).fill(0xff);
    expect(() => decodeSafetensors("huge", bytes)).toThrow(/header must lie within the file/);
  });
});

describe("checkpoints and logs", () => {
  test("the newest whole checkpoint is found; a torn one is passed over", async () => {
    const workspace = new MemoryWorkspace();
    await saveCheckpoint(workspace, "c/1.safetensors", { tensors, state: { step: 1 } });
    await saveCheckpoint(workspace, "c/2.safetensors", { tensors, state: { step: 2 } });
    const bytes = (await workspace.read("c/2.safetensors")) as Uint8Array;
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    await workspace.write("c/2.safetensors", bytes);
    await expect(loadCheckpoint(workspace, "c/2.safetensors")).rejects.toThrow(/checksum/);
    const latest = await latestCheckpoint(workspace, "c/");
    expect(latest?.checkpoint).toEqual({ tensors, state: { step: 1 } });
    await expect(loadCheckpoint(workspace, "c/3")).rejects.toThrow(/must exist/);
  });

  test("a log forgets what came after a step, and a torn last line", async () => {
    const workspace = new MemoryWorkspace();
    const log = new RunLog(workspace);
    for (const step of [1, 2, 3]) await log.append({ step, loss: 1 / step });
    await workspace.append(log.path, new TextEncoder().encode('{"step": 4, "lo'));
    expect((await log.read()).map(({ step }) => step)).toEqual([1, 2, 3]);
    await log.truncateAfter(2);
    expect((await log.read()).map(({ step }) => step)).toEqual([1, 2]);
  });
});

describeWorkspace("MemoryWorkspace", async () => ({ workspace: new MemoryWorkspace() }));
