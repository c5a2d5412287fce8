// Replicas in two workers of a page or of Deno, each with a device of its own.

import { describe, expect, test } from "vitest";
import {
  Replicator,
  type Transport,
  messageTransport,
  portMesh,
} from "../../src/distribute/index.ts";
import { detectRuntime } from "../../src/gpu/adapter.ts";
import { tensor } from "../../src/index.ts";
import { type Trained, type WorkerJob, trainWhole } from "./program.ts";

type Answer = { readonly trained: Trained } | { readonly error: string };

/** What a worker answers with its job. */
function start(job: WorkerJob): Promise<Answer> {
  const worker = new Worker(new URL("./replicaWorker.ts", import.meta.url), { type: "module" });
  return new Promise<Answer>((resolve, reject) => {
    worker.addEventListener("message", (event) => resolve(event.data as Answer));
    worker.addEventListener("error", (event) => reject(new Error(event.message)));
    worker.postMessage(job, [...(job.ports ?? [])]);
  }).finally(() => worker.terminate());
}

// Node has threads instead: workers.node.test.ts.
describe.skipIf(detectRuntime() === "node")("replicas in workers", () => {
  test("learn as one, over a channel", async () => {
    const jobs = [0, 1].map((rank) => start({ rank, size: 2, channel: "renga-test" }));
    const [a, b] = await Promise.all(jobs);
    expect(a).toEqual(b);
    const { losses, values } = await trainWhole();
    const near = (list: readonly number[]) => list.map((x) => expect.closeTo(x, 6));
    expect(a).toEqual({ trained: { losses: near(losses), values: near(values) } });
  });
});

describe("messageTransport", () => {
  const close = (endpoints: readonly { close(): void }[]): void => {
    for (const endpoint of endpoints) endpoint.close();
  };

  test("waits for replicas that come later, and leaves strange messages alone", async () => {
    const mesh = portMesh(3);
    const join = async (rank: number): Promise<number> => {
      const transport = messageTransport(mesh[rank] as MessagePort[], { rank, size: 3 });
      mesh[rank]?.[0]?.postMessage("nothing to do with it");
      const [sum] = await new Replicator(transport).allReduce("sum", [tensor(rank + 1)]);
      return (sum as typeof sum & object).item();
    };
    const early = [join(0), join(1)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await Promise.all([...early, join(2)])).toEqual([6, 6, 6]);
    close(mesh.flat());
  });

  test("tells the others why one has left", async () => {
    const mesh = portMesh(2);
    const [a, b] = mesh.map((ports, rank) => {
      return new Replicator(messageTransport(ports, { rank, size: 2 }));
    }) as [Replicator, Replicator];
    const runs = [a.broadcast([]), b.run(() => Promise.reject(new Error("out of luck")))];
    const [first] = await Promise.allSettled(runs);
    expect(String((first as PromiseRejectedResult).reason)).toMatch(/replica 1 gone: out of luck/);
    close(mesh.flat());
  });

  test("refuses two of one rank", async () => {
    const channels = [0, 1].map(() => new BroadcastChannel("renga-ranks"));
    const [a] = channels.map((channel) => messageTransport([channel], { rank: 0, size: 2 }));
    await expect(new Replicator(a as Transport).broadcast([])).rejects.toThrow(
      /replicas must have a rank each. Got rank 0 of 2 beside rank 0 of 2/,
    );
    close(channels);
    const options = { rank: 2, size: 2 };
    expect(() => messageTransport([], options)).toThrow(/ranks must be whole numbers/);
  });
});
