// npm run reference: the API reference in docs/reference, by TypeDoc; warnings are errors. TypeDoc comes
// with the TypeScript that it works with, in a folder of its own.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { root } from "./hosts/bundle.mjs";
import { exitCode, spawnNode } from "./hosts/processes.mjs";

const folder = join(root, "tools/reference");
const typedoc = join(folder, "node_modules/typedoc/bin/typedoc");
let code = 0;
if (!existsSync(typedoc)) {
  code = await exitCode(spawn("npm", ["ci"], { cwd: folder, stdio: "inherit", shell: true }));
}
code ||= await exitCode(spawnNode([join(root, "tools/shaders.mjs")]));
code ||= await exitCode(spawnNode([typedoc, "--options", join(folder, "typedoc.json")]));
process.exitCode = code;
