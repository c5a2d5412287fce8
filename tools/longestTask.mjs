// How long a page keeps its main thread at most, from a trace of the browser.

/**
 * The longest task of a page's main thread while something is done, in milliseconds: what it took of a
 * processor, and by the clock, which runs on while other programs have the processor.
 *
 * @returns {Promise<{ processor: number, clock: number }>}
 */
export async function longestTask(page, work) {
  await page.tracing.start({ categories: ["toplevel"] });
  let trace;
  try {
    await work();
  } finally {
    trace = await page.tracing.stop();
  }
  const { traceEvents } = JSON.parse(Buffer.from(trace).toString());
  const threadOf = ({ pid, tid }) => `${pid}/${tid}`;
  const isMain = ({ name, args }) => name === "thread_name" && args.name === "CrRendererMain";
  const main = new Set(traceEvents.filter(isMain).map(threadOf));
  const tasks = traceEvents.filter(
    (event) => event.tdur !== undefined && main.has(threadOf(event)),
  );
  const longest = (key) => tasks.reduce((most, task) => Math.max(most, task[key] / 1000), 0);
  return { processor: longest("tdur"), clock: longest("dur") };
}
