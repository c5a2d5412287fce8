// npm run test:onnx: runs the backend suite of ONNX through the importer and prints passed, failed and not
// mapped, with reasons. ONNX_TESTS is a folder of test_*/model.onnx with test_data_set_0, or one of such
// folders: onnx/backend/test/data of the ONNX repository.
//
//   ONNX_TESTS=DIR npm run test:onnx -- [--host node|deno|chromium] [--op Conv] [--verbose]

import { existsSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cache } from "./hosts/bundle.mjs";
import { runInChromium, runInProcess } from "./hosts/cases.mjs";

const { values } = parseArgs({
  options: {
    host: { type: "string", multiple: true, default: ["node"] },
    op: { type: "string" },
    verbose: { type: "boolean" },
  },
});
const folder = resolve(process.env.ONNX_TESTS ?? ".");
const testsIn = (path) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, "model.onnx")))
    .map(({ name }) => join(path, name));
const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const paths = [folder, ...folders.map(({ name }) => join(folder, name))].flatMap(testsIn);
if (paths.length === 0) {
  console.error(`test:onnx: the folder must hold test_*/model.onnx. Got ${folder}.
Set ONNX_TESTS to onnx/backend/test/data of the ONNX repository.`);
  process.exit(2);
}

/** The files of a kind in their order; null for those that are empty or left out. */
function filesOf(path, kind) {
  const set = join(path, "test_data_set_0");
  const names = existsSync(set) ? readdirSync(set) : [];
  const numbers = names.map((name) => Number(name.match(`^${kind}_(\\d+).pb$`)?.[1] ?? -1));
  return Array.from({ length: Math.max(-1, ...numbers) + 1 }, (_, i) => {
    const file = join(set, `${kind}_${i}.pb`);
    return existsSync(file) ? readFileSync(file).toString("base64") || null : null;
  });
}

/** Whole nets without their weights, beside one result of each. */
function lightTests(path) {
  const names = readdirSync(path).filter((name) => name.endsWith(".onnx"));
  const base64 = (name) => readFileSync(join(path, name)).toString("base64");
  return names.map((name) => {
    const id = basename(name, ".onnx");
    const outputs = [base64(`${id}_output_0.pb`)];
    return JSON.stringify({ id, suite: "light", model: base64(name), inputs: "ramp", outputs });
  });
}

const light = join(folder, "light");
const tests = existsSync(light) ? lightTests(light) : [];
tests.unshift(
  ...paths.map((path) =>
    JSON.stringify({
      id: basename(path),
      suite: basename(resolve(path, "..")),
      model: readFileSync(join(path, "model.onnx")).toString("base64"),
      inputs: filesOf(path, "input"),
      outputs: filesOf(path, "output"),
    }),
  ),
);

async function runHost(host) {
  if (host === "chromium") return runInChromium("test/onnx/runner.ts", "runTest", tests);
  const path = join(cache, `onnx-${process.pid}.jsonl`);
  writeFileSync(path, tests.join("\n"));
  const results = await runInProcess(host, "test/onnx/process.ts", [path]);
  unlinkSync(path);
  return results;
}

/** Rows of counts by status, for console.table. */
function countBy(results, key) {
  const rows = {};
  for (const result of results) {
    const row = (rows[key(result)] ??= { passed: 0, failed: 0, "not mapped": 0 });
    row[result.status]++;
  }
  return rows;
}

/** Reasons with their number of tests, most frequent first. */
function reasons(results) {
  const counts = new Map();
  for (const { status, message } of results) {
    if (status === "not mapped") counts.set(message, (counts.get(message) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function report(host, all) {
  const results = all.filter(({ op }) => values.op === undefined || op === values.op);
  const failures = results.filter(({ status }) => status === "failed");
  for (const { id, message } of failures) console.log(`FAILED ${id}: ${message}`);
  if (values.verbose) console.table(countBy(results, ({ op }) => op));
  console.log(`\n${host}: not mapped, by reason`);
  for (const [reason, count] of reasons(results))
    console.log(`${String(count).padStart(5)} ${reason}`);
  console.table(countBy(results, ({ suite }) => suite));
  const passed = results.filter(({ status }) => status === "passed");
  return {
    tests: results.length,
    tried: passed.length + failures.length,
    passed: passed.length,
    "within 1e-5": passed.filter(({ isClose }) => isClose).length,
    failed: failures.length,
    "not mapped": results.length - passed.length - failures.length,
  };
}

const totals = {};
for (const host of values.host) {
  const results = await runHost(host);
  totals[host] = report(host, results);
  if (totals[host].failed > 0 || results.length < tests.length) process.exitCode = 1;
}
console.table(totals);
