// Reports of a callback as they come, for generators.

/**
 * Yields what `work` reports while it runs, and returns its result.
 *
 * @throws what `work` throws, after its reports.
 */
export async function* reported<Report, Result>(
  work: (report: (one: Report) => void) => Promise<Result>,
): AsyncGenerator<Report, Result> {
  const waiting: Report[] = [];
  let wake = (): void => undefined;
  let isDone = false;
  const done = (): void => {
    isDone = true;
    wake();
  };
  const result = work((one) => {
    waiting.push(one);
    wake();
  });
  result.then(done, done);
  while (!isDone || waiting.length > 0) {
    const next = waiting.shift();
    if (next !== undefined) yield next;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  return result;
}
