// npm start: trains a digit classifier on this machine, whatever WebGPU host it has or can bring up.

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./hosts/bundle.mjs";
import { runJob } from "./start/jobs.mjs";
import { OptionError, wholeNumber } from "./wholeNumber.mjs";
import { Report } from "./start/report.mjs";

const HELP = `Usage: npm start -- [options]

Trains a small network on digits with WebGPU, evaluates it, and saves the run.

  --data DIR     MNIST or Fashion-MNIST files (IDX, .gz or not); default: digits drawn on the spot
  --host HOST    node, deno or chromium; default: node
  --steps N      optimizer steps; default: three passes over the data
  --seed N       of initial values and shuffling; default: 0
  --out DIR      folder of the run; default: runs/digits
  --resume       go on from the newest checkpoint in that folder
  --help         this text
`;

const HOSTS = ["node", "deno", "chromium"];

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        data: { type: "string" },
        host: { type: "string", default: "node" },
        steps: { type: "string" },
        seed: { type: "string", default: "0" },
        out: { type: "string", default: "runs/digits" },
        resume: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new OptionError(`${error.message.split(". To specify")[0]}. See npm start -- --help.`);
  }
  if (values.help) return undefined;
  if (!HOSTS.includes(values.host)) {
    throw new OptionError(`--host must be ${HOSTS.join(", ")}. Got ${values.host}.`);
  }
  const data = values.data && resolve(values.data);
  if (data && !(existsSync(data) && statSync(data).isDirectory())) {
    throw new OptionError(`--data must be a folder. Got ${values.data}.`);
  }
  return {
    host: values.host,
    data,
    folder: resolve(values.out),
    steps: values.steps === undefined ? undefined : wholeNumber("steps", values.steps, 1),
    seed: wholeNumber("seed", values.seed, 0),
    resume: values.resume,
  };
}

async function main() {
  const options = readOptions();
  if (options === undefined) return console.log(HELP);
  if (!existsSync(join(root, "src/shaders"))) throw new Error("Run npm ci first.");
  const report = new Report(options);
  await runJob(options, (event) => report.handle(event));
  await report.finish();
}

try {
  await main();
} catch (error) {
  console.error(error instanceof OptionError ? error.message : (error.report ?? error.stack));
  process.exitCode = error instanceof OptionError ? 2 : 1;
}
