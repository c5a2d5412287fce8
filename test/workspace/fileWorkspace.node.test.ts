import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileWorkspace, folderSource } from "../../src/workspace/index.ts";

test("files in a folder: written whole, listed, appended, removed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "renga-test-"));
  const workspace = new FileWorkspace(folder);
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  expect(await workspace.read("a/b.txt")).toBeNull();
  await workspace.write("a/b.txt", text("one"));
  await workspace.write("a/b.txt", text("two"));
  await workspace.append("a/log", text("x"));
  await workspace.append("a/log", text("y"));
  expect(new TextDecoder().decode((await workspace.read("a/b.txt")) ?? undefined)).toBe("two");
  expect(await workspace.list("a/")).toEqual(["a/b.txt", "a/log"]);
  expect(await readdir(join(folder, "a"))).toEqual(["b.txt", "log"]);
  expect(await folderSource(folder).read("a/log")).toEqual(text("xy"));
  await workspace.remove("a/log");
  await workspace.remove("a/log");
  expect(await workspace.list()).toEqual(["a/b.txt"]);
  await rm(folder, { recursive: true });
});
