// npm run goldens:sonnet: runs reference cases of Sonnet's modules and optimizers (SONNET_GOLDENS=DIR,
// default ../shared/sonnet-goldens, with ref-cases.json and golden-forward.json) on three hosts.
//
// SONNET_CHECKPOINTS=DIR (sonnet/src/conformance/checkpoints of Sonnet's repository) also reads the
// checkpoint of each golden into its module.
//
//   SONNET_GOLDENS=DIR npm run goldens:sonnet -- [--host node|deno|chromium]

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cache, root } from "./hosts/bundle.mjs";
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
const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const { cases, optimizers = {} } = read("ref-cases.json");
const goldens = existsSync(join(folder, "golden-forward.json")) ? read("golden-forward.json") : {};

/** The golden's checkpoint, base64, if there is a folder of them. */
function checkpointOf(id) {
  const at = process.env.SONNET_CHECKPOINTS && join(resolve(process.env.SONNET_CHECKPOINTS), id);
  if (!at || !existsSync(at)) return {};
  const files = readdirSync(at).sort();
  const read64 = (name) => readFileSync(join(at, name)).toString("base64");
  const shards = files.filter((name) => name.includes(".data-")).map(read64);
  if (shards.length === 0) return {}; // too large for some copies of the repository
  return { checkpoint: { index: read64("checkpoint-1.index"), shards } };
}

const texts = [
  ...Object.entries(cases).map(([id, given]) => ({ kind: "module", id, ...given })),
  ...Object.entries(optimizers).flatMap(([ctor, kinds]) =>
    Object.entries(kinds).map(([kind, { params, slots }]) => {
      const id = `${ctor} ${kind}`;
      return {
        kind: "optimizer",
        id,
        ctor,
        isSparse: kind === "sparse",
        params,
        slots: slots ?? {},
      };
    }),
  ),
  ...Object.entries(goldens).map(([id, { module, ...given }]) => {
    return { kind: "golden", id, ctor: module, ...given, ...checkpointOf(id) };
  }),
].map((given) => JSON.stringify(given));
mkdirSync(cache, { recursive: true });
const lines = join(cache, "sonnet-cases.jsonl");
writeFileSync(lines, texts.join("\n"));

let failed = false;
const totals = {};
for (const host of values.host ?? ["node", "deno", "chromium"]) {
  const results =
    host === "chromium"
      ? await runInChromium("test/sonnet/runner.ts", "runSonnetCase", texts)
      : await runInProcess(host, "test/sonnet/process.ts", [lines]);
  const row = { passed: 0, failed: 0, "not covered": 0, "reference off": 0 };
  for (const { status } of results) row[status]++;
  for (const { id, message } of results.filter(({ status }) => status === "failed")) {
    console.log(`${host} FAILED ${id}: ${message}`);
  }
  const absent = results.filter(({ status }) => status === "not covered").map(({ id }) => id);
  const wrong = results.filter(({ status }) => status === "reference off");
  console.log(`${host} reference off: ${wrong.map(({ id }) => id).join(", ")}`);
  console.log(`${host} not covered: ${absent.join(", ")}`);
  totals[host] = row;
  failed ||= results.length < texts.length || row.failed > 0;
}
console.table(totals);
process.exitCode = failed ? 1 : 0;
