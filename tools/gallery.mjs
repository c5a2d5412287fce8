// npm run gallery: serves pages on which networks learn.

import { copyFileSync, cpSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { cache, root } from "./hosts/bundle.mjs";
import { serve } from "./hosts/serve.mjs";

const HELP = `Usage: npm run gallery -- [options]

Serves pages on which networks learn while you watch.

  --data DIR   files for the pages that want them, such as MNIST's; default: none
  --port N     default: 8080
  --build      only write the pages to .cache/gallery
`;

const source = join(root, "examples/gallery");

/** Folders of examples/ that are pages: whoever asks for one gets the same HTML. */
const isPage = (name) => statSync(join(root, "examples", name)).isDirectory();

/** Bundles page and worker; what they share is loaded once. Returns the folder. */
export async function buildGallery() {
  const folder = join(cache, "gallery");
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
  for (const name of readdirSync(join(root, "examples")).filter(isPage)) {
    mkdirSync(join(folder, name), { recursive: true });
    copyFileSync(join(source, "demo.html"), join(folder, name, "index.html"));
    const files = { recursive: true, filter: (path) => !path.endsWith(".html") };
    cpSync(join(root, "examples", name), join(folder, "source", name), files);
  }
  return folder;
}

/** Serves the built pages, and data under /data/. */
export async function serveGallery({ data, port = 0 } = {}) {
  const folder = await buildGallery();
  const files = data === undefined ? undefined : await serve(data);
  const handle = async (request, response, path) => {
    if (!path.startsWith("/data/")) return false;
    if (files === undefined) {
      response.writeHead(404).end("npm run gallery -- --data DIR names the folder of the data");
      return true;
    }
    const answer = await fetch(new URL(path.slice("/data/".length), files.url));
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    return true;
  };
  const server = await serve(folder, { port, handle });
  return { url: server.url, close: () => (server.close(), files?.close()) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      port: { type: "string", default: "8080" },
      build: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else if (values.build) console.log(await buildGallery());
  else {
    const data = values.data === undefined ? undefined : resolve(values.data);
    const { url } = await serveGallery({ data, port: Number(values.port) });
    console.log(`The gallery is at ${url}`);
  }
}
