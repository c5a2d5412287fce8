// The job as a process of Deno or Node: options as JSON in the first argument, events as JSON lines.

import { DataError, RengaError, destroyDevice } from "../../src/index.ts";
import { FileWorkspace, folderSource } from "../../src/workspace/index.ts";
import { type DigitsEvent, type DigitsOptions, trainDigits } from "./main.ts";

interface Job extends DigitsOptions {
  readonly folder: string;
  readonly data?: string;
}

declare const process: { argv: string[]; exitCode: number };
declare const Deno: { args: string[]; exitCode: number } | undefined;

const isDeno = typeof Deno !== "undefined";
const job = JSON.parse((isDeno ? Deno.args[0] : process.argv[2]) ?? "{}") as Job;
try {
  const source = job.data === undefined ? undefined : folderSource(job.data);
  const emit = (event: DigitsEvent): void => {
    if (event.type !== "model") console.log(JSON.stringify(event));
  };
  await trainDigits(job, new FileWorkspace(job.folder), emit, source);
  destroyDevice();
} catch (error) {
  const isOurs = error instanceof RengaError;
  const kind = error instanceof DataError ? "data" : "failure";
  const message = isOurs ? error.message : String((error as Error).stack ?? error);
  console.log(JSON.stringify({ type: "error", kind, message }));
  if (isDeno) Deno.exitCode = 1;
  else process.exitCode = 1;
}
