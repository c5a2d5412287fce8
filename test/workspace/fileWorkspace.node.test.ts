import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkspaceError } from "../../src/index.ts";
import type { FileSource } from "../../src/data/index.ts";
import { FileWorkspace, folderSource, workspaceSource } from "../../src/workspace/index.ts";
import { bytesOf, describeWorkspace, textIn } from "./suite.ts";

let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "renga-test-"));
});

afterAll(() => rm(root, { recursive: true }));

const folder = (): Promise<string> => mkdtemp(join(root, "x-"));

describeWorkspace("FileWorkspace", async () => {
  return { workspace: new FileWorkspace(join(await folder(), "inner")) };
});

describe("files in a folder", () => {
  test("nothing is left beside a file, nor an empty folder", async () => {
    const path = await folder();
    const workspace = new FileWorkspace(path);
    await workspace.write("a/b/c", bytesOf("x"));
    await workspace.write("a/b/c", bytesOf("y"));
    expect(await readdir(join(path, "a/b"))).toEqual(["c"]);
    // What a killed process has left unfinished is no file, and goes with the last one.
    await writeFile(join(path, "a/b/d.part"), "z");
    expect(await workspace.list()).toEqual(["a/b/c"]);
    await workspace.remove("a/b/c");
    expect(await readdir(path)).toEqual([]);
  });

  test("are data files", async () => {
    const path = await folder();
    const workspace = new FileWorkspace(path);
    await workspace.write("cat/a.png", bytesOf("x"));
    for (const source of [folderSource(`${path}/`), workspaceSource(workspace)]) {
      expect(await source.list()).toEqual(["cat/a.png"]);
      expect(await source.read("cat/a.png")).toEqual(bytesOf("x"));
      expect(await source.read("cat/b.png")).toBeNull();
      expect(source.describe("cat/a.png")).toBe(join(path, "cat/a.png"));
    }
  });

  test("a part of a data file", async () => {
    const path = await folder();
    await new FileWorkspace(path).write("cat/a", bytesOf("0123456789"));
    const read = folderSource(path).readRange as NonNullable<FileSource["readRange"]>;
    expect(await read("cat/a", 2, 5)).toEqual({ start: 2, bytes: bytesOf("234"), size: 10 });
    expect(await read("cat/a", 8, 2 ** 40)).toEqual({ start: 8, bytes: bytesOf("89"), size: 10 });
    expect(await read("cat/a", 20, 30)).toEqual({ start: 20, bytes: bytesOf(""), size: 10 });
    for (const name of ["cat/b", "cat", "cat/a/b"]) expect(await read(name, 0, 1)).toBeNull();
  });

  // /dev/full is a disk without room: writing to it gives ENOSPC.
  test.runIf(existsSync("/dev/full"))("a full disk is told, and the old file stays", async () => {
    const path = await folder();
    const workspace = new FileWorkspace(path);
    await workspace.write("a", bytesOf("old"));
    await symlink("/dev/full", join(path, "a.part"));
    const failure = await workspace.write("a", bytesOf("new")).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkspaceError);
    const { message, details } = failure as WorkspaceError;
    expect(message).toMatch(
      /\/a: there must be room.*3 bytes and ENOSPC with \d+ bytes free.*deleteRun/,
    );
    expect(details.free).toBeGreaterThanOrEqual(0);
    expect(await textIn(workspace, "a")).toBe("old");
    expect(await readdir(path)).toEqual(["a"]);
    await symlink("/dev/full", join(path, "log"));
    await expect(workspace.append("log", bytesOf("x"))).rejects.toThrow(WorkspaceError);
  });

  test("a folder that may not be written to, or is none, is told", async () => {
    const path = await folder();
    await writeFile(join(path, "file"), "x");
    await expect(new FileWorkspace(join(path, "file")).write("a", bytesOf("b"))).rejects.toThrow();
    await mkdir(join(path, "sealed"), { mode: 0o500 });
    const sealed = new FileWorkspace(join(path, "sealed")).write("a", bytesOf("b"));
    // Who may do everything may do this too.
    if (process.getuid?.() === 0) await sealed;
    else await expect(sealed).rejects.toThrow(/must be writable.*EACCES/);
  });
});
