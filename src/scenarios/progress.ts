// Losses of a running loop, read while it goes on. Bounds how far the host runs ahead of the GPU.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { nextTask } from "../gpu/nextTask.ts";
import type { ReadPolicy } from "../gpu/readback.ts";
import type { ScalarRing } from "../gpu/scalarRing.ts";
import { cast } from "../ops/cast.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

const MAX_GROUP = 4096;

/** A page gets a frame after so many milliseconds, and the GPU's promises their turn. */
const FRAME = 16;

/** Losses on their way. */
interface Read {
  readonly done: Promise<void>;
  values: Float32Array | undefined;
}

/** A loss, without its value. */
export interface Scalar<Batch> {
  readonly name: string;
  readonly of: Batch;
}

/** What is known of some steps but for their losses. */
interface Mark<Place> {
  readonly place: Place;
  readonly scalars: number;
  readonly examples: number;
}

/** The losses of some steps in a row. */
export interface Passed<Place> {
  readonly place: Place;
  /** Means over the steps, by name. */
  readonly losses: Readonly<Record<string, number>>;
  readonly examplesPerSecond: number;
}

/**
 * Collects the losses of each step on the GPU and reads them in groups of steps that take about as long
 * as the runtime wants between two reads. A group that is read also says that its steps are done.
 */
export class Progress<Place, Batch = unknown> {
  readonly #ring: ScalarRing = device().scalarRing();
  readonly #policy: ReadPolicy = device().readPolicy;
  readonly #reads: Read[] = [];
  readonly #marks: Mark<Place>[] = [];
  readonly #pending: Scalar<Batch>[] = [];
  readonly #nonFinite: Scalar<Batch>[] = [];
  #known: { name: string; value: number }[] = [];
  #group = 1;
  #scalars = 0;
  #examples = 0;
  #readAt: number = performance.now();
  #passedAt: number = performance.now();
  #gaveWayAt: number = performance.now();

  /** A step of a batch was recorded. Its losses, scalars, are freed. */
  add(losses: Readonly<Record<string, Tensor>>, examples: number, of: Batch): void {
    for (const [name, loss] of Object.entries(losses)) {
      if (loss.size !== 1) {
        throw new ShapeError("training step", `the loss ${name} must be a scalar`, {
          got: shapeText(loss.shape),
          remedy: "Reduce it with mean() or sum().",
        });
      }
      // Losses of one step come in one group: the ring is read between steps.
      const { block, offset, dtype } = loss;
      if (dtype === "f32") this.#ring.push(block, offset * 4);
      else scope(() => this.#ring.push(cast(loss, "f32").block, 0));
      loss.dispose();
      this.#pending.push({ name, of });
      this.#scalars++;
    }
    this.#examples += examples;
  }

  /** The steps since the last mark belong together. */
  mark(place: Place): void {
    this.#marks.push({ place, scalars: this.#scalars, examples: this.#examples });
    this.#scalars = this.#examples = 0;
  }

  /** Of each batch with losses that turned out NaN or infinite since the last call, the first of them. */
  takeNonFinite(): Scalar<Batch>[] {
    const seen = new Set<Batch>();
    return this.#nonFinite.splice(0).filter(({ of }) => !seen.has(of) && seen.add(of));
  }

  /**
   * The marks whose losses are known by now, in order. Waits only if the host is too far ahead, and for
   * the host's other tasks now and then.
   *
   * @param all  wait for all marks.
   */
  async passed(all: boolean): Promise<Passed<Place>[]> {
    if (all || this.#ring.length >= this.#group || this.#ring.isFull) {
      this.#startRead();
      while (this.#reads.length > (all ? 0 : this.#policy.ahead)) await this.#settle();
    }
    if (performance.now() - this.#gaveWayAt > FRAME) {
      await nextTask();
      this.#gaveWayAt = performance.now();
    }
    while (this.#reads[0]?.values !== undefined) await this.#settle();
    return this.#report();
  }

  /** The time from now on counts, not what was done in between: an evaluation, say. */
  resume(): void {
    this.#readAt = this.#passedAt = performance.now();
  }

  /** Lets go of losses that nobody will ask for. */
  close(): void {
    this.#ring.clear();
  }

  #startRead(): void {
    if (this.#ring.length >= this.#group) this.#adapt();
    this.#readAt = performance.now();
    const taken = this.#ring.take();
    const read: Read = {
      values: undefined,
      done: taken.then((values) => {
        read.values = values;
      }),
    };
    read.done.catch(() => undefined); // thrown where it is awaited
    this.#reads.push(read);
  }

  /** A group that was read twice as fast or as slowly as it should be was too small or too large. */
  #adapt(): void {
    const pace = (performance.now() - this.#readAt) / this.#policy.interval;
    if (pace < 1 / 2) this.#group = Math.min(this.#group * 2, MAX_GROUP);
    else if (pace > 2) this.#group = Math.ceil(this.#group / 2);
  }

  /** Waits for the oldest read. */
  async #settle(): Promise<void> {
    const [oldest] = this.#reads;
    await oldest?.done;
    this.#reads.shift();
    const values = oldest?.values ?? new Float32Array(0);
    this.#pending.splice(0, values.length).forEach((scalar, i) => {
      const value = values[i] as number;
      this.#known.push({ name: scalar.name, value });
      if (!Number.isFinite(value)) this.#nonFinite.push(scalar);
    });
  }

  #report(): Passed<Place>[] {
    const ready: (Mark<Place> & { losses: Record<string, number> })[] = [];
    for (let [next] = this.#marks; next !== undefined; [next] = this.#marks) {
      if (this.#known.length < next.scalars) break;
      ready.push({ ...next, losses: meansOf(this.#known.splice(0, next.scalars)) });
      this.#marks.shift();
    }
    if (ready.length === 0) return [];
    // Those read together took the time since the last ones together.
    const now = performance.now();
    const examples = ready.reduce((sum, mark) => sum + mark.examples, 0);
    const examplesPerSecond = (1000 * examples) / (now - this.#passedAt);
    this.#passedAt = now;
    return ready.map(({ place, losses }) => ({ place, losses, examplesPerSecond }));
  }
}

/** Means by name, in the order in which names first come. */
function meansOf(scalars: readonly { name: string; value: number }[]): Record<string, number> {
  const sums: Record<string, { sum: number; count: number }> = {};
  for (const { name, value } of scalars) {
    const of = (sums[name] ??= { sum: 0, count: 0 });
    of.sum += value;
    of.count++;
  }
  const entries = Object.entries(sums).map(([name, { sum, count }]) => [name, sum / count]);
  return Object.fromEntries(entries) as Record<string, number>;
}
