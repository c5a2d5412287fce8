// Deno and Node as child processes with a Vulkan driver.

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { vulkanEnvironment } from "./vulkan.mjs";

const require = createRequire(import.meta.url);

/** The deno binary of the npm package, found without running an install script. */
export function denoBinary() {
  if (process.env.DENO_PATH) return process.env.DENO_PATH;
  const scope = join(dirname(dirname(require.resolve("deno/package.json"))), "@deno");
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  for (const folder of existsSync(scope) ? readdirSync(scope) : []) {
    const path = join(scope, folder, name);
    if (existsSync(path)) return path;
  }
  throw new Error("deno: no binary for this platform. Install Deno and set DENO_PATH.");
}

function start(command, args, options) {
  const env = { ...process.env, ...vulkanEnvironment(), DENO_NO_UPDATE_CHECK: "1", ...options.env };
  return spawn(command, args, { stdio: "inherit", ...options, env });
}

export function spawnDeno(args, options = {}) {
  return start(denoBinary(), args, options);
}

export function spawnNode(args, options = {}) {
  return start(process.execPath, args, options);
}

/** Exit code of a child; a signal counts as 1. */
export function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
