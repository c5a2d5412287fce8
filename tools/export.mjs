// npm run export: the command `renga export` on the sources, with networks in TypeScript.
//
//   npm run export -- runs/images --net examples/images/net.ts#ConvNet --input f32[1,28,28] --format onnx

import { mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { bundle, cache, root } from "./hosts/bundle.mjs";
import { exitCode, spawnNode } from "./hosts/processes.mjs";

const args = process.argv.slice(2);
const at = args.indexOf("--net");
const [net] = (at < 0 ? "" : (args[at + 1] ?? "")).split("#");
const load = net === "" ? "() => ({})" : `() => import(${JSON.stringify(resolve(net))})`;
mkdirSync(cache, { recursive: true });
const entry = join(cache, `export-${process.pid}.ts`);
const from = (path) => JSON.stringify(join(root, path));
writeFileSync(
  entry,
  `import * as renga from ${from("src/index.ts")};
import * as cli from ${from("src/cli/index.ts")};
import * as workspace from ${from("src/workspace/index.ts")};
import { runCommand } from ${from("bin/command.mjs")};
await runCommand({ ...renga, ...workspace, ...cli }, ${load});
`,
);
const file = await bundle(relative(root, entry), "node");
process.exitCode = await exitCode(spawnNode([file, "export", ...args]));
for (const path of [entry, file]) unlinkSync(path);
