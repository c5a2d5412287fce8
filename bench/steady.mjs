// npm run bench:steady: does a long run grow? Prints GPU memory and heap every 250 steps.

import { unlinkSync } from "node:fs";
import { bundle } from "../tools/hosts/bundle.mjs";
import { exitCode, spawnNode } from "../tools/hosts/processes.mjs";

const script = await bundle("bench/steadySteps.ts", "node");
process.exitCode = await exitCode(spawnNode(["--expose-gc", script]));
unlinkSync(script);
