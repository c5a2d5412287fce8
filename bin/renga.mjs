#!/usr/bin/env node
// The command `renga` of the installed package, on Node.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as renga from "../dist/index.js";
import * as cli from "../dist/cli/index.js";
import * as workspace from "../dist/workspace/index.js";
import { runCommand } from "./command.mjs";

await runCommand({ ...renga, ...workspace, ...cli }, (file) => {
  return import(pathToFileURL(resolve(file)).href);
});
