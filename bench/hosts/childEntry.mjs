// Runs inside Deno or Node: loads a library's bundle and answers JSON lines.

import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

if (globalThis.Deno === undefined) {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const value = { gpu: create([]), userAgent: "Node", hardwareConcurrency: 2 };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true });
}
await import(pathToFileURL(process.argv[2]).href);

async function answer(line) {
  const { id, method, argument } = JSON.parse(line);
  try {
    const result = (await globalThis.bench(method, argument)) ?? null;
    process.stdout.write(`${JSON.stringify({ id, result })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ id, error: String(error?.stack ?? error) })}\n`);
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => void answer(line))
  .on("close", () => process.exit(0));
