// bench/RESULTS.md from the results of a run.

import { LIBRARIES } from "../libraries.mjs";
import { goalTable } from "./goals.mjs";
import {
  callTable,
  coldTable,
  kernelTable,
  loggedTable,
  markdownTable,
  memoryTable,
  readTable,
  scriptTable,
  sizeTable,
  stepTable,
} from "./tables.mjs";

function libraryTable(results) {
  const rows = Object.entries(results.libraries).map(([name, about]) => {
    const { version, adapter = "", adapterClass, error } = about;
    const where = error === undefined ? adapter : `${adapter} failed: ${error}`.trim();
    return [LIBRARIES[name].title, version, adapterClass ? `${where}, ${adapterClass}` : where];
  });
  return markdownTable(["", "version", "adapter"], rows);
}

/** When each group was measured, if that was in several runs. */
function runTable({ groups, when }) {
  const entries = Object.entries(groups);
  if (entries.every(([, group]) => group.when >= when)) return undefined;
  const rows = entries.map(([name, group]) => {
    return [
      name,
      `${group.when.slice(0, 10)} ${group.when.slice(11, 16)} UTC`,
      group.version ?? "",
    ];
  });
  return markdownTable(["group", "measured", "Renga"], rows);
}

/** Whether all that ran computed the same, in one sentence; undefined without checks. */
function agreement(results) {
  const records = Object.values(results.rows).flatMap((row) => Object.values(row));
  const checked = records.filter(({ difference }) => difference !== undefined);
  if (checked.length === 0) return undefined;
  const agreeing = checked.filter(({ agrees }) => agrees).length;
  const largest = Math.max(...checked.filter(({ agrees }) => agrees).map((one) => one.difference));
  return (
    `Before timing, first losses and outputs were compared with those of the first library: ` +
    `${agreeing} of ${checked.length} agree, the furthest within ${largest.toExponential(1)}.`
  );
}

const SECTIONS = [
  ["Goals", goalTable],
  ["Training steps", stepTable],
  ["Kernels", kernelTable],
  ["JavaScript", scriptTable],
  ["WebGPU calls", callTable],
  ["Memory", memoryTable],
  ["Cold start", coldTable],
  ["A sum to the host", readTable],
  ["Logging", loggedTable],
  ["Size", sizeTable],
];

const list = (items) => items.map((item) => `- ${item}`).join("\n");

/** The whole report. */
export function markdown(results, { hasChart }) {
  const { when, command, runtime, machine, failures } = results;
  const [date, clock] = [when.slice(0, 10), when.slice(11, 16)];
  const about =
    `\`${command}\` on ${date} at ${clock} UTC: ${[runtime, machine].filter(Boolean).join(" on ")}. Medians of interleaved ` +
    `rounds; only ratios hold on other machines. Raw WebGPU is a program written by hand for ` +
    `these shapes, with prebuilt bind groups in one pass: a good one, not a bound. Best peer: the ` +
    `fastest of jax-js, TF.js and onnxruntime-web on WebGPU.`;
  const sections = SECTIONS.map(([title, table]) => [title, table(results)])
    .filter(([, text]) => text !== undefined)
    .flatMap(([title, text]) => [`## ${title}`, text]);
  const parts = [
    "# Results",
    about,
    agreement(results),
    libraryTable(results),
    runTable(results),
    hasChart ? "![Times in multiples of raw WebGPU's](results.svg)" : undefined,
    ...sections,
    ...(failures.length > 0 ? ["## What failed", list(failures.map(({ text }) => text))] : []),
  ];
  return `${parts.filter((part) => part !== undefined).join("\n\n")}\n`;
}
