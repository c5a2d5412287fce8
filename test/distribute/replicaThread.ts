// A replica in a thread of Node.

import { parentPort, workerData } from "node:worker_threads";
import { destroyDevice } from "../../src/index.ts";
import { type WorkerJob, work } from "./program.ts";

const answer = await work(workerData as WorkerJob, () => process.exit(0)).then(
  (trained) => ({ trained }),
  (error: unknown) => ({ error: String(error) }),
);
parentPort?.postMessage(answer);
destroyDevice();
