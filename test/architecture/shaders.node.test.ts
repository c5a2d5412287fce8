import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { PARAMS_BINDING } from "../../src/gpu/params.ts";
import { opKernels } from "../../src/ops/registry.ts";
import { BARRIERS } from "./barriers.ts";
// @ts-expect-error a build script without types
import { reflectAll } from "../../tools/shaders.mjs";

interface Reflected {
  readonly file: string;
  readonly text: string;
  readonly source: {
    readonly code: string;
    readonly bindings: readonly { name: string; access: string }[];
    readonly paramsSize: number;
    readonly entryPoints: readonly string[];
  };
}

interface Part {
  readonly file: string;
  readonly text: string;
  readonly code: string;
}

const { shaders, parts } = await (
  reflectAll as () => Promise<{ shaders: Reflected[]; parts: Part[] }>
)();

const folder = join(import.meta.dirname, "../../src");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("shaders/"))
  .map((file) => readFileSync(join(folder, file), "utf8"));

describe.each(shaders.map((shader) => [shader.file, shader] as const))("%s", (file, shader) => {
  test("runs within the default limits of WebGPU", () => {
    const { bindings, paramsSize, entryPoints } = shader.source;
    expect(bindings.length).toBeLessThanOrEqual(8);
    expect(paramsSize).toBeLessThanOrEqual(256);
    expect(entryPoints.length).toBeGreaterThan(0);
    const groups = [...shader.text.matchAll(/@workgroup_size\(([^)]*)\)/g)];
    for (const [, sizes] of groups) {
      const threads = (sizes ?? "").split(",").reduce((product, n) => product * Number(n), 1);
      expect(threads).toBeLessThanOrEqual(256);
    }
    const shared = [...shader.text.matchAll(/var<workgroup> \w+: array<(vec4<f32>|\w+), (\d+)>/g)];
    const bytes = shared.reduce(
      (sum, [, type, n]) => sum + (type === "vec4<f32>" ? 16 : 4) * Number(n),
      0,
    );
    expect(bytes).toBeLessThanOrEqual(16384);
  });

  test("has a header, short lines, and a TypeScript user", () => {
    expect(shader.text.startsWith("// ")).toBe(true);
    const lines = shader.text.split("\n");
    expect(lines.length).toBeLessThanOrEqual(200);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const module = `shaders/${file.replace(".wgsl", ".ts")}"`;
    expect(sources.some((text) => text.includes(module))).toBe(true);
  });
});

describe("on its way into pages", () => {
  const pattern = /[A-Za-z_]\w*|\d+\.\d+(?:e-?\d+)?|\d[\w.]*|[-+*/%&|^<>=!~]+|[^\s\w]/g;
  const tokensOf = (code: string): (string | number)[] => {
    const found = code.replace(/\/\/.*/g, "").match(pattern) ?? [];
    return found.map((token) => (/^\d+\.\d/.test(token) ? Math.fround(Number(token)) : token));
  };
  const isName = (token: unknown): boolean => /^[A-Za-z_]/.test(String(token));
  const texts = [...shaders.map(({ source, ...rest }) => ({ ...rest, ...source })), ...parts];

  test.each(texts.map(({ file, text, code }) => [file, text, code]))(
    "%s loses comments, spaces, and functions' own names, which stay apart",
    (_, text, code) => {
      const [before, after] = [tokensOf(text), tokensOf(code)];
      expect(after).toHaveLength(before.length);
      let names = new Map<unknown, unknown>();
      before.forEach((token, i) => {
        if (token === "fn" || token === "struct") names = new Map();
        const renamed = isName(token) && before[i - 1] !== "." && before[i - 2] !== "builtin";
        if (!renamed) return expect(after[i]).toBe(token);
        const isKnown = names.has(token) || ![...names.values()].includes(after[i]);
        expect(isKnown, `${token} meets another name in ${after[i]}`).toBe(true);
        if (!names.has(token)) names.set(token, after[i]);
        expect(after[i]).toBe(names.get(token));
      });
      expect(code.length).toBeLessThan(text.length);
    },
  );
});

describe("the text of kernels", () => {
  // Browsers and drivers keep compiled shaders by their text: another one is compiled anew.
  test("is the same to the byte in another process", () => {
    const { outputFiles } = buildSync({
      stdin: {
        contents: `import "./src/index.ts";
          import { opKernels } from "./src/ops/registry.ts";
          console.log(JSON.stringify(opKernels().map(({ key, code }) => [key, code])));`,
        resolveDir: join(import.meta.dirname, "../.."),
      },
      ...({ bundle: true, write: false, format: "esm", target: "es2022" } as const),
      ignoreAnnotations: true, // rows of ops that nobody calls are in the tables all the same
      external: ["webgpu"],
    });
    const input = outputFiles[0]?.text ?? "";
    const options = { input, encoding: "utf8", maxBuffer: 2 ** 27 } as const;
    const output = execFileSync(process.execPath, ["--input-type=module", "-"], options);
    const there = new Map(JSON.parse(output) as [string, string][]);
    expect(there.size).toBeGreaterThan(400);
    const here = new Map(opKernels().map(({ key, code }) => [key, code]));
    expect(there).toEqual(here);
  });
});

interface RaceDetector {
  detectRaces(
    code: string,
    entryPoint: string,
    groups: readonly number[],
    bindings: unknown,
  ): { readonly races: readonly { message: string }[]; readonly errors: readonly string[] };
}

describe("barriers", () => {
  const withBarriers = shaders.filter(({ text }) =>
    /(workgroup|storage)Barrier|OverGroup/.test(text),
  );

  test("the table has every shader with barriers", () => {
    const names = withBarriers.map(({ file }) => file.replace(".wgsl", ""));
    const listed = BARRIERS.map(([name]) => name);
    expect([...new Set(listed)].sort()).toEqual(names.sort());
  });

  test.each(BARRIERS)(
    "%s/%s: no race, and one without its barriers",
    async (...row) => {
      const [name, entryPoint, prelude, buffers, uniform] = row;
      const path = "../../node_modules/wgsl_reflect/wgsl_reflect.module.js";
      const { detectRaces } = (await import(path)) as RaceDetector;
      const text = shaders.find(({ file }) => file === `${name}.wgsl`)?.text ?? "";
      const run = (code: string): ReturnType<typeof detectRaces> => {
        const storage = Object.fromEntries(buffers.map((buffer, i) => [i, buffer]));
        const group = { ...storage, [PARAMS_BINDING]: uniform };
        return detectRaces(code, entryPoint, [1, 1, 1], { 0: group });
      };
      const whole = `${prelude}\n${text}`;
      expect(run(whole)).toEqual({ races: [], errors: [] });
      const bare = whole.replaceAll(/(workgroup|storage)Barrier\(\);/g, "");
      expect(run(bare).races.length).toBeGreaterThan(0);
    },
    120_000,
  );
});
