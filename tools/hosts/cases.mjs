// Cases run by one function on any host, a JSON line or a call for each.

import { unlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { bundle, cache, root } from "./bundle.mjs";
import { launchChromium } from "./chromium.mjs";
import { exitCode, spawnDeno, spawnNode } from "./processes.mjs";
import { serve } from "./serve.mjs";
import { join } from "node:path";

/**
 * Results of `run(text)` in a page, for each text.
 *
 * @param entry  file that exports it.
 */
export async function runInChromium(entry, run, texts) {
  const script = await bundle(entry, "browser");
  const handle = (request, response, path) => {
    if (path !== "/") return false;
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
    return true;
  };
  const server = await serve(cache, { handle });
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.evaluate(
    `import("${script.slice(cache.length)}").then((m) => (window.run = m.${run}))`,
  );
  const results = [];
  for (const text of texts) results.push(await page.evaluate((one) => window.run(one), text));
  await browser.close();
  server.close();
  unlinkSync(script);
  return results;
}

/** Results that a script prints on Deno or Node, a JSON line each. */
export async function runInProcess(host, entry, args) {
  const options = { stdio: ["ignore", "pipe", "inherit"] };
  const script = host === "deno" ? undefined : await bundle(entry, "node");
  const child =
    script === undefined
      ? spawnDeno(["run", "-A", "-q", join(root, entry), ...args], options)
      : spawnNode([script, ...args], options);
  const results = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => line.startsWith("{") && results.push(JSON.parse(line)));
  await Promise.all([exitCode(child), new Promise((done) => lines.on("close", done))]);
  if (script !== undefined) unlinkSync(script);
  return results;
}
