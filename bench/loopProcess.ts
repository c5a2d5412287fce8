// The loop benchmark in Deno or Node; prints its result as a JSON line.

import { destroyDevice } from "../src/index.ts";
import { measureLoop } from "./loopSteps.ts";

declare const process: { argv: string[] };
declare const Deno: { args: string[] } | undefined;

const options = (typeof Deno === "undefined" ? process.argv[2] : Deno.args[0]) ?? "";
console.log(JSON.stringify(await measureLoop(options)));
destroyDevice();
