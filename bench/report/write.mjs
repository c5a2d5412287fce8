// Writes what a run found: bench/RESULTS.md and bench/results.svg.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts/bundle.mjs";
import { chart } from "./chart.mjs";
import { markdown } from "./markdown.mjs";

export async function writeReport(results) {
  const [text, picture] = ["RESULTS.md", "results.svg"].map((name) => join(root, "bench", name));
  const svg = await chart(results);
  if (svg === undefined) rmSync(picture, { force: true });
  else writeFileSync(picture, svg);
  writeFileSync(text, markdown(results, { hasChart: svg !== undefined }));
  console.log(text);
}
