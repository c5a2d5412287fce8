// What a page downloads to train an MLP: programs of bench/size, bundled, minified and gzipped.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "../../tools/hosts/bundle.mjs";
import { bundleOptions } from "../libraries.mjs";

const programs = join(root, "bench/size");

async function sizeOf(file) {
  const { outputFiles } = await build({
    ...bundleOptions,
    entryPoints: [join(programs, file)],
    minify: true,
    splitting: true,
    outdir: "unwritten",
    write: false,
    platform: "browser",
  });
  const sum = (of) => outputFiles.reduce((total, { contents }) => total + of(contents), 0);
  return {
    program: file.replace(".mjs", ""),
    bytes: sum((contents) => contents.length),
    gzip: sum((contents) => gzipSync(contents, { level: 9 }).length),
  };
}

/** Sizes in bytes of every program, the smallest first. */
export async function size(results) {
  console.log("\nsize");
  const files = readdirSync(programs).filter((file) => file.endsWith(".mjs"));
  const sizes = await Promise.all(files.map(sizeOf));
  results.sizes = sizes.toSorted((a, b) => a.gzip - b.gzip);
  for (const { program, gzip } of results.sizes) {
    console.log(`  ${program}: ${(gzip / 1000).toFixed(1)} kB gzipped`);
  }
}
