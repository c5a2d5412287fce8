// npm run bench:standalone: from an empty page to the first prediction of the images' convolutional net,
// standalone beside onnxruntime-web and TF.js on WebGPU, in one Chromium, a fresh context for every start,
// rounds interleaved, medians. All must find the library's own logits.
//
//   npm run bench:standalone -- --rounds 5

import { readFileSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundle, root } from "../tools/hosts/bundle.mjs";
import { launchChromium } from "../tools/hosts/chromium.mjs";
import { exitCode, spawnNode } from "../tools/hosts/processes.mjs";
import { serve } from "../tools/hosts/serve.mjs";
import { bundleOptions, folder, installPeers } from "./libraries.mjs";
import { median } from "./results.mjs";

const LIBRARIES = { ours: "standalone", ort: "onnxruntime-web", tfjs: "TF.js" };

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });

installPeers();
const script = await bundle("bench/standalone/exports.ts", "node");
const code = await exitCode(spawnNode([script, folder]));
unlinkSync(script);
if (code !== 0) process.exit(code);
for (const name of Object.keys(LIBRARIES)) {
  await build({
    ...bundleOptions,
    external: [...bundleOptions.external, "/net.mjs"],
    entryPoints: [join(root, `bench/standalone/${name}.mjs`)],
    outfile: join(folder, `standalone-${name}.mjs`),
    minify: true,
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
const { image, logits } = JSON.parse(readFileSync(join(folder, "image.json"), "utf8"));

/** Milliseconds from the import of the code to the numbers in hand. */
async function start(library) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(server.url);
  const { ms, found } = await page.evaluate(
    async (url, pixels) => {
      const started = performance.now();
      const { predict } = await import(url);
      const data = await predict(Float32Array.from(pixels));
      return { ms: performance.now() - started, found: [...data] };
    },
    `/standalone-${library}.mjs`,
    image,
  );
  await context.close();
  const worst = Math.max(...logits.map((x, i) => Math.abs(x - found[i])));
  if (!(worst < 1e-3)) throw new Error(`${library}: ${found} where ${logits} are right`);
  return ms;
}

const times = Object.fromEntries(Object.keys(LIBRARIES).map((library) => [library, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const library of Object.keys(LIBRARIES)) times[library].push(await start(library));
}
await browser.close();
server.close();

const gzipped = (path) => gzipSync(readFileSync(join(folder, path)), { level: 9 }).length;
const wasm = "node_modules/onnxruntime-web/dist";
const files = {
  ours: ["standalone-ours.mjs", "net.mjs"],
  ort: [
    "standalone-ort.mjs",
    ...readdirSync(join(folder, wasm))
      .filter((name) => /^ort-wasm-simd-threaded\.(asyncify|jsep)\.wasm$/.test(name))
      .slice(0, 1)
      .map((name) => `${wasm}/${name}`),
  ],
  tfjs: ["standalone-tfjs.mjs"],
};
console.table(
  Object.entries(LIBRARIES).map(([library, title]) => ({
    library: title,
    "first prediction, ms": Math.round(median(times[library])),
    "from, to": [Math.min, Math.max].map((f) => Math.round(f(...times[library]))).join(" to "),
    "code, gzipped, kB": files[library].reduce((sum, path) => sum + gzipped(path) / 1000, 0).toFixed(1), // prettier-ignore
  })),
);
