// Bundles of TypeScript entry files for hosts that cannot run them as they are.

import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The project's root. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where bundles go; git ignores it. */
export const cache = join(root, ".cache");

/**
 * One ES module from an entry file.
 * @param {"node" | "browser"} platform
 * @returns {Promise<string>} its path
 */
export async function bundle(entry, platform) {
  mkdirSync(cache, { recursive: true });
  const outfile = join(cache, `${basename(entry, ".ts")}-${platform}-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: "esm",
    platform,
    target: "es2022",
    external: ["webgpu", "node:*"],
    logLevel: "error",
  });
  return outfile;
}
