// The params of all dispatches of a capture in one buffer: written once, except those that are late.

import type { LateParam, ParamValue } from "../gpu/params.ts";
import { SLOT_BYTES, Words, isLate, writeParams } from "../gpu/params.ts";
import type { DispatchCommand } from "../gpu/trace.ts";

/** A late param and where its words go. */
interface LateWords {
  readonly param: LateParam;
  readonly view: Float32Array | Int32Array | Uint32Array;
  /** First word. */
  readonly at: number;
}

/** A slot for each dispatch. */
export class CapturedParams {
  readonly buffer: GPUBuffer;
  readonly #queue: GPUQueue;
  readonly #words: Words;
  readonly #late: readonly LateWords[];
  /** Bytes of the slots that have late words, and of those between. */
  #from = Infinity;
  #to = 0;
  #isSent = false;

  constructor(gpu: GPUDevice, dispatches: readonly DispatchCommand[]) {
    const size = Math.max(1, dispatches.length) * SLOT_BYTES;
    this.#queue = gpu.queue;
    this.#words = new Words(size);
    this.buffer = gpu.createBuffer({
      label: "captured params",
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    dispatches.forEach(({ kernel, params }, slot) => {
      const fixed = params.map((value): ParamValue => (isLate(value) ? [] : value));
      writeParams(this.#words, slot, kernel, fixed);
    });
    this.#queue.writeBuffer(this.buffer, 0, this.#words.bytes);
    this.#late = dispatches.flatMap((command, slot) => this.#lateOf(command, slot));
  }

  /** Whether a replay may have to write. */
  get areLate(): boolean {
    return this.#late.length > 0;
  }

  /** Sends what has changed since the last time: a constant learning rate goes over once. */
  write(): void {
    if (this.#late.length === 0) return;
    let isSent = this.#isSent;
    for (const { param, view, at } of this.#late) {
      const value = param.late();
      if (typeof value === "number") {
        const before = view[at];
        view[at] = value;
        isSent &&= view[at] === before;
        continue;
      }
      for (let i = 0; i < value.length; i++) {
        const before = view[at + i];
        view[at + i] = value[i] as number;
        isSent &&= view[at + i] === before;
      }
    }
    if (isSent) return;
    const [from, bytes] = [this.#from, this.#to - this.#from];
    this.#queue.writeBuffer(this.buffer, from, this.#words.bytes, from, bytes);
    this.#isSent = true;
  }

  #lateOf({ kernel, params }: DispatchCommand, slot: number): LateWords[] {
    return kernel.shader.params.flatMap(({ type, offset }, i) => {
      const param = params[i] as ParamValue;
      if (!isLate(param)) return [];
      this.#from = Math.min(this.#from, slot * SLOT_BYTES);
      this.#to = Math.max(this.#to, (slot + 1) * SLOT_BYTES);
      return [{ param, view: this.#words[type], at: (slot * SLOT_BYTES + offset) / 4 }];
    });
  }
}
