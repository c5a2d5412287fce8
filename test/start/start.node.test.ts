import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const script = join(import.meta.dirname, "../../tools/start.mjs");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "renga-start-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, output: (stdout + stderr).trim() };
}

const checkpoints = (name: string): string[] => {
  const path = join(folder, name, "checkpoints");
  return existsSync(path)
    ? readdirSync(path)
        .filter((file) => !file.endsWith(".part"))
        .sort()
    : [];
};

describe("npm start", () => {
  test.each([
    [["--steps", "0"], "--steps must be a whole number from 1. Got 0."],
    [["--steps", "many"], "--steps must be a whole number from 1. Got many."],
    [["--host", "netscape"], "--host must be node, deno, chromium. Got netscape."],
    [["--data", "nowhere"], "--data must be a folder. Got nowhere."],
    [["--sedd", "1"], "Unknown option '--sedd'. See npm start -- --help."],
  ])("%j: one line and exit code 2", (args, message) => {
    expect(start(...args)).toEqual({ code: 2, output: message });
  });

  test("--help tells the options", () => {
    const { code, output } = start("--help");
    expect(code).toBe(0);
    for (const option of ["--data", "--host", "--steps", "--seed", "--resume", "--out"]) {
      expect(output).toContain(option);
    }
  });

  test("missing and broken data: one line, exit code 1, nothing written", () => {
    mkdirSync(join(folder, "data"));
    const missing = start("--data", "data", "--out", "run");
    expect(missing.code).toBe(1);
    expect(missing.output).toMatch(/^readIdx: the file must exist.*train-images[^\n]*$/);
    writeFileSync(join(folder, "data/train-images-idx3-ubyte"), "not an image");
    const broken = start("--data", "data", "--out", "run");
    expect(broken.code).toBe(1);
    expect(broken.output).toMatch(/^[^\n]*train-images-idx3-ubyte: an IDX file of bytes[^\n]*$/);
    expect(existsSync(join(folder, "run"))).toBe(false);
  });

  test("a run that was killed and resumed ends in the same bytes", async () => {
    const settings = ["--steps", "110", "--seed", "3"];
    expect(start(...settings, "--out", "whole").code).toBe(0);
    const child = spawn(process.execPath, [script, ...settings, "--out", "killed"], {
      cwd: folder,
      stdio: "ignore",
      detached: true,
    });
    const ended = new Promise((done) => child.on("exit", done));
    while (checkpoints("killed").length === 0) await new Promise((done) => setTimeout(done, 50));
    process.kill(-(child.pid as number), "SIGKILL");
    await ended;
    expect(checkpoints("killed")).toEqual(["step-00000100.safetensors"]);
    const { code, output } = start(...settings, "--out", "killed", "--resume");
    expect(code).toBe(0);
    expect(output).toContain("Going on after step 100");
    for (const file of ["checkpoints/step-00000110.safetensors", "metrics.jsonl"]) {
      const read = (name: string): Buffer => readFileSync(join(folder, name, file));
      expect(read("killed").equals(read("whole"))).toBe(true);
    }
    for (const file of ["curves.svg", "confusion.svg"]) {
      expect(readFileSync(join(folder, "whole", file), "utf8")).toMatch(/^<svg/);
    }
  }, 360_000);
});
