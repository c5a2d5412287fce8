// npm run bench: Renga beside its peers on the same workloads, in one run with medians.
//
//   npm run bench                                        MLP step, small ops, matmuls
//   npm run bench -- --only e --libs raw,renga-eager     arguments go to the peers' harness
//
// The harness with the peers' adapters is a folder of its own (BENCH_PEERS=DIR, default
// ../shared/bench-peers). It is copied to the cache, where its packages are installed once.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cache, root } from "../tools/hosts/bundle.mjs";
import { findChromium } from "../tools/hosts/chromium.mjs";
import { exitCode, spawnNode } from "../tools/hosts/processes.mjs";

const source = resolve(process.env.BENCH_PEERS ?? join(root, "../shared/bench-peers"));
if (!existsSync(join(source, "run.mjs"))) {
  console.error(`bench: the peers' harness must be there. Got ${source}. Set BENCH_PEERS=DIR.`);
  process.exit(2);
}

const harness = join(cache, "bench-peers");
cpSync(source, harness, { recursive: true, filter: (path) => !path.includes("node_modules") });
if (!existsSync(join(harness, "node_modules"))) {
  execFileSync("npm", ["install", "--ignore-scripts"], { cwd: harness, stdio: "inherit" });
}
execFileSync(process.execPath, [join(root, "tools/build.mjs")], { stdio: "inherit" });

// What the harness does not know: the two gradient shapes of x[128, 784] · w[784, 256], and an LSTM
// with as many inputs as hidden units.
const workloads = join(harness, "workloads.mjs");
const extra = `for (const [name, m, k, n, order] of [
  ["dw", 784, 128, 256, { ta: true }],
  ["dx", 128, 256, 784, { tb: true }],
]) {
  workloads.push({
    id: "m." + name + " " + [m, k, n].join("x"),
    group: "m",
    op: "matmul_gradient",
    p: { m, k, n, ...order },
    unit: "GFLOP/s",
    work: (2 * m * k * n) / 1e9,
  });
}
workloads.push({
  id: "h.lstm 128",
  group: "h",
  op: "train",
  p: { model: "lstm", opts: { B: 32, T: 16, I: 128, Hd: 128 } },
  unit: "steps/s",
  work: 1,
  train: true,
});
export const byId =`;
writeFileSync(workloads, readFileSync(workloads, "utf8").replace("export const byId =", extra));

// The adapter imports the harness's workloads by a name that is settled here.
const { build } = await import("esbuild");
for (const [entry, name] of [
  ["rengaEager.mjs", "renga-eager.mjs"],
  ["rengaCompiled.mjs", "renga-compiled.mjs"],
  ["rawGradients.mjs", "raw-gradients.mjs"],
]) {
  await build({
    entryPoints: [join(root, "bench", entry)],
    outfile: join(harness, "adapters", name),
    bundle: true,
    format: "esm",
    external: ["webgpu", "node:*"],
    alias: {
      "peers/workloads": workloads,
      "peers/kernels": join(harness, "adapters/_wgsl.mjs"),
    },
  });
}

const { executablePath, env } = findChromium();
const given = process.argv.slice(2);
const usual = [
  "--libs",
  "raw,raw-gradients,renga-eager,renga-compiled,jax-jit,jax-eager,tfjs-webgpu",
  "--only",
  "a,m,c,e,i",
];
const args = given.length > 0 ? given : usual;
const child = spawnNode([join(harness, "run.mjs"), ...args], {
  cwd: harness,
  env: { ...env, CHROME: executablePath, CHROME_PATH: executablePath },
});
process.exitCode = await exitCode(child);
