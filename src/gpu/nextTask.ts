// Giving way to the host's other tasks: frames of a page, timers, promises of the GPU.

/** Resolves in a task of its own, after those that wait already; promises alone let none of them in. */
export function nextTask(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => void };
  if (setImmediate !== undefined) return new Promise((resolve) => setImmediate(resolve));
  // Timers of pages wait 4 ms; messages do not.
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
