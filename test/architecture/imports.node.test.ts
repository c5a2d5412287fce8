import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const source = join(import.meta.dirname, "../../src");
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort();

/** Folders from the bottom up; equal numbers are siblings. */
const LAYERS: Readonly<Record<string, number>> = {
  "errors.ts": 0,
  gpu: 1,
  shaders: 1.5,
  tensor: 2,
  ops: 3,
  compile: 4,
  nn: 5,
  optimizers: 5,
  losses: 5,
  metrics: 5,
  evaluation: 5,
  data: 5,
  augment: 5,
  autotune: 5.5,
  csv: 5,
  environments: 5,
  workspace: 5,
  graph: 5,
  onnx: 5.5,
  tflite: 5.5,
  standalone: 5.5,
  pretrained: 5.5,
  npz: 5.6,
  scenarios: 6,
  distribute: 6,
  "init.ts": 7,
  "index.ts": 8,
  cli: 9,
};

/** Siblings that are plainly built on one another. */
const SIBLINGS = new Set(["workspace > data", "csv > data", "environments > data", "graph > data"]);

/** The files whose job is the host. */
const HOST_FILES = new Set([
  "gpu/adapter.ts",
  "data/images/decodeImage.ts",
  "workspace/fileWorkspace.ts",
  "workspace/opfsWorkspace.ts",
]);

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), "utf8");
  const found = [...text.matchAll(/(?:from|import) "(\.[^"]+)"/g)];
  return found.map((match) => relative(source, join(source, dirname(file), match[1] ?? "")));
}

const folderOf = (file: string): string => file.split("/")[0] ?? file;

describe("architecture", () => {
  test("imports point down the layers", () => {
    const wrong: string[] = [];
    for (const file of files) {
      for (const target of importsOf(file)) {
        const [from, to] = [folderOf(file), folderOf(target)];
        if (from === to || SIBLINGS.has(`${from} > ${to}`)) continue;
        expect(LAYERS, `${from} and ${to} need a layer`).toHaveProperty([to]);
        if ((LAYERS[to] as number) >= (LAYERS[from] as number)) wrong.push(`${file} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("no import cycles", () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`cycle: ${[...path, file].join(" → ")}`);
      if (done.has(file)) return;
      for (const target of importsOf(file)) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  test("no file above 400 lines, and 90% under 300", () => {
    const lines = files
      .filter((file) => !file.startsWith("shaders/"))
      .map((file) => readFileSync(join(source, file), "utf8").split("\n").length);
    expect(Math.max(...lines)).toBeLessThanOrEqual(400);
    const short = lines.filter((count) => count <= 300).length;
    expect(short / lines.length).toBeGreaterThanOrEqual(0.9);
  });

  test("only the host files touch the host", () => {
    const host = /(?<![#.\w])(document|window|process|Deno|require|localStorage)\b[.([]|"node:/;
    const wrong = files.filter((file) => {
      const code = readFileSync(join(source, file), "utf8").replace(
        /\/\*[\s\S]*?\*\/|\/\/.*|"(?!node:)[^"]*"/g,
        "",
      );
      return !HOST_FILES.has(file) && !file.startsWith("shaders/") && host.test(code);
    });
    expect(wrong).toEqual([]);
  });

  test("every file begins with what it is for", () => {
    const wrong = files.filter((file) => {
      return !/^(\/\/ |\/\*\*\n \* )/.test(readFileSync(join(source, file), "utf8"));
    });
    expect(wrong).toEqual([]);
  });
});
