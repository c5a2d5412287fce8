// npm run bench:pack: one archive that runs the bench of kernels and training steps on any x86-64 Linux
// machine with a Vulkan driver: Node, Dawn, one script and run.sh.
//
//   tar -xzf renga-bench-linux-x64.tar.gz && renga-bench/run.sh

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { cache, root } from "../tools/hosts/bundle.mjs";
import { unpackedFolder } from "../tools/hosts/packaged.mjs";
import { bundleOptions, versionOf } from "./libraries.mjs";

const LARGEST = 64e6;

if (process.platform !== "linux" || process.arch !== "x64") {
  const got = `${process.platform} ${process.arch}`;
  console.error(
    `bench:pack: must run on x86-64 Linux, whose Node goes into the archive. Got ${got}.`,
  );
  process.exit(2);
}

const folder = join(cache, "renga-bench");
const archive = join(cache, "renga-bench-linux-x64.tar.gz");

/** The C++ libraries that Node links to, as the system finds them. */
function standardLibraries() {
  const lines = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  const paths = [...lines.matchAll(/=> (\S*\/lib(?:stdc\+\+|gcc_s)\.so\S*)/g)];
  return paths.map(([, path]) => path);
}

function copy(from, to) {
  mkdirSync(join(folder, to, ".."), { recursive: true });
  cpSync(from, join(folder, to), { dereference: true });
}

const dawn = join(root, "node_modules/webgpu");
const { version: dawnVersion } = JSON.parse(readFileSync(join(dawn, "package.json"), "utf8"));
const versions = { renga: versionOf("renga-eager"), node: process.version, dawn: dawnVersion };

rmSync(folder, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, "tools/build.mjs")], { stdio: "inherit" });
await build({
  ...bundleOptions,
  entryPoints: [join(root, "bench/pack/main.mjs")],
  outfile: join(folder, "bench.mjs"),
  define: { PACK_VERSIONS: JSON.stringify(versions) },
});
copy(process.execPath, "node");
copy(join(dawn, "dist/linux-x64/dawn.node"), "dawn.node");
copy(join(dawn, "LICENSE.md"), "LICENSE.dawn.md");
copy(join(root, "LICENSE"), "LICENSE");
copy(join(root, "bench/pack/run.sh"), "run.sh");
chmodSync(join(folder, "run.sh"), 0o755);
for (const path of standardLibraries()) copy(path, join("lib/standard", basename(path)));
const loader = join(unpackedFolder(), "libvulkan.so.1");
if (existsSync(loader)) copy(loader, "lib/vulkan/libvulkan.so.1");

execFileSync("tar", ["-czf", archive, "-C", cache, basename(folder)]);
const { size } = statSync(archive);
console.log(`${archive}: ${(size / 1e6).toFixed(1)} MB`);
if (size > LARGEST) {
  console.error(`bench:pack: the archive must be at most ${LARGEST / 1e6} MB.`);
  process.exitCode = 1;
}
