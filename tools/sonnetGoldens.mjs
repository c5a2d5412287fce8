// npm run goldens:sonnet: runs reference cases of Sonnet's modules (SONNET_GOLDENS=DIR, default
// ../shared/sonnet-goldens, with ref-cases.json) on three hosts.
//
//   SONNET_GOLDENS=DIR npm run goldens:sonnet -- [--host node|deno|chromium]

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./hosts/bundle.mjs";
import { runInChromium, runInProcess } from "./hosts/cases.mjs";

const { values } = parseArgs({ options: { host: { type: "string", multiple: true } } });
const folder = resolve(process.env.SONNET_GOLDENS ?? join(root, "../shared/sonnet-goldens"));
const file = join(folder, "ref-cases.json");
if (!existsSync(file)) {
  console.error(
    `goldens:sonnet: the folder must hold ref-cases.json. Got ${folder}. Set SONNET_GOLDENS=DIR.`,
  );
  process.exit(2);
}
const { cases } = JSON.parse(readFileSync(file, "utf8"));
const texts = Object.entries(cases).map(([id, given]) => JSON.stringify({ id, ...given }));

let failed = false;
const totals = {};
for (const host of values.host ?? ["node", "deno", "chromium"]) {
  const results =
    host === "chromium"
      ? await runInChromium("test/sonnet/runner.ts", "runSonnetCase", texts)
      : await runInProcess(host, "test/sonnet/process.ts", [file]);
  const row = { passed: 0, failed: 0, "not covered": 0, "reference wrong": 0 };
  for (const { status } of results) row[status]++;
  for (const { id, message } of results.filter(({ status }) => status === "failed")) {
    console.log(`${host} FAILED ${id}: ${message}`);
  }
  const absent = results.filter(({ status }) => status === "not covered").map(({ id }) => id);
  const wrong = results.filter(({ status }) => status === "reference wrong");
  console.log(`${host} gradients of the reference wrong: ${wrong.map(({ id }) => id).join(", ")}`);
  console.log(`${host} not covered: ${absent.join(", ")}`);
  totals[host] = row;
  failed ||= results.length < texts.length || row.failed > 0;
}
console.table(totals);
process.exitCode = failed ? 1 : 0;
