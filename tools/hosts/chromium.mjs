// A Chromium with WebGPU: the one the user names, an installed one, else the packaged one.

import { existsSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer";
import { unpackedFolder } from "./packaged.mjs";
import { ignoreSystem } from "./vulkan.mjs";

const INSTALLED = [
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

const FLAGS = [
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--js-flags=--expose-gc",
];

/** Path of the browser and what its process needs. */
export function findChromium() {
  const named = process.env.CHROME_PATH ?? process.env.PUPPETEER_EXECUTABLE_PATH;
  if (named) return { executablePath: named, env: {} };
  const installed = ignoreSystem ? undefined : INSTALLED.find((path) => existsSync(path));
  if (installed) return { executablePath: installed, env: {} };
  const folder = unpackedFolder();
  const libraries = [join(folder, "lib"), folder, process.env.LD_LIBRARY_PATH];
  return {
    executablePath: join(folder, "chromium"),
    env: { LD_LIBRARY_PATH: libraries.filter(Boolean).join(":") },
  };
}

/**
 * A browser for tests and headless runs. It computes on SwiftShader unless RENGA_GPU=1.
 *
 * @param more  further flags.
 */
export async function launchChromium(more = []) {
  const { executablePath, env } = findChromium();
  const software = process.env.RENGA_GPU === "1" ? [] : ["--use-webgpu-adapter=swiftshader"];
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return puppeteer.launch({
    executablePath,
    headless: true,
    args: [...FLAGS, ...software, ...root, ...more],
    // From the locale C the browser makes a language that its own Intl does not accept.
    env: { ...process.env, LC_ALL: "en_US.UTF-8", ...env },
    protocolTimeout: 3_600_000,
  });
}
