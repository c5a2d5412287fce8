// Losses of a running loop, read while it goes on. Bounds how far the host runs ahead of the GPU.

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
  losses: Float32Array | undefined;
}

/** What is known of some steps but for their loss. */
interface Mark<Place> {
  readonly place: Place;
  readonly steps: number;
  readonly examples: number;
}

/** The loss of some steps in a row. */
export interface Passed<Place> {
  readonly place: Place;
  /** Mean over the steps. */
  readonly loss: number;
  readonly examplesPerSecond: number;
}

/**
 * Collects a loss per step on the GPU and reads them in groups of steps that take about as long as
 * the runtime wants between two reads. A group that is read also says that its steps are done.
 */
export class Progress<Place> {
  readonly #ring: ScalarRing = device().scalarRing();
  readonly #policy: ReadPolicy = device().readPolicy;
  readonly #reads: Read[] = [];
  readonly #marks: Mark<Place>[] = [];
  #losses: number[] = [];
  #group = 1;
  #steps = 0;
  #examples = 0;
  #readAt: number = performance.now();
  #passedAt: number = performance.now();
  #gaveWayAt: number = performance.now();

  /** A step was recorded. Its loss, a scalar, is freed. */
  add(loss: Tensor, examples: number): void {
    const { block, offset, dtype } = loss;
    if (dtype === "f32") this.#ring.push(block, offset * 4);
    else scope(() => this.#ring.push(cast(loss, "f32").block, 0));
    loss.dispose();
    this.#steps++;
    this.#examples += examples;
  }

  /** The steps since the last mark belong together. */
  mark(place: Place): void {
    this.#marks.push({ place, steps: this.#steps, examples: this.#examples });
    this.#steps = this.#examples = 0;
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
    while (this.#reads[0]?.losses !== undefined) await this.#settle();
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
      losses: undefined,
      done: taken.then((losses) => {
        read.losses = losses;
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
    this.#losses.push(...(oldest?.losses ?? []));
  }

  #report(): Passed<Place>[] {
    const ready: (Mark<Place> & { loss: number })[] = [];
    for (let [next] = this.#marks; next !== undefined; [next] = this.#marks) {
      if (this.#losses.length < next.steps) break;
      const losses = this.#losses.splice(0, next.steps);
      const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
      ready.push({ ...next, loss });
      this.#marks.shift();
    }
    if (ready.length === 0) return [];
    // Those read together took the time since the last ones together.
    const now = performance.now();
    const examples = ready.reduce((sum, mark) => sum + mark.examples, 0);
    const examplesPerSecond = (1000 * examples) / (now - this.#passedAt);
    this.#passedAt = now;
    return ready.map(({ place, loss }) => ({ place, loss, examplesPerSecond }));
  }
}
