// npm run bench:kernels: each kernel forward and with all its gradients, beside TF.js and jax-js,
// in one Chromium, rounds interleaved, medians. Before it times it checks that all compute the
// same.
//
//   npm run bench:kernels -- --only conv,lstm --rounds 7 --libs renga,jax --json FILE
//
// The peers come from npm into a folder of the cache; nothing of them is in the project.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { cache, root } from "../tools/hosts/bundle.mjs";
import { launchChromium } from "../tools/hosts/chromium.mjs";
import { serve } from "../tools/hosts/serve.mjs";
import { CASES } from "./kernels/cases.mjs";

const PEERS = {
  "@jax-js/jax": "0.1.25",
  "@tensorflow/tfjs-backend-webgpu": "4.22.0",
  "@tensorflow/tfjs-core": "4.22.0",
};
const PHASES = ["forward", "gradient"];

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    libs: { type: "string", default: "renga,tfjs,jax" },
    rounds: { type: "string", default: "5" },
    budget: { type: "string", default: "400" },
    json: { type: "string" },
  },
});
const libraries = values.libs.split(",");
const wanted = values.only.split(",");
const cases = CASES.filter(({ op }) => wanted.some((part) => op.startsWith(part)));

const folder = join(cache, "bench-kernels");
mkdirSync(folder, { recursive: true });
if (!existsSync(join(folder, "node_modules"))) {
  const manifest = { private: true, type: "module", dependencies: PEERS };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--ignore-scripts"], { cwd: folder, stdio: "inherit" });
}
execFileSync(process.execPath, [join(root, "tools/build.mjs")], { stdio: "inherit" });
for (const library of libraries) {
  await build({
    entryPoints: [join(root, "bench/kernels/page.mjs")],
    outfile: join(folder, `${library}.mjs`),
    alias: { library: join(root, `bench/kernels/${library}.mjs`) },
    nodePaths: [join(folder, "node_modules")],
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
}

const server = await serve(folder, {
  handle(_request, response, path) {
    if (path !== "/") return false;
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
    return true;
  },
});
const browser = await launchChromium();
const pages = {};
for (const library of libraries) {
  const page = (pages[library] = await browser.newPage());
  await page.goto(server.url);
  await page.evaluate(`import("/${library}.mjs").then(() => bench.init())`);
}

const ask = (library, method, ...args) => {
  const call = `bench.${method}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`;
  return pages[library].evaluate(call);
};
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Whether two summaries agree to a few thousandths. */
function agree(a, b) {
  const [got, want] = [a.flat(), b.flat()];
  const count = Math.min(got.length, want.length);
  return want.slice(0, count).every((x, i) => {
    return Math.abs(got[i] - x) <= 3e-3 * (Math.abs(x) + 0.02);
  });
}

const results = [];
for (const { id } of cases) {
  const able = [];
  for (const library of libraries) {
    try {
      await ask(library, "prepare", id);
      able.push(library);
    } catch (error) {
      console.log(`${library} cannot run ${id}: ${error.message.split("\n")[0]}`);
    }
  }
  for (const phase of PHASES) {
    const row = { case: id, phase };
    const times = {};
    let reference;
    for (const library of able) {
      try {
        const got = await ask(library, "check", id, phase);
        reference ??= got;
        if (!agree(got, reference)) console.log(`${library} differs in ${id}, ${phase}: ${got}`);
        times[library] = [];
      } catch (error) {
        console.log(`${library} fails in ${id}, ${phase}: ${error.message.split("\n")[0]}`);
      }
    }
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const library of Object.keys(times)) {
        times[library].push(await ask(library, "time", id, phase, Number(values.budget)));
      }
    }
    for (const [library, list] of Object.entries(times))
      row[library] = Number(median(list).toFixed(2));
    const peers = Object.keys(times).filter((library) => library !== "renga");
    const best = Math.min(...peers.map((library) => row[library]));
    if (row.renga !== undefined && peers.length > 0) {
      row["best peer / renga"] = Number((best / row.renga).toFixed(2));
    }
    results.push(row);
    console.log(JSON.stringify(row));
  }
}
console.table(results);
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
await browser.close();
server.close();
