// Runs all cases of a folder in Deno or Node; a JSON line per case.

import { destroyDevice, init } from "../../src/index.ts";
import type { Case } from "./case.ts";
import { runCase } from "./runner.ts";

interface Files {
  readdirSync(path: string): string[];
  readFileSync(path: string, encoding: "utf8"): string;
}

declare const process: { argv: string[] };
declare const Deno: { args: string[] } | undefined;

const folder = (typeof Deno === "undefined" ? process.argv[2] : Deno.args[0]) ?? ".";
const name = "node:fs";
const files = (await import(name)) as Files;
await init();
for (const file of files.readdirSync(folder).sort()) {
  if (!file.endsWith(".json") || file === "index.json") continue;
  const text = files.readFileSync(`${folder}/${file}`, "utf8");
  if ((JSON.parse(text) as Case).id !== undefined) console.log(JSON.stringify(await runCase(text)));
}
destroyDevice();
