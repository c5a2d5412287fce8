// docs/write-a-scenario.md quotes files that run.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const doc = readFileSync(join(root, "docs/write-a-scenario.md"), "utf8");

/** A file as a user of the package would write it. */
function published(path: string): string {
  return readFileSync(join(root, path), "utf8").replace(
    /"\.\.\/\.\.\/src\/(?:(\w+)\/)?index\.ts"/g,
    (_, folder?: string) => (folder === undefined ? '"renga"' : `"renga/${folder}"`),
  );
}

test.each(["mutualTrain.ts", "main.ts"])("the page has %s as it is", (file) => {
  const code = published(`examples/ownScenario/${file}`);
  expect(code).not.toContain("src/");
  expect(doc).toContain(`\`\`\`ts\n${code}\`\`\`\n`);
  expect(code.split("\n").length).toBeLessThan(60);
});
