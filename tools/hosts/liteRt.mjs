// A page with LiteRT's wasm, which runs TFLite files.

import { readFile, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, cache } from "./bundle.mjs";
import { launchChromium } from "./chromium.mjs";
import { serve } from "./serve.mjs";

const PREFIX = "/wasm/";
const folder = join(dirname(fileURLToPath(import.meta.resolve("@litertjs/core"))), "../wasm");

async function answer(request, response, path) {
  if (path === "/") {
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
    return true;
  }
  if (!path.startsWith(PREFIX)) return false;
  const bytes = await readFile(join(folder, basename(path))).catch(() => null);
  const type = path.endsWith(".js") ? "text/javascript" : "application/wasm";
  response.writeHead(bytes ? 200 : 404, { "content-type": type }).end(bytes ?? "not found");
  return true;
}

/**
 * Runs jobs of test/tflite/liteRt.ts in a page.
 * @returns {Promise<{ run: (job: string) => Promise<string>, close: () => Promise<void> }>}
 */
export async function openLiteRt() {
  const script = await bundle("test/tflite/liteRt.ts", "browser");
  const server = await serve(cache, { handle: answer });
  const browser = await launchChromium();
  const page = await browser.newPage();
  const log = [];
  page.on("console", (message) => log.push(message.text()));
  await page.goto(server.url);
  await page.evaluate(`import("/${basename(script)}").then((m) => (window.run = m.runJob))`);
  return {
    async run(job) {
      log.length = 0;
      const result = JSON.parse(await page.evaluate((text) => window.run(text), job));
      if (result.error !== undefined) result.error = [result.error, ...log.slice(-12)].join("\n");
      return JSON.stringify(result);
    },
    async close() {
      await browser.close();
      server.close();
      await unlink(script);
    },
  };
}
