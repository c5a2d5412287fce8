// What the user sees of a run: a progress bar, digits, figures, and the files of the run.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import progress from "cli-progress";
import { confusionSvg, curvesSvg } from "./charts.mjs";

/** Shades of a pixel pair, drawn as upper half blocks. */
const RAMP = [232, 236, 240, 244, 248, 252, 255];

/** Shows the events of a run and writes its charts. */
export class Report {
  #options;
  #bar = new progress.SingleBar({
    format: "training {bar} {value}/{total}  loss {loss}  {rate} examples/s  {eta_formatted} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5000,
  });
  #result;
  #startedAt = performance.now();

  constructor(options) {
    this.#options = options;
  }

  handle(event) {
    const { type } = event;
    if (type === "device") console.log(`Running on ${event.runtime}: ${event.adapter}`);
    if (type === "data") console.log(`Data: ${event.train} training and ${event.test} test images`);
    if (type === "start") {
      if (event.step > 0) console.log(`Going on after step ${event.step}`);
      this.#bar.start(event.steps, event.step, { loss: "–", rate: "–" });
    }
    if (type === "step") {
      const rate = Math.round(event.examplesPerSecond);
      this.#bar.update(event.step, { loss: event.loss.toFixed(4), rate });
    }
    if (type === "result") {
      this.#bar.stop();
      this.#result = event;
      this.#showSamples(event.samples);
    }
  }

  /** Writes the charts and says where everything is. */
  async finish() {
    const { folder, host } = this.#options;
    const { accuracy, confusion, gpuBytes } = this.#result;
    const text = await readFile(join(folder, "metrics.jsonl"), "utf8").catch(() => "");
    const log = text
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "curves.svg"), await curvesSvg(log));
    await writeFile(join(folder, "confusion.svg"), await confusionSvg(confusion));
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    console.log(`Test accuracy ${(100 * accuracy).toFixed(2)}% after ${seconds} s on ${host}`);
    console.log(`GPU memory in use at the end: ${(gpuBytes / 2 ** 20).toFixed(1)} MiB`);
    const where = relative(process.cwd(), folder) || ".";
    console.log(`Saved in ${where}: checkpoints/, metrics.jsonl, curves.svg, confusion.svg`);
  }

  #showSamples(samples) {
    const side = Math.sqrt(samples[0].pixels.length);
    const shade = (value) => RAMP[Math.min(RAMP.length - 1, Math.floor(value * RAMP.length))];
    const isColor = process.stdout.isTTY && !process.env.NO_COLOR;
    for (let y = 0; isColor && y < side; y += 2) {
      const cells = samples.flatMap(({ pixels }) => {
        const row = Array.from({ length: side }, (_, x) => {
          const [top, low] = [pixels[y * side + x], pixels[(y + 1) * side + x] ?? 0];
          return `\x1b[38;5;${shade(top)};48;5;${shade(low)}m▀`;
        });
        return [...row, "\x1b[0m "];
      });
      // Four digits fit an 80-column terminal only one after the other: show the first few.
      const columns = Math.max(1, Math.floor((process.stdout.columns ?? 80) / (side + 1)));
      console.log(cells.slice(0, columns * (side + 1)).join(""));
    }
    const verdicts = samples.map(({ label, predicted }) => {
      return predicted === label ? `${label} ✓` : `${label} taken for ${predicted} ✗`;
    });
    console.log(`Some test digits and what the network says: ${verdicts.join("   ")}`);
  }
}
