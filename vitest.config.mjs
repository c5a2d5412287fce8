// The same test files on three hosts: RENGA_HOST chooses which. tools/test.mjs runs them all.

import { transform } from "esbuild";
import { defineConfig } from "vitest/config";
import { puppeteerProvider } from "./tools/hosts/vitestProvider.mjs";

const host = process.env.RENGA_HOST ?? "node";
const isBrowser = host === "chromium";
const isCI = process.env.CI === "true";

/** Standard decorators, which Vite's own transform leaves as they are. */
const decorators = {
  name: "decorators",
  enforce: "pre",
  async transform(code, id) {
    if (!id.split("?")[0].endsWith(".ts") || !/^\s*@\w+/m.test(code)) return undefined;
    return transform(code, { loader: "ts", target: "es2022", sourcemap: true, sourcefile: id });
  },
};

export default defineConfig({
  plugins: [decorators],
  // Named, for a package that is found while tests run reloads the page that runs them.
  optimizeDeps: { include: ["fflate", "papaparse", "protobufjs/minimal.js", "flatbuffers"] },
  test: {
    include: ["test/**/*.test.ts"],
    // Files that need child processes or the file system run on Node alone.
    exclude: host === "node" ? [] : ["test/**/*.node.test.ts"],
    // Chromium's shader compiler and driver are Node's, which runs every shape: CI has it run some.
    provide: {
      isBrief: isBrowser && isCI,
      isCI,
      printsNumbers: process.env.RENGA_NUMBERS === "print",
    },
    setupFiles: ["test/support/setup.ts"],
    // One worker and one device per host: opening a device costs more than most tests.
    pool: "forks",
    maxWorkers: 1,
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: process.env.RENGA_JSON
      ? ["default", ["json", { outputFile: process.env.RENGA_JSON }]]
      : ["default"],
    browser: {
      enabled: isBrowser,
      headless: true,
      screenshotFailures: false,
      provider: isBrowser ? puppeteerProvider() : undefined,
      instances: [{ browser: "chromium" }],
      api: { host: "127.0.0.1" },
    },
  },
});
