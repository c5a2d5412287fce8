import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build } from "esbuild";
// @ts-expect-error build scripts have no types
import * as chromium from "../../tools/hosts/chromium.mjs";
// @ts-expect-error build scripts have no types
import * as processes from "../../tools/hosts/processes.mjs";
// @ts-expect-error build scripts have no types
import * as server from "../../tools/hosts/serve.mjs";
// @ts-expect-error build scripts have no types
import * as vulkan from "../../tools/hosts/vulkan.mjs";

const root = join(import.meta.dirname, "../..");

/** What a user writes who has nothing but the package. */
const PROGRAM = `
import { init, tensor, type Tensor } from "renga";
import { MLP } from "renga/nn";
import { SGD } from "renga/optimizers";
import { crossEntropy } from "renga/losses";

export async function threeSteps(): Promise<number[]> {
  await init();
  const model = new MLP([8, 2]);
  const x: Tensor = tensor([[0, 1], [1, 0], [1, 1], [0, 0]]);
  const y = tensor(Int32Array.of(1, 1, 0, 0));
  const optimizer = new SGD({ learningRate: 0.5 });
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const loss = optimizer.minimize(() => crossEntropy(model(x.mul(2)), y), () => model.trainableVariables);
    losses.push(await loss.item());
  }
  return losses;
}
`;

const MAIN = `
import { destroyDevice } from "renga";
import { threeSteps } from "./program.js";
console.log(JSON.stringify(await threeSteps()));
destroyDevice();
`;

/** Tables, whose package is not among the others: its errors are the library's own nevertheless. */
const TABLES = `
import { DataError } from "renga";
import { parseTable } from "renga/csv";
let isOurs = false;
try {
  parseTable("a.csv", "x,y\\n1\\n");
} catch (error) {
  isOurs = error instanceof DataError;
}
console.log(isOurs, ...parseTable("a.csv", "x,y\\n1,2\\n").columns.y.values.data);
`;

/** Arrays of several libraries: one module by itself, one that needs another package. */
const VALUES = `
import { DataError } from "renga";
import { decodeNpz, encodeNpz } from "renga/npz";
import { decodeNpy, encodeNpy } from "renga/pretrained";
const x = { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) };
let isOurs = false;
try {
  decodeNpz("a.npz", new Uint8Array(9));
} catch (error) {
  isOurs = error instanceof DataError;
}
console.log(isOurs, ...decodeNpz("a", encodeNpz({ x })).x.data, ...decodeNpy("a", encodeNpy(x)).data);
`;

/** Every entry, whatever it is made of. */
const ENTRIES = `
import manifest from "renga/package.json" with { type: "json" };
for (const name of Object.keys(manifest.exports)) {
  if (!name.endsWith(".json")) await import("renga" + name.slice(1));
}
const { exportRun } = await import("renga/cli");
const { importOnnx } = await import("renga/onnx");
console.log(typeof exportRun, typeof importOnnx);
`;

let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "renga-package-"));
  execFileSync(process.execPath, [join(root, "tools/build.mjs")]);
  const options = { cwd: root, encoding: "utf8" } as const;
  const packed = execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder],
    options,
  );
  const tarball = join(folder, packed.trim().split("\n").at(-1) ?? "");
  mkdirSync(join(folder, "node_modules/renga"), { recursive: true });
  const target = join(folder, "node_modules/renga");
  execFileSync("tar", ["-xf", tarball, "--strip-components=1", "-C", target]);
  // A user of Node installs Dawn beside it.
  symlinkSync(join(root, "node_modules/webgpu"), join(folder, "node_modules/webgpu"));
  // And Papa Parse, if tables are to be read.
  symlinkSync(join(root, "node_modules/papaparse"), join(folder, "node_modules/papaparse"));
  // And fflate, for files of several arrays.
  symlinkSync(join(root, "node_modules/fflate"), join(folder, "node_modules/fflate"));
  // And what the formats of other runtimes are written with.
  for (const name of ["protobufjs", "flatbuffers"]) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "entries.js"), ENTRIES);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  writeFileSync(join(folder, "main.js"), MAIN);
  writeFileSync(join(folder, "tables.js"), TABLES);
  writeFileSync(join(folder, "values.js"), VALUES);
  const entryPoints = [join(folder, "program.ts")];
  await build({ entryPoints, outdir: folder, format: "esm", target: "es2022" });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectLearning(losses: readonly number[]): void {
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan(losses[0] as number);
}

const environment = (): Record<string, string> => ({
  ...process.env,
  ...(vulkan.vulkanEnvironment() as Record<string, string>),
});

describe("the packed package", () => {
  test("holds what it should and nothing else", () => {
    const manifest = JSON.parse(
      readFileSync(join(folder, "node_modules/renga/package.json"), "utf8"),
    ) as { dependencies?: object; exports: Record<string, string | Record<string, string>> };
    expect(manifest.dependencies).toBeUndefined();
    for (const target of Object.values(manifest.exports)) {
      for (const path of typeof target === "string" ? [target] : Object.values(target)) {
        expect(readFileSync(join(folder, "node_modules/renga", path)).length).toBeGreaterThan(0);
      }
    }
  });

  test("trains in Node", () => {
    const options = { cwd: folder, env: environment(), encoding: "utf8" } as const;
    const output = execFileSync(process.execPath, ["main.js"], options);
    expectLearning(JSON.parse(output) as number[]);
  });

  test("loads from every entry", () => {
    const options = { cwd: folder, encoding: "utf8" } as const;
    expect(execFileSync(process.execPath, ["entries.js"], options)).toBe("function function\n");
  });

  test("reads tables", () => {
    const options = { cwd: folder, encoding: "utf8" } as const;
    expect(execFileSync(process.execPath, ["tables.js"], options)).toBe("true 2\n");
  });

  test("reads and writes arrays", () => {
    const options = { cwd: folder, encoding: "utf8" } as const;
    expect(execFileSync(process.execPath, ["values.js"], options)).toBe("true 1 2 1 2\n");
  });

  test("trains in Deno", () => {
    const options = { cwd: folder, env: environment(), encoding: "utf8" } as const;
    const deno = (processes.denoBinary as () => string)();
    const args = ["run", "-A", "-q", "--node-modules-dir=manual", "main.js"];
    expectLearning(JSON.parse(execFileSync(deno, args, options)) as number[]);
  });

  test("trains in a page, bundled", async () => {
    const entryPoints = [join(folder, "program.ts")];
    const outfile = join(folder, "page/program.js");
    await build({ entryPoints, outfile, bundle: true, format: "esm", minify: true });
    writeFileSync(join(folder, "page/index.html"), "<!doctype html><title>renga</title>");
    const site = await (server.serve as (path: string) => Promise<{ url: string; close(): void }>)(
      join(folder, "page"),
    );
    const browser = await (chromium.launchChromium as () => Promise<Browser>)();
    try {
      const page = await browser.newPage();
      await page.goto(site.url);
      const losses = await page.evaluate(
        `import("/program.js").then((program) => program.threeSteps())`,
      );
      expectLearning(losses as number[]);
    } finally {
      await browser.close();
      site.close();
    }
  });

  test("its types serve a strict consumer", () => {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: "esnext",
      moduleResolution: "bundler",
      target: "es2023",
      lib: ["es2023", "dom", "esnext.disposable"],
      types: [],
    };
    const config = { compilerOptions, files: ["program.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
  });
});
