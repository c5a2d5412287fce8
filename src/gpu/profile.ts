// GPU time per kernel, by timestamp queries around every dispatch.

import { DeviceError } from "../errors.ts";

/** One row of a profile. */
export interface KernelTime {
  readonly kernel: string;
  readonly calls: number;
  readonly milliseconds: number;
}

/** What is profiled: a device, of which this file needs no more. */
interface Profiled {
  readonly gpu: GPUDevice;
  readonly recorder: { profiler: Profiler | undefined; flush(): void };
}

/** GPU time per kernel of whatever `run` does, slowest first. */
export async function profileOn(
  { gpu, recorder }: Profiled,
  run: () => unknown,
): Promise<KernelTime[]> {
  recorder.flush();
  const profiler = new Profiler(gpu);
  recorder.profiler = profiler;
  try {
    await run();
    recorder.flush();
  } finally {
    recorder.profiler = undefined;
  }
  return profiler.table();
}

const MAX_QUERIES = 512;

/** Collects timestamps of one submit after the other. */
export class Profiler {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #pending: Promise<void>[] = [];
  readonly #totals = new Map<string, { calls: number; nanoseconds: number }>();
  #labels: string[] = [];

  constructor(device: GPUDevice) {
    if (!device.features.has("timestamp-query")) {
      throw new DeviceError("profile", "the adapter must support timestamp queries", {
        remedy: "Profile on another adapter, or time whole steps with a clock.",
      });
    }
    this.#device = device;
    this.#queries = device.createQuerySet({ type: "timestamp", count: MAX_QUERIES });
  }

  /** Where the next pass writes its two timestamps. */
  passDescriptor(label: string): GPUComputePassDescriptor {
    const at = this.#labels.length * 2;
    this.#labels.push(label);
    return {
      label,
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: at,
        endOfPassWriteIndex: at + 1,
      },
    };
  }

  /** Appends the read-out of this submit's timestamps. */
  resolve(encoder: GPUCommandEncoder): void {
    const labels = this.#labels;
    if (labels.length === 0) return;
    this.#labels = [];
    const size = labels.length * 16;
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    const resolved = this.#device.createBuffer({ size, usage });
    const staging = this.#device.createBuffer({
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.resolveQuerySet(this.#queries, 0, labels.length * 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    // After this submit: mapping must not start before its commands are on the queue.
    const read = Promise.resolve().then(async () => {
      await staging.mapAsync(GPUMapMode.READ);
      const times = new BigUint64Array(staging.getMappedRange().slice(0));
      labels.forEach((label, i) => {
        const total = this.#totals.get(label) ?? { calls: 0, nanoseconds: 0 };
        total.calls++;
        total.nanoseconds += Number((times[2 * i + 1] ?? 0n) - (times[2 * i] ?? 0n));
        this.#totals.set(label, total);
      });
      staging.destroy();
      resolved.destroy();
    });
    this.#pending.push(read);
  }

  /** Kernels by total time, slowest first. */
  async table(): Promise<KernelTime[]> {
    await Promise.all(this.#pending);
    this.#queries.destroy();
    const rows = [...this.#totals].map(([kernel, { calls, nanoseconds }]) => {
      return { kernel, calls, milliseconds: nanoseconds / 1e6 };
    });
    return rows.sort((a, b) => b.milliseconds - a.milliseconds);
  }
}
