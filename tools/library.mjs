// The modules of the package: library.js with everything, and one small file per subpath export that
// names its part. Bundlers drop what a program does not use, statement by statement.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { root } from "./hosts/bundle.mjs";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.values(manifest.exports)
  .filter((target) => typeof target === "object")
  .map((target) => target.default.replace("./dist/", "").replace(/\.js$/, ""));

const options = {
  bundle: true,
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: ["webgpu", "node:*"],
  logLevel: "warning",
  logOverride: { "ignored-bare-import": "silent" },
  absWorkingDir: root,
};

/** The names that each entry exports. */
async function exportsOf() {
  const { metafile } = await build({
    ...options,
    entryPoints: entries.map((entry) => `src/${entry}.ts`),
    ...{ outdir: "unwritten", splitting: true, write: false, metafile: true },
  });
  const outputs = Object.values(metafile.outputs);
  return entries.map((entry) => outputs.find((o) => o.entryPoint === `src/${entry}.ts`).exports);
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
  const whole = entries.map((entry, i) => {
    const names = lists[i].map((name) => `${name} as ${inside(entry, name)}`);
    return `export { ${names.join(", ")} } from "./src/${entry}.ts";`;
  });
  await build({
    ...options,
    stdin: { contents: [...shaders, ...whole].join("\n"), resolveDir: root },
    outfile: join(folder, "library.js"),
    sourcemap: true,
  });
  for (const [i, entry] of entries.entries()) {
    const file = join(folder, `${entry}.js`);
    const library = entry === "index" ? "./library.js" : "../library.js";
    const names = lists[i].map((name) => `  ${inside(entry, name)} as ${name},\n`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `export {\n${names.join("")}} from "${library}";\n`);
  }
}
