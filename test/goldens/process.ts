// Runs all cases of a folder in Deno or Node, compiled if the second argument says so; a JSON line
// per case.

import { destroyDevice, init } from "../../src/index.ts";
import type { Case } from "./case.ts";
import { runCase, runCompiledCase } from "./runner.ts";

interface Files {
  readdirSync(path: string): string[];
  readFileSync(path: string, encoding: "utf8"): string;
}

declare const process: { argv: string[] };
declare const Deno: { args: string[] } | undefined;

const args = typeof Deno === "undefined" ? process.argv.slice(2) : Deno.args;
const folder = args[0] ?? ".";
const run = args[1] === "compiled" ? runCompiledCase : runCase;
const name = "node:fs";
const files = (await import(name)) as Files;
await init();
for (const file of files.readdirSync(folder).sort()) {
  if (!file.endsWith(".json") || file === "index.json") continue;
  const text = files.readFileSync(`${folder}/${file}`, "utf8");
  if ((JSON.parse(text) as Case).id !== undefined) console.log(JSON.stringify(await run(text)));
}
destroyDevice();
