// The command stream: dispatches pile up in one compute pass and are submitted together.

import type { DeviceError } from "../errors.ts";
import { BindGroups } from "./bindGroups.ts";
import type { Block } from "./buffers.ts";
import type { Kernel, Pipelines } from "./kernel.ts";
import { type ParamValue, SLOT_BYTES, Words, writeParams } from "./params.ts";
import type { Profiler } from "./profile.ts";
import { type Trace, TraceEnded } from "./trace.ts";

/** Dispatches per submit: enough to spread its cost, few enough to feed the GPU early. */
const MAX_DISPATCHES = 256;

/** After this long the GPU gets what there is. */
const MAX_MILLISECONDS = 8;

/** Records dispatches and copies in order. All work of a device goes through its one recorder. */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines;
  readonly #paramsBuffer: GPUBuffer;
  readonly #groups: BindGroups;
  readonly #words = new Words(MAX_DISPATCHES * SLOT_BYTES);
  readonly #dynamicOffset = new Uint32Array(1);
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #current: GPUComputePipeline | undefined;
  #dispatches = 0;
  #startedAt = 0;
  /** Number of the submit being recorded. */
  serial = 1;
  /** Dispatches ever recorded. */
  dispatchCount = 0;
  /** Set while kernels are timed: every dispatch then has a pass of its own. */
  profiler: Profiler | undefined = undefined;
  /** Called before and after each submit in development mode. */
  onSubmit: ((phase: "before" | "after") => void) | undefined = undefined;
  /** Takes all commands while a function is traced. */
  trace: Trace | undefined = undefined;
  /** The trace that `outsideTrace` holds back. */
  paused: Trace | undefined = undefined;
  /** Collects what is given a new value in place, while somebody wants to know. */
  written: Set<object> | undefined = undefined;
  /** Thrown by the next dispatch: a lost device. */
  failure: DeviceError | undefined = undefined;

  constructor(device: GPUDevice, pipelines: Pipelines, params: GPUBuffer) {
    this.#device = device;
    this.#pipelines = pipelines;
    this.#paramsBuffer = params;
    this.#groups = new BindGroups(device, params);
  }

  /** Bytes that the params buffer must have. */
  static readonly paramsBytes: number = MAX_DISPATCHES * SLOT_BYTES;

  /**
   * Appends one dispatch. `blocks` bind group 0 in order, `params` fill `struct Params` in order,
   * `x`, `y`, `z` count workgroups.
   */
  dispatch(
    kernel: Kernel,
    blocks: readonly Block[],
    params: readonly ParamValue[],
    x: number,
    y = 1,
    z = 1,
  ): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.trace !== undefined) {
      return this.trace.dispatch({ kernel, blocks: [...blocks], params, grid: [x, y, z] });
    }
    const { pipeline, layout } = this.#pipelines.get(kernel);
    const group = this.#groups.get(layout, blocks);
    const pass = this.#openPass(kernel.name);
    if (this.#current !== pipeline) {
      pass.setPipeline(pipeline);
      this.#current = pipeline;
    }
    this.#dynamicOffset[0] = this.#dispatches * SLOT_BYTES;
    writeParams(this.#words, this.#dispatches, kernel, params);
    pass.setBindGroup(0, group, this.#dynamicOffset, 0, 1);
    pass.dispatchWorkgroups(x, y, z);
    for (let i = 0; i < blocks.length; i++) (blocks[i] as Block).root.lastUse = this.serial;
    this.dispatchCount++;
    this.#dispatches++;
    if (this.profiler !== undefined) this.#endPass();
    if (this.#dispatches === MAX_DISPATCHES || this.#isLate()) this.flush();
  }

  /** Appends a copy of `bytes` between blocks; ends the current compute pass. */
  copy(source: Block, from: number, target: Block, to: number, bytes: number): void {
    if (this.trace !== undefined) return this.trace.copy({ source, from, target, to, bytes });
    this.#endPass();
    const encoder = this.#openEncoder();
    const [start, end] = [source.offset + from, target.offset + to];
    encoder.copyBufferToBuffer(source.buffer, start, target.buffer, end, bytes);
    source.root.lastUse = target.root.lastUse = this.serial;
  }

  /** Writes host data into a block, after everything recorded so far that uses it. */
  upload(block: Block, data: ArrayBufferView<ArrayBuffer>, byteOffset = 0): void {
    if (this.trace !== undefined) return this.trace.upload(block, data, byteOffset);
    // writeBuffer overtakes commands that are recorded but not submitted.
    if (block.root.lastUse === this.serial) this.flush();
    const { buffer, byteOffset: from, byteLength } = data;
    const to = block.offset + byteOffset;
    this.#device.queue.writeBuffer(block.buffer, to, buffer, from, byteLength);
  }

  /** Runs `body` for real within a function's first call, for what it makes that lasts. */
  outsideTrace<T>(body: () => T): T {
    const { trace } = this;
    if (trace === undefined) return body();
    if (trace.realize === undefined) throw new TraceEnded();
    trace.isForOneCall = true;
    this.trace = undefined;
    this.paused = trace;
    try {
      return body();
    } finally {
      this.trace = trace;
      this.paused = undefined;
    }
  }

  /** Lets `encode` append commands of its own. Ends the current compute pass. */
  append(encode: (encoder: GPUCommandEncoder) => void): void {
    if (this.failure !== undefined) throw this.failure;
    this.#endPass();
    encode(this.#openEncoder());
  }

  /** Submits what is recorded. */
  flush(): void {
    if (this.#encoder === undefined) return;
    this.#endPass();
    this.profiler?.resolve(this.#encoder);
    if (this.#dispatches > 0) {
      const bytes = this.#dispatches * SLOT_BYTES;
      this.#device.queue.writeBuffer(this.#paramsBuffer, 0, this.#words.bytes, 0, bytes);
    }
    this.onSubmit?.("before");
    this.#device.queue.submit([this.#encoder.finish()]);
    this.onSubmit?.("after");
    this.#encoder = undefined;
    this.#dispatches = 0;
    this.serial++;
  }

  #isLate(): boolean {
    return (this.#dispatches & 15) === 0 && performance.now() - this.#startedAt > MAX_MILLISECONDS;
  }

  #openEncoder(): GPUCommandEncoder {
    return (this.#encoder ??= this.#device.createCommandEncoder());
  }

  #openPass(label: string): GPUComputePassEncoder {
    if (this.#pass === undefined) {
      const encoder = this.#openEncoder();
      if (this.#dispatches === 0) this.#startedAt = performance.now();
      this.#pass = encoder.beginComputePass(this.profiler?.passDescriptor(label));
      this.#current = undefined;
    }
    return this.#pass;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  /** Forgets all bind groups, for when a buffer is about to be destroyed. */
  dropBindGroups(): void {
    this.#groups.clear();
  }
}
