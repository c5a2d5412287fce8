// Runs all module cases of a file in Deno or Node; a JSON line per case.

import { destroyDevice } from "../../src/index.ts";
import { type SonnetCase, runSonnetCase } from "./runner.ts";

interface Files {
  readFileSync(path: string, encoding: "utf8"): string;
}

declare const process: { argv: string[] };
declare const Deno: { args: string[] } | undefined;

const args = typeof Deno === "undefined" ? process.argv.slice(2) : Deno.args;
const name = "node:fs";
const files = (await import(name)) as Files;
const text = files.readFileSync(args[0] ?? "", "utf8");
const { cases } = JSON.parse(text) as { cases: Record<string, Omit<SonnetCase, "id">> };
for (const [id, given] of Object.entries(cases)) {
  console.log(JSON.stringify(await runSonnetCase(JSON.stringify({ id, ...given }))));
}
destroyDevice();
