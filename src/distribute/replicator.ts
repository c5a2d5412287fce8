// Data parallelism: replicas of a model, each on a device of its own, that train as one.

import { DataError, DtypeError, UsageError } from "../errors.ts";
import type { Batch } from "../data/dataLoader.ts";
import { sliceRows } from "../data/hostArray.ts";
import { assign } from "../ops/assign.ts";
import { tensor } from "../ops/creation.ts";
import type { VariableSource } from "../ops/gradient.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { type DType, isFloat } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { compiledHalves, halves, takeStep } from "./dataParallel.ts";
import { encodeParcel, openParcels } from "./parcel.ts";
import { type Numbers, type Reduction, reduceOver } from "./reduction.ts";
import type { Transport } from "./transport.ts";

/** A step of all replicas, compiled. */
export interface DataParallelStep<Args extends readonly unknown[]> {
  /** Takes a step on this replica's part of the batch. @returns the mean loss of all replicas before it. */
  (...args: Args): Promise<number>;
  /** Forgets its captures and frees their memory. */
  dispose(): void;
}

/** What `data()` gives for each dtype. */
const HOST_ARRAYS = {
  f32: Float32Array,
  f16: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
} as const;

const describe = (tensors: readonly Tensor[]): string =>
  tensors.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(" ");

/**
 * One of several replicas of a model that learn as one: each runs the same program on its own device, in a
 * worker, page or process of its own, on its own part of every batch; gradients are averaged in the order of
 * the ranks, so that all take the same step to the bit.
 *
 *     const replicator = new Replicator(transport);
 *     await replicator.run(async () => {
 *       model(x);
 *       await replicator.broadcast(model.variables);            // all begin where rank 0 does
 *       const step = replicator.compileStep(optimizer, (x, y) => crossEntropy(model(x), y), model);
 *       for await (const batch of data) {
 *         const { inputs, labels } = toTensors(replicator.partOf(batch));
 *         await step(inputs, labels);
 *       }
 *     });
 *
 * With losses that are means, and parts of one size, that is training on the whole batch. Everything that
 * waits for other replicas must be called by all of them, in the same order. If one fails, the others get a
 * `ReplicaError` with its message.
 *
 * @see Dean et al. 2012, Large Scale Distributed Deep Networks; Goyal et al. 2017.
 */
export class Replicator {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** This replica's number, from 0. */
  get rank(): number {
    return this.#transport.rank;
  }

  /** How many replicas there are. */
  get size(): number {
    return this.#transport.size;
  }

  /** Runs this replica's program. If it throws, this replica leaves, and the others hear why. */
  async run<T>(program: (replicator: this) => T | Promise<T>): Promise<T> {
    try {
      return await program(this);
    } catch (error) {
      this.#transport.close(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /**
   * Tensors reduced element by element with those of all replicas, in the order of the ranks.
   *
   * @param how      "mean" of floats; "sum", "max" or "min" of numbers.
   * @param tensors  as many of the same shapes and dtypes on every replica.
   * @returns        new tensors, the same to the bit on every replica.
   * @throws {DtypeError} for a mean of integers, and for bools.
   * @throws {ReplicaError} if another replica brings other tensors, or is gone.
   */
  allReduce(how: Reduction, tensors: readonly Tensor[]): Promise<Tensor[]> {
    return this.run(async () => {
      for (const { dtype } of tensors) requireReducible(how, dtype);
      const arrays = (await Promise.all(tensors.map((x) => x.data()))) as Numbers[];
      const label = `${how} of ${describe(tensors)}`;
      const reduced = await reduceOver(this.#transport, label, how, arrays);
      return tensors.map(({ shape, dtype }, i) => tensor(reduced[i] as Numbers, { shape, dtype }));
    });
  }

  /**
   * Gives variables the values that they have on one replica: all others' begin there, and statistics that each
   * replica gathered by itself, such as those of batch norm, become those of one.
   *
   * @param from  rank of that replica. Default 0.
   * @throws {ReplicaError} if another replica's variables have other shapes, or one is gone.
   */
  broadcast(variables: readonly Variable[], { from = 0 }: { from?: number } = {}): Promise<void> {
    return this.run(async () => {
      if (!(Number.isInteger(from) && from >= 0 && from < this.size)) {
        const got = `${from} of ${this.size} replicas`;
        throw new UsageError("broadcast", "from must be a rank", { got });
      }
      const own = from === this.rank ? variables : [];
      const arrays = await Promise.all(own.map((one) => one.data()));
      const parcel = encodeParcel(`values of ${from} for ${describe(variables)}`, arrays);
      const parcels = await this.#transport.exchange(parcel);
      const bytes = openParcels(parcels, this.rank)[from] as ArrayBuffer;
      if (from !== this.rank) assignAll(variables, bytes);
    });
  }

  /**
   * One step of all replicas: gradients of `loss` on each, their mean, and `optimizer` with it.
   *
   * @param loss       of this replica's part of the batch: a mean over it.
   * @param variables  as for `Optimizer.minimize`, the same on all replicas.
   * @returns          the mean loss of all replicas before the step.
   * @throws {ReplicaError} if another replica has other variables, or is gone; no variable has changed then.
   */
  minimize(optimizer: Optimizer, loss: () => Tensor, variables: VariableSource): Promise<number> {
    const parts = { transport: this.#transport, optimizer, loss, variables };
    return this.run(() => takeStep(parts, halves(parts), []));
  }

  /**
   * `minimize` as a function of what changes from step to step, with the commands before and after the exchange
   * recorded by `compile`. The optimizer's learning rate may change in between.
   */
  compileStep<Args extends readonly unknown[]>(
    optimizer: Optimizer,
    loss: (...args: Args) => Tensor,
    variables: VariableSource,
  ): DataParallelStep<Args> {
    const parts = { transport: this.#transport, optimizer, loss, variables };
    const compiled = compiledHalves(parts);
    const step = (...args: Args): Promise<number> => {
      return this.run(() => takeStep(parts, compiled, args));
    };
    return Object.assign(step, { dispose: () => compiled.dispose() });
  }

  /**
   * This replica's rows of a batch, sharing its memory: of each field as many as every other one's.
   *
   * @throws {DataError} unless the batch can be parted so.
   */
  partOf(batch: Batch): Batch {
    const entries = Object.entries(batch).map(([name, array]) => {
      const rows = (array.shape[0] ?? 0) / this.size;
      if (Number.isInteger(rows) && rows > 0) {
        return [name, sliceRows(array, this.rank * rows, (this.rank + 1) * rows)] as const;
      }
      throw new DataError("partOf", "a batch must have as many examples for each replica", {
        got: `${array.shape[0]} in ${name} for ${this.size} replicas`,
        remedy: "Choose another batchSize, and dropLast: true.",
      });
    });
    return Object.fromEntries(entries);
  }

  /** Leaves. What other replicas still wait for fails. */
  close(): void {
    this.#transport.close();
  }
}

/** @throws {DtypeError} if elements of the dtype cannot be reduced so. */
function requireReducible(how: Reduction, dtype: DType): void {
  if (how === "mean" ? isFloat(dtype) : dtype !== "bool") return;
  throw new DtypeError("allReduce", how === "mean" ? "a mean is of floats" : "bools have no sum", {
    got: dtype,
    remedy: 'Cast first: x.cast("f32").',
  });
}

/** Gives variables the values that lie in `bytes` as `broadcast` sends them. */
function assignAll(variables: readonly Variable[], bytes: ArrayBuffer): void {
  scope(() => {
    let at = 0;
    for (const variable of variables) {
      const { size, dtype, shape } = variable;
      const Kind = HOST_ARRAYS[dtype];
      assign(variable, tensor(new Kind(bytes, at, size), { shape, dtype }));
      at += Math.ceil((size * Kind.BYTES_PER_ELEMENT) / 4) * 4;
    }
  });
}
