// A process that is killed while it saves leaves whole checkpoints behind, and can be gone on with.

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HostRandom } from "../../src/index.ts";
import {
  FileWorkspace,
  RunLog,
  latestCheckpoint,
  loadCheckpoint,
} from "../../src/workspace/index.ts";

const root = join(import.meta.dirname, "../..");

/** Saves one checkpoint of 4 MB after the other, all elements its step, and writes a log. */
const PROGRAM = `
import { FileWorkspace, RunLog, saveCheckpoint } from ${JSON.stringify(join(root, "src/workspace/index.ts"))};
const workspace = new FileWorkspace(process.argv[2]);
const log = new RunLog(workspace);
for (let step = Number(process.argv[3]); ; step++) {
  const tensors = { w: { dtype: "f32", shape: [1_000_000], data: new Float32Array(1_000_000).fill(step) } };
  await saveCheckpoint(workspace, "checkpoints/" + String(step).padStart(8, "0"), { tensors, state: { step } });
  await log.append({ step, loss: 1 / step });
}
`;

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "renga-killed-"));
  await writeFile(join(folder, "program.ts"), PROGRAM);
  await build({
    entryPoints: [join(folder, "program.ts")],
    outfile: join(folder, "program.mjs"),
    ...({ bundle: true, format: "esm", platform: "node", logLevel: "error" } as const),
    external: ["webgpu"],
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const filesIn = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);

/** Lets the program run on from a step, and kills it at some moment after its first save. */
async function runAndKill(run: string, step: number, when: () => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [join(folder, "program.mjs"), run, `${step}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((done) => child.on("exit", done));
  const first = String(step).padStart(8, "0");
  while (!filesIn(join(run, "checkpoints")).includes(first)) await sleep(2);
  await when();
  child.kill("SIGKILL");
  await ended;
}

test("kill -9 at random moments: every checkpoint that is there is whole", async () => {
  const run = join(folder, "run");
  const workspace = new FileWorkspace(run);
  const random = new HostRandom(1);
  const isWriting = (): boolean =>
    filesIn(join(run, "checkpoints")).some((name) => name.endsWith(".part"));
  let [step, torn] = [1, 0];
  for (let round = 0; round < 6 || (torn === 0 && round < 20); round++) {
    const isInFile = round % 2 === 1;
    await runAndKill(run, step, async () => {
      if (!isInFile) await sleep(random.uniform(0, 60));
      const end = Date.now() + 1000;
      while (isInFile && !isWriting() && Date.now() < end);
    });
    const latest = await latestCheckpoint(workspace, "checkpoints/");
    const saved = (latest?.checkpoint.state as { step: number } | undefined)?.step ?? 0;
    expect(saved).toBeGreaterThanOrEqual(step);
    const paths = await workspace.list("checkpoints/");
    expect(paths.at(-1)).toBe(latest?.path);
    for (const path of paths) {
      const { tensors, state } = await loadCheckpoint(workspace, path);
      const { step: at } = state as { step: number };
      expect(path).toContain(`${at}`);
      expect(tensors.w?.data.every((value) => value === at)).toBe(true);
    }
    torn += readdirSync(join(run, "checkpoints")).length - paths.length;
    // The log has every step that was saved before the last one.
    const steps = (await new RunLog(workspace).read()).map((entry) => entry.step);
    expect(steps).toEqual(steps.map((_, i) => i + 1));
    expect(steps.length).toBeGreaterThanOrEqual(saved - 1);
    for (const path of paths.slice(0, -1)) await workspace.remove(path);
    await new RunLog(workspace).truncateAfter(saved);
    if (steps.length < saved) await new RunLog(workspace).append({ step: saved });
    step = saved + 1;
  }
  // At least one was killed in the middle of a file.
  expect(torn).toBeGreaterThan(0);
}, 60_000);
