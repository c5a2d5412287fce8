// The command `renga export`: options, files and messages around what renga/cli does.

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const help = (formats) => `Usage: renga export RUN --format ${formats.join("|")} [options]

Writes the network of a run, with the values of its newest checkpoint, for others to read.

  --net FILE#NAME  the network: a module, its class or a function that makes it, by its export's
                   name (default: "default"); not for safetensors
  --input SHAPE    an example of an input, such as f32[1,28,28]; once for each
  --call JSON      what the network is called with behind its inputs, such as {"isTraining":false}
  --group NAME     what the run calls the network; default: model
  --weights KIND   f32 (default), f16 or int8
  --out FILE       default: RUN/GROUP.FORMAT; a standalone module has two files, which end in
                   .mjs and .bin
  --help           this text
`;

function readOptions() {
  return parseArgs({
    allowPositionals: true,
    options: {
      format: { type: "string" },
      net: { type: "string" },
      input: { type: "string", multiple: true, default: [] },
      call: { type: "string" },
      group: { type: "string", default: "model" },
      weights: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
}

/**
 * Runs the command and gives its exit code.
 *
 * @param library  what renga, renga/workspace and renga/cli export.
 * @param load     imports the file of a network.
 */
async function main(library, load) {
  const { values, positionals } = readOptions();
  const [command, run] = positionals;
  if (values.help || command !== "export" || run === undefined || values.format === undefined) {
    console.log(help(library.FORMATS));
    return values.help ? 0 : 2;
  }
  await library.init();
  const { group, net, weights } = values;
  const [file, name = "default"] = (net ?? "").split("#");
  const last = values.call === undefined ? [] : [JSON.parse(values.call)];
  const files = await library.exportRun({
    workspace: new library.FileWorkspace(resolve(run)),
    format: values.format,
    group,
    example: [...values.input.map(library.exampleOf), ...last],
    ...(net !== undefined && { net: library.netOf(await load(file), name) }),
    ...(weights !== undefined && { weights }),
  });
  for (const [end, bytes] of Object.entries(files)) {
    const isOnly = Object.keys(files).length === 1;
    const out = values.out ?? resolve(run, isOnly ? `${group}.${end}` : group);
    const path = isOnly ? out : `${out}.${end}`;
    writeFileSync(path, bytes);
    console.log(`${path}: ${bytes.length} bytes`);
  }
  library.destroyDevice();
  return 0;
}

/** Runs the command; what a user can put right ends it with a line. */
export async function runCommand(library, load) {
  try {
    process.exitCode = await main(library, load);
  } catch (error) {
    const isForUsers = error instanceof library.RengaError || error instanceof SyntaxError;
    if (!isForUsers && error?.code === undefined) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
