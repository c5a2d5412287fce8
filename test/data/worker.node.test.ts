// Decoding in Node's worker threads, which speak otherwise than browsers' workers.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MessageEnd, mapAhead, workerDecoder } from "../../src/data/index.ts";

const PROGRAM = `
import { parentPort } from "node:worker_threads";
import { serveDecoder } from ${JSON.stringify(join(import.meta.dirname, "../../src/data/index.ts"))};
serveDecoder((item) => {
  if (item === 0) process.exit(3);
  if (item < 0) throw new RangeError("below 0");
  return Float32Array.of(item, 2 * item);
}, parentPort);
`;

let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "renga-worker-"));
  await build({
    stdin: { contents: PROGRAM, resolveDir: folder },
    outfile: join(folder, "worker.mjs"),
    ...({ bundle: true, format: "esm", platform: "node", logLevel: "error" } as const),
    external: ["webgpu"],
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("two threads decode in order; one that ends is told, and the other goes on", async () => {
  const start = (): MessageEnd => new Worker(join(folder, "worker.mjs"));
  const decode = workerDecoder<number, Float32Array>([start(), start()]);
  const results: Float32Array[] = [];
  for await (const result of mapAhead([1, 2, 3], decode)) results.push(result);
  expect(results).toEqual([Float32Array.of(1, 2), Float32Array.of(2, 4), Float32Array.of(3, 6)]);
  await expect(decode(-1)).rejects.toThrow(/Got below 0/);
  await expect(decode(0)).rejects.toThrow(/the worker must keep running\. Got exit code 3/);
  expect(await decode(5)).toEqual(Float32Array.of(5, 10));
  await expect(decode(0)).rejects.toThrow(/exit code 3/);
  await expect(decode(6)).rejects.toThrow(/exit code 3/);
  decode.close();
});
