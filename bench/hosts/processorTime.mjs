// Processor time of processes from Linux's /proc: it hardly changes when others load the machine.

import { existsSync, readFileSync, readdirSync } from "node:fs";

const read = (path) => readFileSync(path, "utf8");

/** Processor time of all threads of a process so far, in milliseconds; undefined where unknown. */
export function processorTime(pid) {
  const folder = `/proc/${pid}/task`;
  if (pid === undefined || !existsSync(folder)) return undefined;
  let total = 0;
  for (const thread of readdirSync(folder)) {
    try {
      total += Number(read(`${folder}/${thread}/schedstat`).split(" ")[0]) / 1e6;
    } catch {
      // The thread has just ended.
    }
  }
  return total;
}

/** The process with `text` in its command line among the descendants of `pid`. */
export function findDescendant(pid, text) {
  if (!existsSync(`/proc/${pid}`)) return undefined;
  for (const child of childrenOf(pid)) {
    try {
      if (read(`/proc/${child}/cmdline`).includes(text)) return child;
    } catch {
      continue; // it has just ended
    }
    const found = findDescendant(child, text);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childrenOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`));
    return lists.join(" ").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
