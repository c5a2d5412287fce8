// Reflects every shaders/*.wgsl and writes src/shaders/<name>.ts: the text with its bindings and the
// layout of its params, so that no TypeScript repeats them and no host needs a text loader.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
// By path: the package's main entry is CommonJS although it declares itself ESM.
import { WgslReflect } from "../node_modules/wgsl_reflect/wgsl_reflect.module.js";

const root = new URL("../", import.meta.url);

/** The text without comments and blank lines. */
function strip(text) {
  return text
    .split("\n")
    .map((line) => line.replace(/\/\/.*$/, "").trimEnd())
    .filter((line) => line !== "")
    .join("\n");
}

/** Element type and number of 4-byte words of a params member. */
function wordsOf(name, member) {
  const { type } = member;
  const text = type.getTypeName();
  const scalar = text.match(/\b(f32|i32|u32)\b|vec[234]([fiu])\b/);
  if (!scalar) throw new Error(`${name}.wgsl: Params.${member.name} has the type ${text}`);
  const element = scalar[1] ?? { f: "f32", i: "i32", u: "u32" }[scalar[2]];
  return { name: member.name, type: element, offset: member.offset, count: member.size / 4 };
}

/** What src/gpu/shaderSource.ts describes. */
export function reflect(name, text) {
  const reflection = new WgslReflect(text);
  const bindings = reflection.storage
    .filter((resource) => resource.group === 0)
    .sort((a, b) => a.binding - b.binding)
    .map((resource) => ({ name: resource.name, access: resource.access || "read" }));
  const params = reflection.uniforms.find((uniform) => uniform.group === 1);
  return {
    name,
    code: strip(text),
    bindings,
    params: (params?.members ?? []).map((member) => wordsOf(name, member)),
    paramsSize: params?.size ?? 0,
    entryPoints: reflection.entry.compute.map((entry) => entry.name),
  };
}

/** All shader files with their reflection, by name. */
export async function reflectAll() {
  const folder = new URL("shaders/", root);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".wgsl")).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(new URL(file, folder), "utf8");
      return { file, text, source: reflect(file.slice(0, -".wgsl".length), text) };
    }),
  );
}

/** WGSL that several shaders share, by name: functions without bindings, added by preludes. */
async function parts() {
  const folder = new URL("shaders/parts/", root);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".wgsl")).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(new URL(file, folder), "utf8");
      return { file: `parts/${file}`, name: file.slice(0, -".wgsl".length), code: strip(text) };
    }),
  );
}

/** An unchanged file keeps its date, so that nothing downstream is rebuilt. */
async function writeChanged(path, body) {
  if ((await readFile(path, "utf8").catch(() => "")) !== body) await writeFile(path, body);
}

async function generate() {
  const target = new URL("src/shaders/", root);
  await mkdir(target, { recursive: true });
  const stale = new Set(await readdir(target));
  for (const { file, name, code } of await parts()) {
    stale.delete(`${name}.ts`);
    const body = `// Generated from shaders/${file} by tools/shaders.mjs; do not edit.

export const ${name}: string = ${JSON.stringify(code)};
`;
    await writeChanged(new URL(`${name}.ts`, target), body);
  }
  for (const { file, source } of await reflectAll()) {
    const { name } = source;
    const body = `// Generated from shaders/${file} by tools/shaders.mjs; do not edit.
import type { ShaderSource } from "../gpu/shaderSource.ts";

export const ${name}: ShaderSource = ${JSON.stringify(source, null, 2)};
`;
    stale.delete(`${name}.ts`);
    await writeChanged(new URL(`${name}.ts`, target), body);
  }
  for (const file of stale) await rm(new URL(file, target));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate();
