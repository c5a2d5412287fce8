import { describe, expect, test } from "vitest";
import { DataError } from "../../src/index.ts";
import {
  MemoryWorkspace,
  RunLog,
  compareRuns,
  deleteRun,
  listRuns,
  startRun,
  subfolder,
} from "../../src/workspace/index.ts";
import { bytesOf, textIn } from "./suite.ts";

async function threeRuns(): Promise<MemoryWorkspace> {
  const workspace = new MemoryWorkspace();
  for (const [name, rate, losses] of [
    ["first", 0.1, [1, 0.5]],
    ["sweep/fast", 0.2, [1, 0.25, 0.125]],
  ] as const) {
    const settings = { seed: 1, optimizer: { name: "Adam", learningRate: rate } };
    const log = new RunLog(await startRun(workspace, name, { settings }));
    for (const [i, loss] of losses.entries()) await log.append({ step: 10 * (i + 1), loss });
    await new Promise((done) => setTimeout(done, 2)); // the clock has milliseconds
  }
  await workspace.write("old/metrics.jsonl", bytesOf('{"step":5,"accuracy":0.75,"note":"x"}\n'));
  return workspace;
}

describe("runs", () => {
  test("are listed, the latest first, with or without a manifest", async () => {
    const workspace = await threeRuns();
    await workspace.write("older/metrics.jsonl", bytesOf(""));
    const runs = await listRuns(workspace);
    expect(runs.map(({ name, step }) => `${name} ${step}`)).toEqual([
      "sweep/fast 30",
      "first 20",
      "old 5",
      "older 0",
    ]);
    expect(runs[0]?.metrics).toEqual({ loss: 0.125 });
    expect(runs[0]?.started).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(runs[2]).toEqual({
      name: "old",
      started: undefined,
      settings: {},
      step: 5,
      metrics: { accuracy: 0.75 },
      checkpoints: 0,
    });
  });

  test("are compared by what differs", async () => {
    const workspace = await threeRuns();
    const { runs, settings, metrics } = await compareRuns(workspace, ["first", "sweep/fast"]);
    expect(runs.map(({ name }) => name)).toEqual(["first", "sweep/fast"]);
    expect(settings).toEqual({ "optimizer.learningRate": [0.1, 0.2] });
    expect(metrics).toEqual({ loss: [0.5, 0.125] });
    const all = await compareRuns(workspace);
    expect(all.settings.seed).toEqual([1, 1, undefined]);
    expect(all.metrics.accuracy).toEqual([undefined, undefined, 0.75]);
    await expect(compareRuns(workspace, ["second"])).rejects.toThrow(/no second in memory/);
  });

  test("are deleted whole, and no other", async () => {
    const workspace = await threeRuns();
    await subfolder(workspace, "first").write("checkpoints/1", bytesOf("x"));
    await workspace.write("first-2/run.json", bytesOf("{}"));
    await deleteRun(workspace, "first");
    expect((await workspace.list()).map((path) => path.split("/")[0])).toEqual([
      ...["first-2", "old", "sweep", "sweep"],
    ]);
    await expect(deleteRun(workspace, "first")).rejects.toThrow(DataError);
    await expect(deleteRun(workspace, "sweep")).rejects.toThrow(/the run must exist/);
  });

  test("are not begun twice by mistake, and keep their start when they go on", async () => {
    const workspace = await threeRuns();
    await expect(startRun(workspace, "first")).rejects.toThrow(/must be a new one.*resume: true/);
    const before = (await listRuns(workspace)).find(({ name }) => name === "first");
    await startRun(workspace, "first", { resume: true, settings: { seed: 2 } });
    const after = (await listRuns(workspace)).find(({ name }) => name === "first");
    expect(after).toEqual({ ...before, settings: { seed: 2 } });
  });

  test("with broken files are listed with what can be read", async () => {
    const workspace = await threeRuns();
    await workspace.write("first/run.json", bytesOf('{"name": "fir'));
    await workspace.append("first/metrics.jsonl", bytesOf('null\n7\n{"step": 90, "lo'));
    const run = (await listRuns(workspace)).find(({ name }) => name === "first");
    expect(run).toMatchObject({ started: undefined, settings: {}, step: 20 });
    // A line after half a line is not lost.
    await new RunLog(subfolder(workspace, "first")).append({ step: 40, loss: 0.1 });
    expect((await listRuns(workspace)).find(({ name }) => name === "first")?.step).toBe(40);
    expect(await textIn(workspace, "first/metrics.jsonl")).toMatch(
      /"lo\n\{"step":40,"loss":0.1\}\n$/,
    );
  });
});
