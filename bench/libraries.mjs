// Who is measured. The peers' packages come from npm into the cache, in the versions of
// bench/package.json.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { cache, root } from "../tools/hosts/bundle.mjs";

/** Names as tables show them; `package` is whose version counts. */
export const LIBRARIES = {
  raw: { title: "raw WebGPU" },
  "renga-compiled": { title: "Renga compiled" },
  "renga-eager": { title: "Renga eager" },
  "jax-jit": { title: "jax-js jit", package: "@jax-js/jax" },
  "jax-eager": { title: "jax-js eager", package: "@jax-js/jax" },
  "tfjs-webgpu": { title: "TF.js WebGPU", package: "@tensorflow/tfjs-core" },
  "ort-webgpu": { title: "onnxruntime-web", package: "onnxruntime-web" },
  "tfjs-wasm": { title: "TF.js wasm", package: "@tensorflow/tfjs-core" },
  "tfjs-cpu": { title: "TF.js cpu", package: "@tensorflow/tfjs-core" },
};

/** All but the slowest, plain JavaScript, which is there for context. */
export const USUAL_LIBRARIES = Object.keys(LIBRARIES).filter((name) => name !== "tfjs-cpu");

/** The peers that Renga is compared with: those on WebGPU. */
export const PEERS = ["jax-jit", "jax-eager", "tfjs-webgpu", "ort-webgpu"];

/** Whether a library computes on the processor alone: there is nothing of WebGPU to count. */
export const isOnProcessor = (name) => name === "tfjs-wasm" || name === "tfjs-cpu";

/** Where packages and bundles lie. */
export const folder = join(cache, "bench");

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Installs the peers unless these versions are there. */
export function installPeers() {
  const wanted = readFileSync(join(root, "bench/package.json"), "utf8");
  const copy = join(folder, "package.json");
  const isInstalled = existsSync(join(folder, "node_modules"));
  if (isInstalled && existsSync(copy) && readFileSync(copy, "utf8") === wanted) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(copy, wanted);
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", ["install", ...quiet], { cwd: folder, stdio: "inherit" });
}

/** The state of this repository that is measured, such as "0.1.0 at 1a2b3c4". */
function ownVersion() {
  const { version } = readJson(join(root, "package.json"));
  try {
    const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    const changed = git("status", "--porcelain", "src", "shaders") === "" ? "" : ", changed";
    return `${version} at ${git("rev-parse", "--short", "HEAD")}${changed}`;
  } catch {
    return version;
  }
}

/** The version of a library as tables show it. */
export function versionOf(name) {
  const { package: from } = LIBRARIES[name];
  if (from !== undefined) {
    return readJson(join(folder, "node_modules", from, "package.json")).version;
  }
  return name === "raw" ? "hand-written" : ownVersion();
}

const NODE_MODULES = ["fs", "path", "url", "os", "util", "worker_threads", "perf_hooks", "crypto"];

/** What bundles of packages with optional Node parts need. */
export const bundleOptions = {
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "error",
  nodePaths: [join(folder, "node_modules")],
  external: [...NODE_MODULES, "node:*", "webgpu"],
};

/** Outside a browser, packages may still call `require`. */
const REQUIRE = `import { createRequire } from "node:module";
globalThis.require ??= createRequire(import.meta.url);`;

/** One module per library, with what drives it, in `folder`/`host`. */
export async function bundleLibraries(libraries, host) {
  for (const name of libraries) {
    const contents = `import adapter from "./adapters/${name}.mjs";
      import { serve } from "./runtime/serve.mjs";
      serve(adapter);`;
    await build({
      ...bundleOptions,
      stdin: { contents, resolveDir: join(root, "bench") },
      outfile: join(folder, host, `${name}.mjs`),
      ...(host === "chromium" ? {} : { banner: { js: REQUIRE } }),
    });
  }
}
