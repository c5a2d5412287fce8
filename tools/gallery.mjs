// npm run gallery: serves pages on which networks learn.

import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { cache, root } from "./hosts/bundle.mjs";
import { shootGallery } from "./galleryShots.mjs";
import { answerData } from "./hosts/dataFiles.mjs";
import { serve } from "./hosts/serve.mjs";

const HELP = `Usage: npm run gallery -- [options]

Serves pages on which networks learn while you watch.

  --data DIR   files for the pages that want them, such as MNIST's; default: none
  --port N     default: 8080
  --build      only write the pages to .cache/gallery
  --shots DIR  only train on every page, or on those named behind the options, and take pictures
  --seconds N  of a page that is trained for pictures, at most; default: 60
`;

const NO_DATA = "npm run gallery -- --data DIR names the folder of the data";

const source = join(root, "examples/gallery");

/** The pages by name, as their module has them; the examples themselves are left out. */
async function readDemos() {
  const { outputFiles } = await build({
    entryPoints: [join(source, "demos.ts")],
    bundle: true,
    write: false,
    format: "esm",
    external: ["../*"],
    logLevel: "error",
  });
  const script = Buffer.from(outputFiles[0].contents).toString("base64");
  return (await import(`data:text/javascript;base64,${script}`)).DEMOS;
}

/** Bundles page and worker; what they share is loaded once. Returns the folder. */
export async function buildGallery() {
  const folder = join(cache, "gallery");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: ["index.ts", "page.ts", "worker.ts"].map((file) => join(source, file)),
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["webgpu", "node:*"],
    logLevel: "error",
  });
  for (const file of ["index.html", "demo.html", "style.css"]) {
    copyFileSync(join(source, file), join(folder, file));
  }
  copyFileSync(join(root, "node_modules/uplot/dist/uPlot.min.css"), join(folder, "uPlot.min.css"));
  for (const [name, demo] of Object.entries(await readDemos())) {
    mkdirSync(join(folder, name), { recursive: true });
    copyFileSync(join(source, "demo.html"), join(folder, name, "index.html"));
    mkdirSync(join(folder, "source", demo.folder), { recursive: true });
    for (const file of demo.files) {
      const path = join(demo.folder, file);
      copyFileSync(join(root, "examples", path), join(folder, "source", path));
    }
  }
  return folder;
}

/** Serves the built pages, and data under /data/. */
export async function serveGallery({ data, port = 0 } = {}) {
  const folder = await buildGallery();
  const handle = (request, response, path) => answerData(data, response, path, NO_DATA);
  return serve(folder, { port, handle });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: "string" },
      port: { type: "string", default: "8080" },
      shots: { type: "string" },
      seconds: { type: "string", default: "60" },
      build: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else if (values.build) console.log(await buildGallery());
  else if (values.shots !== undefined) {
    const server = await serveGallery();
    const names = positionals.length > 0 ? positionals : Object.keys(await readDemos());
    await shootGallery(server.url, resolve(values.shots), names, Number(values.seconds));
    server.close();
  } else {
    const data = values.data === undefined ? undefined : resolve(values.data);
    const { url } = await serveGallery({ data, port: Number(values.port) });
    console.log(`The gallery is at ${url}`);
  }
}
