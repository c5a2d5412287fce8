// npm run build: dist/ with ES modules, shaders inside, and types; one entry per subpath export.

import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { root } from "./hosts/bundle.mjs";
import { exitCode, spawnNode } from "./hosts/processes.mjs";
import { buildModules } from "./library.mjs";

const dist = join(root, "dist");

async function run(script, ...args) {
  if ((await exitCode(spawnNode([script, ...args], { cwd: root }))) !== 0) process.exit(1);
}

async function buildTypes() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const types = [
    "--noEmit",
    "false",
    "--emitDeclarationOnly",
    "--outDir",
    dist,
    "--rootDir",
    "src",
  ];
  await run(tsc, "-p", join(root, "tsconfig.build.json"), ...types);
  // Declarations name each other by the sources' .ts paths: point them at the built files.
  for (const file of readdirSync(dist, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const path = join(dist, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/((?:from|import|module) ?\(?")(\.[^"]*)\.ts"/g, '$1$2.js"'));
  }
}

function printSizes() {
  const sizes = readdirSync(dist, { recursive: true })
    .filter((file) => file.endsWith(".js"))
    .map((file) => {
      const bytes = readFileSync(join(dist, file));
      return { bytes: statSync(join(dist, file)).size, gzip: gzipSync(bytes).length };
    });
  const total = (key) => (sizes.reduce((sum, size) => sum + size[key], 0) / 1024).toFixed(1);
  console.log(
    `dist: ${total("bytes")} KiB of JavaScript, ${total("gzip")} KiB gzipped, unminified`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(dist, { recursive: true, force: true });
  await run(join(root, "tools/shaders.mjs"));
  await buildModules(dist);
  await buildTypes();
  printSizes();
}
