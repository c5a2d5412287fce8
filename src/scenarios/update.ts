// One kind of step of a training run: a loss, and the optimizer that makes it smaller.

import { compile } from "../compile/compile.ts";
import { rehearse } from "../compile/tracing.ts";
import { toTensors } from "../data/batchTensors.ts";
import type { Batch } from "../data/dataLoader.ts";
import { device } from "../gpu/device.ts";
import { GradientTape } from "../ops/gradient.ts";
import { untaped } from "../ops/tape.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Schedule } from "../optimizers/schedules.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Fields, requireFields } from "./fields.ts";
import type { PrepareEvent } from "./trainEvents.ts";

/** Scalars by name; the first is minimised, the others are told. One alone is named by the step. */
export type Losses = Tensor | Readonly<Record<string, Tensor>>;

/** Anything with variables: a module. */
export interface Trainable {
  readonly variables: readonly Variable[];
  readonly trainableVariables: readonly Variable[];
}

/** A function of the inputs with variables: a module. */
export interface TrainableModel extends Trainable {
  (inputs: Tensor): Tensor;
}

/** What a step does with a batch. */
export interface Update {
  readonly loss: (fields: Fields) => Losses;
  readonly optimizer: Optimizer & { learningRate?: number };
  /** Whose trainable variables are changed. */
  readonly model: Trainable | readonly Trainable[];
  /** The learning rate at each step. Default: it stays as it is. */
  readonly schedule?: Schedule | undefined;
  /** What else a step does once the optimizer has: averages, target networks. Of GPU operations alone. */
  readonly after?: (() => void) | undefined;
}

/** The trainable variables of a module or several, of which some may have none. */
export function trainableOf({ model }: Update): readonly Variable[] {
  if ("variables" in model) return model.trainableVariables;
  const learning = model.filter(({ variables }) => variables.some(({ trainable }) => trainable));
  return [...new Set(learning.flatMap((one) => one.trainableVariables))];
}

/** Takes steps of one kind, recorded once and sent again if it may be. */
export class TrainStep {
  readonly update: Update;
  readonly #name: string;
  readonly #isCompiled: boolean;
  #fields: readonly string[] | undefined;
  #compiled: ReturnType<typeof compile<Tensor[], Fields>> | undefined;

  /** @param name  of the loss, where it has none. */
  constructor(name: string, update: Update, isCompiled: boolean) {
    this.#name = name;
    this.update = update;
    this.#isCompiled = isCompiled;
  }

  /** One step; returns the losses before it. */
  take(batch: Batch): Fields {
    const losses = scope(() => this.#run()(...this.#operands(batch)));
    // A replay is sent at once; what runs as it is may still wait for company.
    if (this.#compiled === undefined) device().recorder.flush();
    return losses;
  }

  /** The losses of a batch, and nothing changes. */
  forward(batch: Batch): void {
    untaped(() => scope(() => void this.update.loss(toTensors(batch))));
  }

  /** Makes variables and slots for batches like this one, and compiles pipelines. */
  async warmUp(batch: Batch, report: (event: PrepareEvent) => void): Promise<void> {
    const run = this.#run();
    const operands = this.#operands(batch);
    const tell = (done: number, total: number): void => report({ type: "prepare", done, total });
    const isReady = await (this.#compiled?.prepare(operands, tell) ?? rehearse(run, operands));
    for (const given of operands) given.dispose();
    if (!isReady) this.forward(batch);
    this.prepare();
  }

  /** Makes the optimizer's slots. */
  prepare(): void {
    this.update.optimizer.prepare(trainableOf(this.update));
  }

  close(): void {
    this.#compiled?.dispose();
  }

  #run(): (...operands: Tensor[]) => Fields {
    if (!this.#isCompiled) return (...operands) => this.#step(operands);
    this.#compiled ??= compile((...operands: Tensor[]) => this.#step(operands));
    return this.#compiled;
  }

  #operands(batch: Batch): Tensor[] {
    const tensors = toTensors(batch);
    this.#fields ??= Object.keys(tensors);
    return requireFields("step", tensors, ...this.#fields);
  }

  #step(operands: readonly Tensor[]): Fields {
    const { loss, optimizer, after } = this.update;
    const names = this.#fields ?? [];
    const fields = Object.fromEntries(names.map((name, i) => [name, operands[i] as Tensor]));
    return scope(() => {
      const tape = new GradientTape();
      try {
        const given = loss(fields);
        const losses = given instanceof Tensor ? { [this.#name]: given } : given;
        const first = Object.values(losses)[0] as Tensor;
        const parameters = trainableOf(this.update);
        optimizer.apply(tape.gradient(first, parameters), parameters, first);
        untaped(() => after?.());
        return losses;
      } finally {
        tape.dispose();
      }
    });
  }
}
