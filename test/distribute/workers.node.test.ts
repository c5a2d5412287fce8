// Replicas in two threads, each with a device of its own.

import { unlinkSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Replicator, messageTransport, portMesh } from "../../src/distribute/index.ts";
import { type Trained, type WorkerJob, trainWhole } from "./program.ts";
// @ts-expect-error build scripts have no types
import * as bundles from "../../tools/hosts/bundle.mjs";

type Answer = { readonly trained: Trained } | { readonly error: string };

let script = "";

beforeAll(async () => {
  const { bundle } = bundles as { bundle: (entry: string, platform: string) => Promise<string> };
  script = await bundle("test/distribute/replicaThread.ts", "node");
});

afterAll(() => unlinkSync(script));

/** What a thread answers with its job. */
function start(job: WorkerJob): Promise<Answer> {
  const transferList = [...(job.ports ?? [])] as never[];
  const worker = new Worker(script, { workerData: job, transferList });
  return new Promise((resolve, reject) => {
    worker.on("message", resolve);
    worker.on("error", reject);
  });
}

describe("replicas in threads", () => {
  test("learn as one, over a channel", async () => {
    const jobs = [0, 1].map((rank) => start({ rank, size: 2, channel: "renga-test" }));
    const [a, b] = await Promise.all(jobs);
    expect(a).toEqual(b);
    const { losses, values } = await trainWhole();
    const near = (list: readonly number[]) => list.map((x) => expect.closeTo(x, 6));
    expect(a).toEqual({ trained: { losses: near(losses), values: near(values) } });
  });

  test("hear of one that dies, over a port", async () => {
    const [[port], ports] = portMesh(2) as [MessagePort[], MessagePort[]];
    void start({ rank: 1, size: 2, ports, dies: true });
    const transport = messageTransport([port as MessagePort], { rank: 0, size: 2 });
    const replicator = new Replicator(transport);
    await replicator.broadcast([]);
    await expect(replicator.broadcast([])).rejects.toThrow(
      /every replica must take part. Got replica 1 gone: its port was closed/,
    );
  });
});
