// npm run goldens: runs reference cases (GOLDENS=DIR, default ../shared/goldens) on three hosts and
// prints passed, failed and not covered, by op.
//
//   GOLDENS=DIR npm run goldens -- [--host node|deno|chromium] [--verbose]

import { existsSync, readFileSync, readdirSync, unlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { bundle, cache, root } from "./hosts/bundle.mjs";
import { exitCode, spawnDeno, spawnNode } from "./hosts/processes.mjs";

const { values } = parseArgs({
  options: { host: { type: "string", multiple: true }, verbose: { type: "boolean" } },
});
const folder = resolve(process.env.GOLDENS ?? join(root, "../shared/goldens"));
const cases = existsSync(join(folder, "cases")) ? join(folder, "cases") : folder;
const files = existsSync(cases)
  ? readdirSync(cases).filter((file) => file.endsWith(".json") && file !== "index.json")
  : [];
if (files.length === 0) {
  console.error(`goldens: the folder must hold cases/*.json. Got ${folder}. Set GOLDENS=DIR.`);
  process.exit(2);
}

/** Results of a host: one { id, group, op, status, message } per case. */
async function runHost(host) {
  const results = [];
  const listen = (line) => line.startsWith("{") && results.push(JSON.parse(line));
  if (host === "chromium") {
    const { launchChromium } = await import("./hosts/chromium.mjs");
    const { serve } = await import("./hosts/serve.mjs");
    const script = await bundle("test/goldens/runner.ts", "browser");
    const handle = (request, response, path) => {
      if (path !== "/") return false;
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
      return true;
    };
    const server = await serve(cache, { handle });
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(server.url);
    const module = script.slice(cache.length);
    await page.evaluate(`import("${module}").then((m) => (window.runCase = m.runCase))`);
    for (const file of files) {
      const text = readFileSync(join(cases, file), "utf8");
      results.push(await page.evaluate((json) => window.runCase(json), text));
    }
    await browser.close();
    server.close();
    unlinkSync(script);
    return results;
  }
  const stdio = ["ignore", "pipe", "inherit"];
  let child;
  let script;
  if (host === "deno") {
    const entry = join(root, "test/goldens/process.ts");
    child = spawnDeno(["run", "-A", "-q", entry, cases], { stdio });
  } else {
    script = await bundle("test/goldens/process.ts", "node");
    child = spawnNode([script, cases], { stdio });
  }
  const lines = createInterface({ input: child.stdout });
  lines.on("line", listen);
  await Promise.all([exitCode(child), new Promise((done) => lines.on("close", done))]);
  if (script) unlinkSync(script);
  return results;
}

function summarize(results, key) {
  const rows = {};
  for (const result of results) {
    const row = (rows[key(result)] ??= { passed: 0, failed: 0, "not covered": 0 });
    row[result.status]++;
  }
  return rows;
}

let failed = false;
const totals = {};
for (const host of values.host ?? ["node", "deno", "chromium"]) {
  const results = await runHost(host);
  console.log(`\n${host}: ${results.length} of ${files.length} cases`);
  const byOp = summarize(results, ({ group, op }) => `${group} / ${op}`);
  const shown = Object.entries(byOp).filter(([, row]) => values.verbose || !row["not covered"]);
  console.table(Object.fromEntries(shown));
  const absent = Object.entries(byOp).filter(([, row]) => row["not covered"]);
  if (!values.verbose) {
    console.log(
      `not covered: ${absent.map(([op, row]) => `${op} (${row["not covered"]})`).join(", ")}`,
    );
  }
  for (const result of results.filter(({ status }) => status === "failed")) {
    console.log(`FAILED ${result.id}: ${result.message}`);
  }
  totals[host] = summarize(results, () => "all").all;
  failed ||= results.length < files.length || totals[host].failed > 0;
}
console.table(totals);
process.exitCode = failed ? 1 : 0;
