// npm test: every test file on Node, Deno and Chromium, with a count per host.
//
//   npm test                                       all hosts
//   npm test -- --host node test/ops/unary.test.ts part of them

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
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
const needsShaders = !values["no-shaders"];
let failed = needsShaders && (await exitCode(spawnNode([join(root, "tools/shaders.mjs")]))) !== 0;

/** The test run of one host, its lines behind the host's name where several run. */
async function runHost(host) {
  const report = join(cache, `test-${host}.json`);
  rmSync(report, { force: true });
  const env = { RENGA_HOST: host, RENGA_JSON: report, CI: process.env.CI ?? "1" };
  const args = ["run", "--config", join(root, "vitest.config.mjs"), ...positionals];
  const isAlone = hosts.length === 1;
  const options = { env, cwd: root, stdio: isAlone ? "inherit" : ["ignore", "pipe", "pipe"] };
  const started = performance.now();
  const child =
    host === "deno"
      ? spawnDeno(["run", "-A", "-q", VITEST, ...args], options)
      : spawnNode([VITEST, ...args], options);
  if (!isAlone) {
    createInterface({ input: child.stdout }).on("line", (line) => console.log(`${host} ${line}`));
    createInterface({ input: child.stderr }).on("line", (line) => console.error(`${host} ${line}`));
  }
  const code = await exitCode(child);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
  try {
    counts = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    failed = true; // no report: the host did not come up
  }
  failed ||= code !== 0 || counts.numPassedTests === 0;
  const { numPassedTests: passed, numFailedTests: wrong, numPendingTests: skipped } = counts;
  return { host, passed, failed: wrong, skipped, seconds };
}

// Two hosts at a time: compiling kernels takes one core, and most of the time.
const rows = [];
const waiting = failed ? [] : [...hosts];
const lane = async () => {
  for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
    rows.push(await runHost(host));
  }
};
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
console.table(rows.sort((a, b) => hosts.indexOf(a.host) - hosts.indexOf(b.host)));
process.exitCode = failed ? 1 : 0;
