// The browser and the software Vulkan driver that npm packages carry, unpacked once per user.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

function packageFolder() {
  let folder = dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium")));
  while (!existsSync(join(folder, "bin"))) folder = dirname(folder);
  return folder;
}

function unpackTar(archive, folder) {
  execFileSync("tar", ["-x", "-C", folder], { input: brotliDecompressSync(readFileSync(archive)) });
}

/**
 * The folder with `chromium`, `lib/` (what it links to) and SwiftShader. Several processes may ask
 * at once: each unpacks into a folder of its own, and one rename wins.
 */
export function unpackedFolder() {
  const from = packageFolder();
  const { version } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
  const folder = join(tmpdir(), `renga-hosts-${version}-${userInfo().uid}`);
  if (existsSync(join(folder, "chromium"))) return folder;
  const fresh = mkdtempSync(`${folder}-`);
  unpackTar(join(from, "bin/swiftshader.tar.br"), fresh);
  unpackTar(join(from, "bin/al2023.tar.br"), fresh);
  const browser = join(fresh, "chromium");
  writeFileSync(browser, brotliDecompressSync(readFileSync(join(from, "bin/chromium.br"))));
  chmodSync(browser, 0o755);
  try {
    renameSync(fresh, folder);
  } catch {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
