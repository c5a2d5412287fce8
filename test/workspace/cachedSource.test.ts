import { describe, expect, test } from "vitest";
import { DataError, UsageError, WorkspaceError } from "../../src/index.ts";
import { type FileSource, bytesSource, withNames } from "../../src/data/index.ts";
import { MemoryWorkspace, cachedSource, workspaceSource } from "../../src/workspace/index.ts";
import { bytesOf } from "./suite.ts";

/** SHA-256 of "abc", from FIPS 180-2, appendix B.1. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/** A source that tells how often each file was asked for. */
function counted(files: Record<string, Uint8Array>): FileSource & { asked: string[] } {
  const { describe: place, read } = bytesSource(files, "far");
  const asked: string[] = [];
  return {
    asked,
    describe: place,
    async read(name, onProgress) {
      asked.push(name);
      const bytes = await read(name);
      onProgress?.({ name, loaded: bytes?.length ?? 0, total: bytes?.length });
      return bytes;
    },
  };
}

describe("cachedSource", () => {
  test("fetches once, keeps, and tells how far it is", async () => {
    const far = counted({ "set/a": bytesOf("abc") });
    const workspace = new MemoryWorkspace();
    const progress: string[] = [];
    const source = cachedSource(far, workspace, {
      onProgress: ({ name, loaded, total }) => progress.push(`${name} ${loaded}/${total}`),
    });
    expect(await source.read("set/a")).toEqual(bytesOf("abc"));
    expect(await source.read("set/a")).toEqual(bytesOf("abc"));
    expect(await source.read("b")).toBeNull();
    expect(far.asked).toEqual(["set/a", "b"]);
    expect(progress[0]).toBe("set/a 3/3");
    expect(source.describe("set/a")).toBe("far/set/a");
    await expect(source.list()).rejects.toThrow(UsageError);
    const named = cachedSource(withNames(far, ["set/b", "set/a"]), workspace);
    expect(await named.list()).toEqual(["set/a", "set/b"]);
    expect(await named.read("set/a")).toEqual(bytesOf("abc"));
    expect(withNames(far, []).describe("a")).toBe("far/a");
    expect(await workspaceSource(workspace).list()).toEqual(["set/a"]);
    expect(workspaceSource(workspace).describe("set/a")).toBe("memory/set/a");
  });

  test("with checksums: damage is told and not kept, a damaged copy is fetched again", async () => {
    const files = { a: bytesOf("abd") };
    const far = counted(files);
    const workspace = new MemoryWorkspace();
    const source = cachedSource(far, workspace, { checksums: { a: ABC.toUpperCase() } });
    const failure = await source.read("a").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DataError);
    expect((failure as Error).message).toMatch(
      /^far\/a: the file's SHA-256 must be ba78.* of 3 bytes/,
    );
    expect(await workspace.list()).toEqual([]);
    files.a = bytesOf("abc");
    expect(await source.read("a")).toEqual(bytesOf("abc"));
    await workspace.write("a", bytesOf("ab"));
    expect(await source.read("a")).toEqual(bytesOf("abc"));
    expect(await workspace.read("a")).toEqual(bytesOf("abc"));
    // Without a connection, files that are not named need not be asked for.
    expect(await source.read("a.gz")).toBeNull();
    expect(await source.list()).toEqual(["a"]);
    expect(far.asked).toEqual(["a", "a", "a"]);
  });

  test("a full workspace is told, and what it has stays", async () => {
    class Full extends MemoryWorkspace {
      override write(path: string): Promise<void> {
        return Promise.reject(new WorkspaceError(path, "there must be room for the file"));
      }
    }
    const workspace = new Full();
    await workspace.append("old", bytesOf("x"));
    const source = cachedSource(bytesSource({ a: bytesOf("abc") }), workspace);
    await expect(source.read("a")).rejects.toThrow(WorkspaceError);
    expect(await workspace.list()).toEqual(["old"]);
  });
});
