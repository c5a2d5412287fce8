// An example as a process of Deno or Node: its name and options as JSON in the first argument.

import { RengaError, UsageError, destroyDevice } from "../src/index.ts";
import { FileWorkspace, folderSource } from "../src/workspace/index.ts";
import { cartpole } from "./cartpole/main.ts";
import { characters } from "./characters/main.ts";
import { diffusion } from "./diffusion/main.ts";
import type { Example, ExampleEvent, ExampleOptions } from "./example.ts";
import { gan } from "./gan/main.ts";
import { images } from "./images/main.ts";
import { maml } from "./maml/main.ts";
import { transfer } from "./transfer/main.ts";
import { vae } from "./vae/main.ts";
import { vqvae } from "./vqvae/main.ts";

const EXAMPLES: Readonly<Record<string, Example>> = {
  cartpole,
  characters,
  diffusion,
  gan,
  images,
  maml,
  transfer,
  vae,
  vqvae,
};

/** What a terminal shows of an event; pictures are in the run's folder. */
function lineOf(event: ExampleEvent): string {
  const numbers = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
      .join(", ");
  if (event.type === "curve") return `step ${event.step}: ${numbers(event.values)}`;
  if (event.type === "goal") return numbers({ [event.name]: event.value });
  return event.type === "text" ? event.text : "";
}

interface Job extends Omit<ExampleOptions, "files" | "readText"> {
  readonly name: string;
  readonly data: string;
  readonly out: string;
}

declare const process: { argv: string[]; exitCode: number };
declare const Deno: { args: string[]; exitCode: number } | undefined;

const isDeno = typeof Deno !== "undefined";
const job = JSON.parse((isDeno ? Deno.args[0] : process.argv[2]) ?? "{}") as Job;
try {
  const example = EXAMPLES[job.name];
  if (example === undefined) {
    const wanted = `there must be an example: ${Object.keys(EXAMPLES).join(", ")}`;
    throw new UsageError("example", wanted, { got: job.name });
  }
  const files = folderSource(job.data);
  const readText = async (name: string): Promise<string> => {
    const bytes = await files.read(name);
    if (bytes !== null) return new TextDecoder().decode(bytes);
    throw new UsageError("example", "--data must be the folder of the example's data", {
      got: `nothing at ${files.describe(name)}`,
    });
  };
  const { name: _name, data: _data, out, ...options } = job;
  await example({ ...options, files, readText }, new FileWorkspace(out), (what) => {
    const line = typeof what === "string" ? what : lineOf(what);
    if (line !== "") console.log(line);
  });
  destroyDevice();
} catch (error) {
  const isOurs = error instanceof RengaError;
  console.error(isOurs ? error.message : String((error as Error).stack ?? error));
  if (isDeno) Deno.exitCode = 1;
  else process.exitCode = 1;
}
