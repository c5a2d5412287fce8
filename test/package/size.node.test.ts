// What a page has to load: a small training program in a bundle with the built package.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, type Plugin, build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error a build script without types
import { buildModules } from "../../tools/library.mjs";

const root = join(import.meta.dirname, "../..");

/** A training program. `wrap` is around its step, which is a function of two tensors. */
const program = (wrap: string): string => `
import * as renga from "renga";
import { init, tensor, type Tensor } from "renga";
import { MLP } from "renga/nn";
import { Adam } from "renga/optimizers";
import { crossEntropy } from "renga/losses";

export async function train(inputs: Float32Array, labels: Int32Array): Promise<number> {
  await init();
  const model = new MLP([256, 128, 10]);
  const optimizer = new Adam({ learningRate: 1e-3 });
  const step = ${wrap}((x: Tensor, y: Tensor) =>
    optimizer.minimize(() => crossEntropy(model(x), y), () => model.trainableVariables));
  const [x, y] = [tensor(inputs).reshape([-1, 784]), tensor(labels)];
  for (let i = 0; i < 100; i++) step(x, y);
  return step(x, y).item();
}
`;

let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "renga-size-"));
  const target = join(folder, "node_modules/renga");
  mkdirSync(target, { recursive: true });
  cpSync(join(root, "package.json"), join(target, "package.json"));
  await (buildModules as (path: string) => Promise<void>)(join(target, "dist"));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = (name: string): BuildOptions & { write: false; metafile: true } => ({
  ...({ entryPoints: [join(folder, name)], bundle: true, minify: true } as const),
  ...({ format: "esm", platform: "browser", target: "es2022" } as const),
  ...({ external: ["webgpu", "node:*"], write: false, metafile: true } as const),
});

/** Resolves the package to its sources, so that weights come by source file. */
const sources: Plugin = {
  name: "sources",
  setup({ onResolve }) {
    onResolve({ filter: /^renga/ }, ({ path }) => {
      const entry = `src${path.slice("renga".length)}/index.ts`;
      return { path: join(root, entry), sideEffects: false };
    });
  },
};

/** The source files that weigh most, in minified bytes. */
async function heaviest(name: string): Promise<string[]> {
  const { metafile } = await build({ ...options(name), plugins: [sources], absWorkingDir: root });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs
    .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .slice(0, 25)
    .map(([file, { bytesInOutput }]) => `${bytesInOutput} ${file}`);
}

describe("an MLP training program, minified and gzipped", () => {
  test.each([
    ["as it is", "", 42.25],
    ["compiled", "renga.compile", 52.75],
  ])("%s weighs little", async (title, wrap, kibibytes) => {
    const name = `${title}.ts`;
    writeFileSync(join(folder, name), program(wrap));
    const { outputFiles } = await build(options(name));
    const gzip = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
    expect(gzip).toBeGreaterThan(20 * 1024);
    const limit = kibibytes * 1024;
    const report = gzip > limit ? (await heaviest(name)).join("\n") : "";
    expect(gzip, `${gzip} bytes; minified, by file:\n${report}`).toBeLessThanOrEqual(limit);
  });
});
