// Runs the tests of a file, one JSON text a line, in Deno or Node; a JSON line per result.

import { destroyDevice } from "../../src/index.ts";
import { runTest } from "./runner.ts";

interface Files {
  readFileSync(path: string, encoding: "utf8"): string;
}

declare const process: { argv: string[] };
declare const Deno: { args: string[] } | undefined;

const path = (typeof Deno === "undefined" ? process.argv[2] : Deno.args[0]) ?? "";
const name = "node:fs";
const files = (await import(name)) as Files;
for (const line of files.readFileSync(path, "utf8").split("\n")) {
  if (line !== "") console.log(JSON.stringify(await runTest(line)));
}
destroyDevice();
