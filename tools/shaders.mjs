// Reflects every shaders/*.wgsl and writes src/shaders/<name>.ts: the text with its bindings and the
// layout of its params, so that no TypeScript repeats them and no host needs a text loader.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
// By path: the package's main entry is CommonJS although it declares itself ESM.
import { WgslReflect } from "../node_modules/wgsl_reflect/wgsl_reflect.module.js";
import { minify } from "./wgsl.mjs";

const root = new URL("../", import.meta.url);

/** Element type and byte offset of a params member. */
function wordsOf(name, member) {
  const { type } = member;
  const text = type.getTypeName();
  const scalar = text.match(/\b(f32|i32|u32)\b|vec[234]([fiu])\b/);
  if (!scalar) throw new Error(`${name}.wgsl: Params.${member.name} has the type ${text}`);
  const element = scalar[1] ?? { f: "f32", i: "i32", u: "u32" }[scalar[2]];
  return { name: member.name, type: element, offset: member.offset };
}

/** What src/gpu/shaderSource.ts describes, with the names of the file and its text for pages. */
function reflect(name, text, code) {
  const reflection = new WgslReflect(text);
  const bindings = reflection.storage
    .filter((resource) => resource.group === 0)
    .sort((a, b) => a.binding - b.binding)
    .map((resource) => ({ name: resource.name, access: resource.access || "read" }));
  const params = reflection.uniforms.find((uniform) => uniform.group === 0);
  return {
    name,
    code,
    bindings,
    params: (params?.members ?? []).map((member) => wordsOf(name, member)),
    paramsSize: params?.size ?? 0,
    entryPoints: reflection.entry.compute.map((entry) => entry.name),
  };
}

/** The texts of a folder's shaders, by file. */
async function textsOf(folder) {
  const files = (await readdir(new URL(folder, root))).filter((file) => file.endsWith(".wgsl"));
  const read = (file) => readFile(new URL(`${folder}${file}`, root), "utf8");
  return Promise.all(files.sort().map(async (file) => ({ file, text: await read(file) })));
}

const nameOf = (file) => file.slice(0, -".wgsl".length);

/**
 * All shader files with their reflection; and the parts, WGSL that several shaders share: functions
 * without bindings, added by preludes.
 *
 * @param isReadable  keeps the texts as they are written.
 */
export async function reflectAll(isReadable = false) {
  const [shaders, parts] = await Promise.all(["shaders/", "shaders/parts/"].map(textsOf));
  const texts = [...shaders, ...parts].map(({ text }) => text);
  const codes = isReadable ? texts : minify(texts);
  return {
    shaders: shaders.map(({ file, text }, i) => {
      return { file, text, source: reflect(nameOf(file), text, codes[i]) };
    }),
    parts: parts.map(({ file, text }, i) => {
      return { file: `parts/${file}`, text, name: nameOf(file), code: codes[shaders.length + i] };
    }),
  };
}

/** The module of a shader: its reflection as words, which are shorter than objects. */
export function moduleOf(file, { name, code, bindings, params, entryPoints }) {
  const words = [
    [name, ...entryPoints],
    bindings.map(({ access }) => access),
    params.map(({ type, offset }) => `${type}@${offset}`),
  ].map((list) => `"${list.join(" ")}"`);
  return `// Generated from shaders/${file} by tools/shaders.mjs; do not edit.
import { type ShaderSource, shaderSource } from "../gpu/shaderSource.ts";

export const ${name}: ShaderSource = /* @__PURE__ */ shaderSource(
  ${words.join(",\n  ")},
  \`${escaped(code)}\`,
);
`;
}

/** A text as it stands in a template literal. */
const escaped = (text) => text.replace(/[`\\$]/g, "\\$&");

/** An unchanged file keeps its date, so that nothing downstream is rebuilt. */
async function writeChanged(path, body) {
  if ((await readFile(path, "utf8").catch(() => "")) !== body) await writeFile(path, body);
}

/** The module with the runtime of standalone modules as a text, behind whose PROGRAM it stands. */
async function standaloneRuntime() {
  const text = await readFile(new URL("src/standalone/runtime.ts", root), "utf8");
  const { code } = await transform(text, {
    ...{ loader: "ts", format: "esm", target: "es2022", minify: true },
  });
  return `// Generated from src/standalone/runtime.ts by tools/shaders.mjs; do not edit.

export const standaloneRuntime: string = \`${escaped(code)}\`;
`;
}

/** With RENGA_READABLE_SHADERS the compiler's messages show the names and lines of the files. */
async function generate() {
  const { shaders, parts } = await reflectAll(Boolean(process.env.RENGA_READABLE_SHADERS));
  const target = new URL("src/shaders/", root);
  await mkdir(target, { recursive: true });
  const stale = new Set(await readdir(target));
  for (const { file, name, code } of parts) {
    stale.delete(`${name}.ts`);
    const body = `// Generated from shaders/${file} by tools/shaders.mjs; do not edit.

export const ${name}: string = \`${escaped(code)}\`;
`;
    await writeChanged(new URL(`${name}.ts`, target), body);
  }
  for (const { file, source } of shaders) {
    stale.delete(`${source.name}.ts`);
    await writeChanged(new URL(`${source.name}.ts`, target), moduleOf(file, source));
  }
  stale.delete("standaloneRuntime.ts");
  await writeChanged(new URL("standaloneRuntime.ts", target), await standaloneRuntime());
  for (const file of stale) await rm(new URL(file, target));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate();
