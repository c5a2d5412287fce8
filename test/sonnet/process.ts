// Runs the cases of a file, a JSON line each, in Deno or Node; prints a JSON line per case.

import { destroyDevice } from "../../src/index.ts";
import { runSonnetCase } from "./runner.ts";

interface Files {
  readFileSync(path: string, encoding: "utf8"): string;
}

declare const process: { argv: string[] };
declare const Deno: { args: string[] } | undefined;

const args = typeof Deno === "undefined" ? process.argv.slice(2) : Deno.args;
const name = "node:fs";
const files = (await import(name)) as Files;
for (const text of files.readFileSync(args[0] ?? "", "utf8").split("\n")) {
  if (text !== "") console.log(JSON.stringify(await runSonnetCase(text)));
}
destroyDevice();
