// The command stream: dispatches pile up in one compute pass and are submitted together.

import { DeviceError } from "../errors.ts";
import type { Block } from "./buffers.ts";
import type { GroupTree, Kernel, Pipelines, StorageLayout } from "./kernel.ts";
import type { Profiler } from "./profile.ts";

/** A value of `struct Params`: a number, or an array for a vector or array member. */
export type ParamValue = number | readonly number[];

/** Dispatches per submit: enough to spread its cost, few enough to feed the GPU early. */
const MAX_DISPATCHES = 256;

/** Bytes of one dispatch's params; also WebGPU's dynamic offset alignment. */
const SLOT_BYTES = 256;

/** After this long the GPU gets what there is. */
const MAX_MILLISECONDS = 8;

/** Bind groups kept before the cache starts anew. */
const MAX_BIND_GROUPS = 8192;

/** Records dispatches and copies in order. All work of a device goes through its one recorder. */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines;
  readonly #paramsBuffer: GPUBuffer;
  readonly #paramsGroup: GPUBindGroup;
  readonly #staging = new ArrayBuffer(MAX_DISPATCHES * SLOT_BYTES);
  readonly #u32 = new Uint32Array(this.#staging);
  readonly #i32 = new Int32Array(this.#staging);
  readonly #f32 = new Float32Array(this.#staging);
  readonly #dynamicOffset = [0];
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #current: GPUComputePipeline | undefined;
  #dispatches = 0;
  #startedAt = 0;
  #groupCount = 0;
  /** Number of the submit being recorded. */
  serial = 1;
  /** Dispatches ever recorded. */
  dispatchCount = 0;
  /** Set while kernels are timed: every dispatch then has a pass of its own. */
  profiler: Profiler | undefined = undefined;
  /** Called before and after each submit in development mode. */
  onSubmit: ((phase: "before" | "after") => void) | undefined = undefined;
  /** Thrown by the next dispatch: a lost device. */
  failure: DeviceError | undefined = undefined;

  constructor(device: GPUDevice, pipelines: Pipelines, params: GPUBuffer) {
    this.#device = device;
    this.#pipelines = pipelines;
    this.#paramsBuffer = params;
    this.#paramsGroup = device.createBindGroup({
      label: "params",
      layout: pipelines.paramsLayout,
      entries: [{ binding: 0, resource: { buffer: params, size: SLOT_BYTES } }],
    });
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
    const { pipeline, layout } = this.#pipelines.get(kernel);
    const group = this.#bindGroup(layout, blocks);
    const pass = this.#openPass(kernel.name);
    if (this.#current !== pipeline) {
      pass.setPipeline(pipeline);
      this.#current = pipeline;
    }
    pass.setBindGroup(0, group);
    this.#dynamicOffset[0] = this.#dispatches * SLOT_BYTES;
    this.#writeParams(kernel, params);
    pass.setBindGroup(1, this.#paramsGroup, this.#dynamicOffset);
    pass.dispatchWorkgroups(x, y, z);
    for (let i = 0; i < blocks.length; i++) (blocks[i] as Block).root.lastUse = this.serial;
    this.dispatchCount++;
    this.#dispatches++;
    if (this.profiler !== undefined) this.#endPass();
    if (this.#dispatches === MAX_DISPATCHES || this.#isLate()) this.flush();
  }

  /** Appends a copy of `bytes` between buffers; ends the current compute pass. */
  copy(source: Block, from: number, target: GPUBuffer, to: number, bytes: number): void {
    this.#endPass();
    const encoder = this.#openEncoder();
    encoder.copyBufferToBuffer(source.buffer, source.offset + from, target, to, bytes);
    source.root.lastUse = this.serial;
  }

  /** Writes host data into a block, after everything recorded so far that uses it. */
  upload(block: Block, data: ArrayBufferView<ArrayBuffer>, byteOffset = 0): void {
    // writeBuffer overtakes commands that are recorded but not submitted.
    if (block.root.lastUse === this.serial) this.flush();
    const { buffer, byteOffset: from, byteLength } = data;
    this.#device.queue.writeBuffer(
      block.buffer,
      block.offset + byteOffset,
      buffer,
      from,
      byteLength,
    );
  }

  /** Submits what is recorded. */
  flush(): void {
    if (this.#encoder === undefined) return;
    this.#endPass();
    this.profiler?.resolve(this.#encoder);
    if (this.#dispatches > 0) {
      const bytes = this.#dispatches * SLOT_BYTES;
      this.#device.queue.writeBuffer(this.#paramsBuffer, 0, this.#staging, 0, bytes);
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
    if (this.#encoder === undefined) {
      this.#encoder = this.#device.createCommandEncoder();
      this.#startedAt = performance.now();
    }
    return this.#encoder;
  }

  #openPass(label: string): GPUComputePassEncoder {
    if (this.#pass === undefined) {
      const encoder = this.#openEncoder();
      this.#pass = encoder.beginComputePass(this.profiler?.passDescriptor(label));
      this.#current = undefined;
    }
    return this.#pass;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  #writeParams(kernel: Kernel, values: readonly ParamValue[]): void {
    const base = (this.#dispatches * SLOT_BYTES) >> 2;
    const { params, name } = kernel.shader;
    if (params.length !== values.length) {
      const got = `${values.length} values for ${params.length} members`;
      throw new DeviceError(name, "every member of Params needs a value", { got });
    }
    for (let i = 0; i < params.length; i++) {
      const param = params[i] as (typeof params)[number];
      const value = values[i] as ParamValue;
      const view = param.type === "f32" ? this.#f32 : param.type === "i32" ? this.#i32 : this.#u32;
      const at = base + (param.offset >> 2);
      if (typeof value === "number") view[at] = value;
      else for (let j = 0; j < value.length; j++) view[at + j] = value[j] as number;
    }
  }

  #bindGroup(layout: StorageLayout, blocks: readonly Block[]): GPUBindGroup {
    let tree: GroupTree = layout.groups;
    const last = blocks.length - 1;
    for (let i = 0; i < last; i++) {
      const { id } = blocks[i] as Block;
      let next = tree.get(id) as GroupTree | undefined;
      if (next === undefined) tree.set(id, (next = new Map()));
      tree = next;
    }
    const { id } = blocks[last] as Block;
    const cached = tree.get(id) as GPUBindGroup | undefined;
    if (cached !== undefined) return cached;
    if (++this.#groupCount > MAX_BIND_GROUPS) {
      this.#groupCount = 0;
      this.#pipelines.dropBindGroups();
      return this.#bindGroup(layout, blocks);
    }
    const entries = blocks.map(({ buffer, offset, size }, binding) => {
      return { binding, resource: { buffer, offset, size } };
    });
    const group = this.#device.createBindGroup({ layout: layout.layout, entries });
    tree.set(id, group);
    return group;
  }
}
