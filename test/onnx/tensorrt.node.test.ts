// docs/export.md tells TensorRT's users which ops are written: the table must name every one.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "src/onnx");
const text = readdirSync(folder)
  .filter((file) => /^(export|emitter|weights)/.test(file))
  .map((file) => readFileSync(join(folder, file), "utf8"))
  .join("\n");

/** Names of ONNX ops in the sources: in capitals, and quoted. */
const written = [...text.matchAll(/"([A-Z][A-Za-z]+)"/g)].map(([, name]) => name as string);

test("every op that is written is in the table of docs/export.md", () => {
  const docs = readFileSync(join(root, "docs/export.md"), "utf8");
  const missing = [...new Set(written)].filter((op) => !docs.includes(`\`${op}\``));
  expect(new Set(written).size).toBeGreaterThan(60);
  expect(missing).toEqual([]);
});
