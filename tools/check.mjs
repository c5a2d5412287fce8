// npm run check: shaders, types, lint, format, build and the rules of the house. Stops at the first
// that fails. `--skip rules` leaves one out.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./hosts/bundle.mjs";
import { exitCode, spawnNode } from "./hosts/processes.mjs";

const bin = (path) => join(root, "node_modules", path);

const STEPS = [
  ["shaders", join(root, "tools/shaders.mjs")],
  ["types", bin("typescript/bin/tsc"), "--noEmit"],
  ["lint", bin("oxlint/bin/oxlint"), "--type-aware", "src", "test", "tools", "bench", "examples"],
  ["format", bin("prettier/bin/prettier.cjs"), "--check", ".", "--log-level", "warn"],
  ["rules", bin("vitest/vitest.mjs"), "run", "test/architecture"],
  ["build", join(root, "tools/build.mjs")],
];

const { values } = parseArgs({ options: { skip: { type: "string", multiple: true } } });
for (const [name, ...args] of STEPS) {
  if (values.skip?.includes(name)) continue;
  const started = performance.now();
  const code = await exitCode(spawnNode(args, { cwd: root }));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}: ${code === 0 ? "ok" : "failed"} (${seconds} s)`);
  if (code !== 0) process.exit(1);
}
