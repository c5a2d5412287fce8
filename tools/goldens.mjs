// npm run goldens: runs reference cases (GOLDENS=DIR, default ../shared/goldens) on three hosts and
// prints passed, failed and not covered, by op.
//
//   GOLDENS=DIR npm run goldens -- [--compiled] [--host node|deno|chromium] [--verbose]

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./hosts/bundle.mjs";
import { runInChromium, runInProcess } from "./hosts/cases.mjs";

const { values } = parseArgs({
  options: {
    compiled: { type: "boolean", default: false },
    host: { type: "string", multiple: true },
    verbose: { type: "boolean" },
  },
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
function runHost(host) {
  if (host !== "chromium") {
    const args = values.compiled ? [cases, "compiled"] : [cases];
    return runInProcess(host, "test/goldens/process.ts", args);
  }
  const texts = files.map((file) => readFileSync(join(cases, file), "utf8"));
  return runInChromium(
    "test/goldens/runner.ts",
    values.compiled ? "runCompiledCase" : "runCase",
    texts,
  );
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
