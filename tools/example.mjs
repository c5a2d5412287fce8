// npm run example -- NAME [--data DIR]: one of the longer trainings in examples/.

import { unlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle, root } from "./hosts/bundle.mjs";
import { exitCode, spawnDeno, spawnNode } from "./hosts/processes.mjs";
import { wholeNumber } from "./wholeNumber.mjs";

const HELP = `Usage: npm run example -- NAME [--data DIR] [options]

  cartpole       balances a pole: --net dqn (default), ppo or reinforce; without data
  characters     foretells characters of DIR/input.txt: --net lstm (default) or transformer
  diffusion      makes out of noise: --net spiral (default, points, without data), or digits
                 of 14 x 14 pixels from MNIST's files
  gan            makes points around eight places: --net ring (default, without data); or digits
                 from MNIST's files: --net mnist
  images         tells images in MNIST's format apart: --net residual (default) or plain
  maml           sine waves from ten points in one gradient step; without data
  transfer       from digits in DIR/mnist to clothes in DIR/fashion-mnist, by low-rank adapters
  vae            codes digits of MNIST's files in black and white, and makes others
  vqvae          an autoencoder with a codebook on such images, and a picture of what it makes of them

  --host HOST    node (default) or deno
  --quick        small networks on data that need no files, as in the gallery: cartpole, characters,
                 diffusion, gan and vae have it
  --steps N      default: the example's
  --seed N       of initial values and shuffling; default: 0
  --out DIR      folder of the run; default: runs/NAME
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    host: { type: "string", default: "node" },
    net: { type: "string" },
    quick: { type: "boolean", default: false },
    steps: { type: "string" },
    seed: { type: "string", default: "0" },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const [name] = positionals;
if (values.help || name === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}
/** A wrong option ends the command with a line. */
function number(option, text, least) {
  try {
    return wholeNumber(option, text, least);
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}
const job = {
  name,
  data: resolve(values.data ?? "."),
  out: resolve(values.out ?? join("runs", name)),
  seed: number("seed", values.seed, 0),
  ...(values.net !== undefined && { net: values.net }),
  ...(values.quick && { quick: true }),
  ...(values.steps !== undefined && { steps: number("steps", values.steps, 1) }),
};
const started = performance.now();
const text = JSON.stringify(job);
if (values.host === "deno") {
  const entry = join(root, "examples/run.ts");
  process.exitCode = await exitCode(spawnDeno(["run", "-A", "-q", entry, text]));
} else {
  const file = await bundle("examples/run.ts", "node");
  process.exitCode = await exitCode(spawnNode([file, text]));
  unlinkSync(file);
}
console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
