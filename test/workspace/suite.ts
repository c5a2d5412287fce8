// What every workspace does, whatever it keeps files in.

import { afterAll, describe, expect, test } from "vitest";
import { UsageError } from "../../src/index.ts";
import {
  type Workspace,
  deleteRun,
  latestCheckpoint,
  listRuns,
  RunLog,
  saveCheckpoint,
  startRun,
  subfolder,
} from "../../src/workspace/index.ts";

export const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value);

export async function textIn(workspace: Workspace, path: string): Promise<string | undefined> {
  const bytes = await workspace.read(path);
  return bytes === null ? undefined : new TextDecoder().decode(bytes);
}

/**
 * The tests of a workspace.
 *
 * @param make  an empty one, and what cleans up behind it.
 */
export function describeWorkspace(
  name: string,
  make: () => Promise<{ workspace: Workspace; clean?: () => Promise<void> }>,
): void {
  describe(name, () => {
    const cleaners: (() => Promise<void>)[] = [];
    afterAll(async () => {
      for (const clean of cleaners) await clean();
    });
    const fresh = async (): Promise<Workspace> => {
      const { workspace, clean } = await make();
      if (clean) cleaners.push(clean);
      return workspace;
    };

    test("files are written, replaced, appended to, listed and removed", async () => {
      const workspace = await fresh();
      expect(await workspace.list()).toEqual([]);
      expect(await workspace.read("a/b.txt")).toBeNull();
      await workspace.write("a/b.txt", bytesOf("one, and long"));
      await workspace.write("a/b.txt", bytesOf("two"));
      await workspace.append("a/log", bytesOf("x"));
      await workspace.append("a/log", bytesOf("y"));
      await workspace.write("ab", bytesOf(""));
      expect(await textIn(workspace, "a/b.txt")).toBe("two");
      expect(await textIn(workspace, "a/log")).toBe("xy");
      expect(await textIn(workspace, "ab")).toBe("");
      expect(await workspace.read("a")).toBeNull();
      expect(await workspace.list()).toEqual(["a/b.txt", "a/log", "ab"]);
      expect(await workspace.list("a/")).toEqual(["a/b.txt", "a/log"]);
      expect(await workspace.list("a/l")).toEqual(["a/log"]);
      await workspace.remove("a/log");
      await workspace.remove("a/log");
      await workspace.remove("none/there");
      expect(await workspace.list()).toEqual(["a/b.txt", "ab"]);
    });

    test("what is given or taken may be changed afterwards", async () => {
      const workspace = await fresh();
      const bytes = bytesOf("abc");
      await workspace.write("x", bytes);
      bytes[0] = 0;
      const read = await workspace.read("x");
      read?.fill(1);
      expect(await textIn(workspace, "x")).toBe("abc");
      const part = new Uint8Array([9, 9, 104, 105, 9]).subarray(2, 4);
      await workspace.write("part", part);
      await workspace.append("part", part);
      expect(await textIn(workspace, "part")).toBe("hihi");
    });

    test("many at a time", async () => {
      const workspace = await fresh();
      const names = Array.from({ length: 12 }, (_, i) => `d${i % 3}/f${i}`).sort();
      await Promise.all(names.map((path) => workspace.write(path, bytesOf(path))));
      expect(await workspace.list()).toEqual(names);
      for (const path of names) expect(await textIn(workspace, path)).toBe(path);
      await Promise.all(names.map((path) => workspace.remove(path)));
      expect(await workspace.list()).toEqual([]);
    });

    test("paths stay inside", async () => {
      const workspace = await fresh();
      for (const path of ["../x", "/x", "a//b", "a/./b", "", "a\\b", "a/"]) {
        for (const use of [
          () => workspace.read(path),
          () => workspace.write(path, bytesOf("")),
          () => workspace.append(path, bytesOf("")),
          () => workspace.remove(path),
        ]) {
          await expect((async () => use())()).rejects.toThrow(UsageError);
        }
      }
    });

    test("a subfolder is a workspace of its own", async () => {
      const workspace = await fresh();
      const inner = subfolder(workspace, "runs/a");
      await inner.write("x/y", bytesOf("1"));
      await inner.append("x/y", bytesOf("2"));
      await workspace.write("runs/ab", bytesOf("3"));
      expect(await workspace.list()).toEqual(["runs/a/x/y", "runs/ab"]);
      expect(await inner.list()).toEqual(["x/y"]);
      expect(await inner.list("x")).toEqual(["x/y"]);
      expect(await textIn(inner, "x/y")).toBe("12");
      await expect(inner.read("../ab")).rejects.toThrow(UsageError);
      expect(() => subfolder(workspace, "../a")).toThrow(UsageError);
      expect(inner.description).toBe(`${workspace.description}/runs/a`);
      await inner.remove("x/y");
      expect(await workspace.list()).toEqual(["runs/ab"]);
    });

    test("checkpoints, a log and runs", async () => {
      const workspace = await fresh();
      const run = await startRun(workspace, "a", { settings: { seed: 1 } });
      const tensors = { w: { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) } } as const;
      await saveCheckpoint(run, "checkpoints/1", { tensors, state: { step: 1 } });
      await saveCheckpoint(run, "checkpoints/2", { tensors, state: { step: 2 } });
      await new RunLog(run).append({ step: 2, loss: 0.5 });
      expect(await latestCheckpoint(run, "checkpoints/")).toEqual({
        path: "checkpoints/2",
        checkpoint: { tensors, state: { step: 2 } },
      });
      expect(await listRuns(workspace)).toMatchObject([
        { name: "a", settings: { seed: 1 }, step: 2, metrics: { loss: 0.5 }, checkpoints: 2 },
      ]);
      await deleteRun(workspace, "a");
      expect(await workspace.list()).toEqual([]);
    });
  });
}
