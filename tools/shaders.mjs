// Reflects every shaders/*.wgsl and writes src/shaders/<name>.ts: the text with its bindings and the
// layout of its params, so that no TypeScript repeats them and no host needs a text loader.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
// By path: the package's main entry is CommonJS although it declares itself ESM.
import { WgslReflect } from "../node_modules/wgsl_reflect/wgsl_reflect.module.js";

const root = new URL("../", import.meta.url);

const isWord = (character) => /\w/.test(character);
const isOperator = (character) => /[-+*/%&|^<>=!~]/.test(character);

/** A space has to stay where two words or two operators would become another one. */
function squeeze(line) {
  return line.replace(/ +/g, (space, at) => {
    const [left, right] = [line[at - 1] ?? "", line[at + space.length] ?? ""];
    const joins = [isWord, isOperator].some((test) => test(left) && test(right));
    return joins ? " " : "";
  });
}

/** The shortest literal that is the same f32. */
function shorten(literal) {
  const value = Math.fround(Number(literal));
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) !== value || text.length >= literal.length) continue;
    return /[.e]/.test(text) ? text : `${text}.0`;
  }
  return literal;
}

/** The text without comments, blank lines, needless spaces and digits: it goes into every page. */
export function strip(text) {
  return text
    .split("\n")
    .map((line) => squeeze(line.replace(/\/\/.*$/, "").trim()))
    .map((line) => line.replace(/(?<![\w.])\d+\.\d{5,}(e-?\d+)?(?![\w.])/g, shorten))
    .filter((line) => line !== "")
    .join("\n");
}

/** Element type and byte offset of a params member. */
function wordsOf(name, member) {
  const { type } = member;
  const text = type.getTypeName();
  const scalar = text.match(/\b(f32|i32|u32)\b|vec[234]([fiu])\b/);
  if (!scalar) throw new Error(`${name}.wgsl: Params.${member.name} has the type ${text}`);
  const element = scalar[1] ?? { f: "f32", i: "i32", u: "u32" }[scalar[2]];
  return { name: member.name, type: element, offset: member.offset };
}

/** What src/gpu/shaderSource.ts describes, with the names of the file. */
export function reflect(name, text) {
  const reflection = new WgslReflect(text);
  const bindings = reflection.storage
    .filter((resource) => resource.group === 0)
    .sort((a, b) => a.binding - b.binding)
    .map((resource) => ({ name: resource.name, access: resource.access || "read" }));
  const params = reflection.uniforms.find((uniform) => uniform.group === 0);
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
  \`${code}\`,
);
`;
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

export const ${name}: string = \`${code}\`;
`;
    await writeChanged(new URL(`${name}.ts`, target), body);
  }
  for (const { file, source } of await reflectAll()) {
    stale.delete(`${source.name}.ts`);
    await writeChanged(new URL(`${source.name}.ts`, target), moduleOf(file, source));
  }
  for (const file of stale) await rm(new URL(file, target));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate();
