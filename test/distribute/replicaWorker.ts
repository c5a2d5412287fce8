// A replica in a web worker.

import { type WorkerJob, work } from "./program.ts";

const scope = globalThis as unknown as Worker;
scope.addEventListener("message", (event: MessageEvent<WorkerJob>) => {
  work(event.data).then(
    (trained) => scope.postMessage({ trained }),
    (error: unknown) => scope.postMessage({ error: String(error) }),
  );
});
