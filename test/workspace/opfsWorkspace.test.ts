import { describe, expect, test, vi } from "vitest";
import { UsageError, WorkspaceError } from "../../src/index.ts";
import { OpfsWorkspace } from "../../src/workspace/index.ts";
import { bytesOf, describeWorkspace, textIn } from "./suite.ts";

const isBrowser = globalThis.navigator?.storage !== undefined;
let count = 0;

async function make() {
  const folder = `test-${Date.now()}-${count++}`;
  const clean = async (): Promise<void> => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(folder, { recursive: true }).catch(() => undefined);
  };
  return { workspace: new OpfsWorkspace(folder), folder, clean };
}

if (isBrowser) describeWorkspace("OpfsWorkspace", make);

async function entriesOf(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

describe.runIf(isBrowser)("the browser's private file system", () => {
  test("nothing is left beside a file, nor an empty folder", async () => {
    const { workspace, folder, clean } = await make();
    await workspace.write("a/b/c", bytesOf("x"));
    await workspace.write("a/b/c", bytesOf("y"));
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder);
    const inner = await (await root.getDirectoryHandle("a")).getDirectoryHandle("b");
    expect(await entriesOf(inner)).toEqual(["c"]);
    // What a page that was closed has left unfinished is no file, and goes with the last one.
    await inner.getFileHandle("d.part", { create: true });
    expect(await workspace.list()).toEqual(["a/b/c"]);
    await workspace.remove("a/b/c");
    expect(await entriesOf(root)).toEqual([]);
    await clean();
  });

  test("a full quota is told with usage and quota, and the old file stays", async () => {
    const { workspace, clean } = await make();
    await workspace.write("a", bytesOf("old"));
    const writable = FileSystemWritableFileStream.prototype;
    const full = vi.spyOn(writable, "write").mockImplementation(() => {
      throw new DOMException("no room", "QuotaExceededError");
    });
    for (const use of ["write", "append"] as const) {
      const failure = await workspace[use]("a", bytesOf("new")).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(WorkspaceError);
      const { message, details } = failure as WorkspaceError;
      expect(message).toMatch(/file system\/test-.*\/a: there must be room.*3 bytes.*deleteRun/);
      expect(details.quota).toBeGreaterThan(0);
      expect(details.usage).toBeGreaterThanOrEqual(0);
    }
    full.mockRestore();
    expect(await textIn(workspace, "a")).toBe("old");
    expect(await workspace.list()).toEqual(["a"]);
    await clean();
  });

  test("workers write too, also without writables", async () => {
    const { workspace, folder, clean } = await make();
    await workspace.write("page", bytesOf("from the page"));
    const url = new URL("./opfs.worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    const told = await new Promise((done) => {
      worker.addEventListener("message", ({ data }) => done(data));
      worker.addEventListener("error", ({ message }) => done(message));
      worker.postMessage(folder);
    });
    worker.terminate();
    expect(told).toBe("from the page");
    expect(await textIn(workspace, "worker")).toBe("second, and more");
    expect(await workspace.list()).toEqual(["page", "worker"]);
    await clean();
  });
});

test.skipIf(isBrowser)("elsewhere there is none", async () => {
  const workspace = new OpfsWorkspace("x");
  await expect(workspace.write("a", bytesOf("b"))).rejects.toThrow(UsageError);
  await expect(workspace.read("a")).rejects.toThrow(/use a FileWorkspace/);
});
