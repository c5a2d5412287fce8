// What replicas run in tests, and the same on one device.

import { type Tensor, type Variable, compile, init, setSeed } from "../../src/index.ts";
import { type Batch, toTensors } from "../../src/data/index.ts";
import {
  messageTransport,
  type MessageTransportOptions,
  Replicator,
  type Transport,
} from "../../src/distribute/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { MLP } from "../../src/nn/index.ts";
import { Momentum } from "../../src/optimizers/index.ts";

const STEPS = 3;

/** Losses by step, and all parameters after the last. */
export interface Trained {
  readonly losses: number[];
  readonly values: number[];
}

/** The batch of a step: eight examples of three features and two classes. */
function batchOf(step: number): Batch {
  const inputs = Float32Array.from({ length: 24 }, (_, i) => Math.sin(7 * i + 5 * step));
  const labels = Int32Array.from({ length: 8 }, (_, i) => (i + step) % 2);
  return {
    inputs: { dtype: "f32", shape: [8, 3], data: inputs },
    labels: { dtype: "i32", shape: [8], data: labels },
  };
}

const operandsOf = (batch: Batch): [Tensor, Tensor] => {
  const { inputs, labels } = toTensors(batch);
  return [inputs as Tensor, labels as Tensor];
};

const rateOf = (step: number): number => 0.5 / (step + 1);

function parts(): { model: MLP; optimizer: Momentum; loss: (x: Tensor, y: Tensor) => Tensor } {
  const model = new MLP([4, 2]);
  const optimizer = new Momentum({ learningRate: 0.5, momentum: 0.9, clipGlobalNorm: 0.4 });
  return { model, optimizer, loss: (x, y) => crossEntropy(model(x), y) };
}

async function valuesOf(variables: readonly Variable[]): Promise<number[]> {
  const lists = await Promise.all(variables.map((variable) => variable.data()));
  return lists.flatMap((list) => [...list]);
}

/** Steps with whole batches, from the values of seed 1. */
export async function trainWhole(): Promise<Trained> {
  setSeed(1);
  const { model, optimizer, loss } = parts();
  const step = compile((x: Tensor, y: Tensor) => optimizer.minimize(() => loss(x, y), model));
  const losses: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    optimizer.learningRate = rateOf(i);
    losses.push(await step(...operandsOf(batchOf(i))).item());
  }
  step.dispose();
  return { losses, values: await valuesOf(model.variables) };
}

/** The same as one of several replicas, each of which would begin elsewhere. */
export async function trainReplica(transport: Transport, isCompiled: boolean): Promise<Trained> {
  const replicator = new Replicator(transport);
  return replicator.run(async () => {
    setSeed(1 + replicator.rank);
    const { model, optimizer, loss } = parts();
    model(...(operandsOf(batchOf(0)).slice(0, 1) as [Tensor]));
    await replicator.broadcast(model.variables);
    const compiled = replicator.compileStep(optimizer, loss, model);
    const losses: number[] = [];
    for (let i = 0; i < STEPS; i++) {
      optimizer.learningRate = rateOf(i);
      const [x, y] = operandsOf(replicator.partOf(batchOf(i)));
      const step = isCompiled
        ? compiled(x, y)
        : replicator.minimize(optimizer, () => loss(x, y), model);
      losses.push(await step);
    }
    compiled.dispose();
    return { losses, values: await valuesOf(model.variables) };
  });
}

/** What a worker is told. */
export interface WorkerJob extends MessageTransportOptions {
  /** Its own ports, or the name of a channel. */
  readonly ports?: readonly MessagePort[];
  readonly channel?: string;
  /** Ends without a word once all replicas are there. */
  readonly dies?: boolean;
}

/** A worker's part: what it has trained. @param die  ends the worker at once. */
export async function work(job: WorkerJob, die?: () => void): Promise<Trained> {
  const { ports, channel = "", dies = false, ...options } = job;
  await init();
  const endpoints = ports ?? [new BroadcastChannel(channel)];
  const transport = messageTransport(endpoints, options);
  try {
    if (dies) await new Replicator(transport).broadcast([]).then(die);
    return await trainReplica(transport, true);
  } finally {
    for (const endpoint of endpoints) endpoint.close();
  }
}
