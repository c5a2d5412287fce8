// A worker of opfsWorkspace.test.ts: reads what the page wrote, and writes as in a browser whose files
// have no writables.

import { OpfsWorkspace } from "../../src/workspace/index.ts";

Reflect.deleteProperty(FileSystemFileHandle.prototype, "createWritable");

addEventListener("message", ({ data }: MessageEvent<string>) => {
  void answer(new OpfsWorkspace(data));
});

async function answer(workspace: OpfsWorkspace): Promise<void> {
  const encoder = new TextEncoder();
  await workspace.write("worker", encoder.encode("first, and very long"));
  await workspace.write("worker", encoder.encode("second"));
  await workspace.append("worker", encoder.encode(", and more"));
  postMessage(new TextDecoder().decode((await workspace.read("page")) ?? undefined));
}
