// The digits job on each host. All report the same events.

import { createInterface } from "node:readline";
import { appendFile, mkdir, open, readFile, readdir, rename, rm, unlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { bundle, cache, root } from "../hosts/bundle.mjs";
import { answerData } from "../hosts/dataFiles.mjs";
import { exitCode, spawnDeno, spawnNode } from "../hosts/processes.mjs";

/** A failure with a message for the user instead of a stack. */
class JobError extends Error {
  constructor(message) {
    super(message);
    this.report = message;
  }
}

/** Runs the job to its end; `emit` gets its events in order. */
export async function runJob(options, emit) {
  let failure;
  const listen = (event) => {
    if (event.type === "error") failure ??= event.message;
    else emit(event);
  };
  if (options.host === "chromium") await inChromium(options, listen);
  else await inProcess(options, listen);
  if (failure !== undefined) throw new JobError(failure);
}

async function inProcess(options, emit) {
  const { host, ...job } = options;
  const stdio = ["ignore", "pipe", "inherit"];
  const text = JSON.stringify(job);
  let child;
  let file;
  if (host === "deno") {
    child = spawnDeno(["run", "-A", "-q", join(root, "examples/digits/process.ts"), text], {
      stdio,
    });
  } else {
    file = await bundle("examples/digits/process.ts", "node");
    child = spawnNode([file, text], { stdio });
  }
  const stop = () => child.kill("SIGKILL");
  process.once("exit", stop);
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    if (line.startsWith("{")) emit(JSON.parse(line));
  });
  const [code] = await Promise.all([
    exitCode(child),
    new Promise((done) => lines.on("close", done)),
  ]);
  process.off("exit", stop);
  if (file) await unlink(file);
  if (code !== 0) emit({ type: "error", message: `The ${host} process ended with code ${code}.` });
}

async function inChromium(options, emit) {
  const { launchChromium } = await import("../hosts/chromium.mjs");
  const { serve } = await import("../hosts/serve.mjs");
  const script = await bundle("examples/digits/page.ts", "browser");
  const handle = (request, response, path) => answer(options, script, request, response, path);
  const server = await serve(cache, { handle });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => emit({ type: "error", message: String(error) }));
    await page.exposeFunction("emit", emit);
    await page.goto(server.url);
    await page.waitForFunction("window.startDigits !== undefined");
    const { steps, seed, resume, data } = options;
    const job = { seed, resume, ...(steps === undefined ? {} : { steps }) };
    await page.evaluate(
      (job, hasData) => window.startDigits(job, hasData),
      job,
      data !== undefined,
    );
  } finally {
    await browser.close();
    server.close();
    await unlink(script);
  }
}

/** The page, its script, the data files and the run's folder. */
async function answer(options, script, request, response, path) {
  if (path === "/") {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(
      `<!doctype html><title>Renga</title><script type="module" src="/job.js"></script>`,
    );
    return true;
  }
  if (path === "/job.js") {
    response.writeHead(200, { "content-type": "text/javascript" }).end(await readFile(script));
    return true;
  }
  if (await answerData(options.data, response, path)) return true;
  if (!path.startsWith("/workspace/")) return false;
  try {
    await answerWorkspace(options.folder, request, response, path.slice("/workspace/".length));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
  return true;
}

async function answerWorkspace(folder, request, response, path) {
  const file = join(folder, path);
  if (relative(folder, file).startsWith("..")) return void response.writeHead(403).end();
  if (request.method === "GET" && path === "") {
    const prefix = new URL(request.url, "http://x").searchParams.get("prefix") ?? "";
    const entries = await readdir(folder, { recursive: true }).catch(() => []);
    const names = entries.filter((name) => name.startsWith(prefix) && !name.endsWith(".part"));
    const files = names.filter((name) => /\.[a-z]+$/.test(name)).sort();
    return void response.writeHead(200).end(JSON.stringify(files));
  }
  if (request.method === "GET") {
    const bytes = await readFile(file).catch(() => null);
    return void response.writeHead(bytes ? 200 : 404).end(bytes ?? "");
  }
  if (request.method === "DELETE") await rm(file, { force: true });
  else {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    await mkdir(dirname(file), { recursive: true });
    if (request.method === "POST") await appendFile(file, bytes);
    else {
      const handle = await open(`${file}.part`, "w");
      await handle.writeFile(bytes);
      await handle.sync();
      await handle.close();
      await rename(`${file}.part`, file);
    }
  }
  response.writeHead(200).end();
}
