// A worker of worker.test.ts: numbers with their doubles; a negative one breaks it down.

import { serveDecoder } from "../../src/data/index.ts";

serveDecoder((item: number) => {
  if (item >= 0) return Float32Array.of(item, 2 * item);
  setTimeout(() => {
    throw new Error("broken on purpose");
  });
  return new Promise(() => undefined);
});
