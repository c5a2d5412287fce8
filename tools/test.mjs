// npm test: every test file on Node, Deno and Chromium, with a count per host.
//
//   npm test                                       all hosts
//   npm test -- --host node test/ops/unary.test.ts part of them

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cache, root } from "./hosts/bundle.mjs";
import { exitCode, spawnDeno, spawnNode } from "./hosts/processes.mjs";

const HOSTS = ["node", "deno", "chromium"];
const VITEST = join(root, "node_modules/vitest/vitest.mjs");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { host: { type: "string", multiple: true }, "no-shaders": { type: "boolean" } },
});
const hosts = values.host ?? HOSTS;
const stranger = hosts.find((host) => !HOSTS.includes(host));
if (stranger !== undefined) {
  console.error(`--host must be ${HOSTS.join(", ")}. Got ${stranger}.`);
  process.exit(2);
}

mkdirSync(cache, { recursive: true });
let failed = (await exitCode(spawnNode([join(root, "tools/shaders.mjs")]))) !== 0;
const rows = [];
for (const host of failed ? [] : hosts) {
  const report = join(cache, `test-${host}.json`);
  rmSync(report, { force: true });
  const env = { RENGA_HOST: host, RENGA_JSON: report, CI: "1" };
  const args = ["run", "--config", join(root, "vitest.config.mjs"), ...positionals];
  const started = performance.now();
  const child =
    host === "deno"
      ? spawnDeno(["run", "-A", "-q", VITEST, ...args], { env, cwd: root })
      : spawnNode([VITEST, ...args], { env, cwd: root });
  const code = await exitCode(child);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
  try {
    counts = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    failed = true; // no report: the host did not come up
  }
  rows.push({
    host,
    passed: counts.numPassedTests,
    failed: counts.numFailedTests,
    skipped: counts.numPendingTests,
    seconds,
  });
  failed ||= code !== 0 || counts.numPassedTests === 0;
}
console.table(rows);
process.exitCode = failed ? 1 : 0;
