// The modules of the package: library.js with everything, and one small file per subpath export that
// names its part. Bundlers drop what a program does not use, statement by statement. What needs another
// package is a module apart, so that nobody else needs that package.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { build } from "esbuild";
import { root } from "./hosts/bundle.mjs";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.values(manifest.exports)
  .filter((target) => typeof target === "object")
  .map((target) => target.default.replace("./dist/", "").replace(/\.js$/, ""));

/** Entries that need a package which users install beside this one. */
const APART = ["csv/index", "npz/index", "onnx/index", "cli/index", "tflite/index"];
const together = entries.filter((entry) => !APART.includes(entry));

const options = {
  bundle: true,
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: ["webgpu", "node:*", ...Object.keys(manifest.peerDependencies)],
  logLevel: "warning",
  logOverride: { "ignored-bare-import": "silent" },
  absWorkingDir: root,
};

/** The names that each entry exports. */
async function exportsOf() {
  const { metafile } = await build({
    ...options,
    entryPoints: together.map((entry) => `src/${entry}.ts`),
    ...{ outdir: "unwritten", splitting: true, write: false, metafile: true },
  });
  const outputs = Object.values(metafile.outputs);
  return together.map((entry) => outputs.find((o) => o.entryPoint === `src/${entry}.ts`).exports);
}

/** The modules of the package, in `folder`. */
export async function buildModules(folder) {
  const lists = await exportsOf();
  // Two entries may export different things of one name.
  const inside = (entry, name) => (entry === "index" ? name : `${dirname(entry)}$${name}`);
  // Shaders repeat each other most, and gzip looks back 32 KiB and no further: they stand together.
  const shaders = readdirSync(join(root, "src/shaders")).map((file) => {
    return `import "./src/shaders/${file}";`;
  });
  const whole = together.map((entry, i) => {
    const names = lists[i].map((name) => `${name} as ${inside(entry, name)}`);
    return `export { ${names.join(", ")} } from "./src/${entry}.ts";`;
  });
  await build({
    ...options,
    stdin: { contents: [...shaders, ...whole].join("\n"), resolveDir: root },
    outfile: join(folder, "library.js"),
    sourcemap: true,
  });
  for (const [i, entry] of together.entries()) {
    const file = join(folder, `${entry}.js`);
    const library = entry === "index" ? "./library.js" : "../library.js";
    const names = lists[i].map((name) => `  ${inside(entry, name)} as ${name},\n`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `export {\n${names.join("")}} from "${library}";\n`);
  }
  for (const entry of APART) {
    await build({
      ...options,
      entryPoints: [`src/${entry}.ts`],
      outfile: join(folder, `${entry}.js`),
      plugins: [otherEntries(dirname(entry))],
      sourcemap: true,
    });
  }
}

/** Files of plain values, which a module apart has a copy of: no class or kernel is in them. */
const COPIED = ["tensor/half.ts", "tensor/plainObject.ts"];

/**
 * What a module apart imports from other folders it gets from their entries, so that classes are the same:
 * from the main one where a folder has none.
 */
const otherEntries = (own) => ({
  name: "other entries",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\// }, ({ path, resolveDir }) => {
      const file = relative(join(root, "src"), join(resolveDir, path)).split(sep);
      const [part] = file;
      if (part === own || COPIED.includes(file.join("/"))) return undefined;
      const hasEntry = entries.includes(`${part}/index`);
      return { path: hasEntry ? `../${part}/index.js` : "../index.js", external: true };
    });
  },
});
