// A captured list of commands made ready to be sent again and again: memory, bind groups and params
// exist before the first replay, which creates nothing and writes only what is late.

import type { Block } from "../gpu/buffers.ts";
import type { Device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { type ParamValue, SLOT_BYTES, Words, isLate, writeParams } from "../gpu/params.ts";
import {
  type CopyCommand,
  type DispatchCommand,
  PlannedBlock,
  type Trace,
  isDispatch,
} from "../gpu/trace.ts";
import { type Optimized, optimize } from "./optimize.ts";
import { type MemoryPlan, planMemory, unsharedBytes } from "./plan.ts";

/** Dispatches per submit: a long step is cut so that the GPU is fed and a page stays alive. */
const DISPATCHES_PER_SUBMIT = 256;

interface PreparedDispatch {
  readonly kernel: Kernel;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly slot: number;
  readonly grid: readonly [number, number, number];
}

type Prepared = PreparedDispatch | CopyCommand;

/** What a capture consists of, for `explain`. */
export interface CaptureReport {
  readonly kernels: readonly string[];
  readonly dropped: number;
  readonly plannedBytes: number;
  readonly unsharedBytes: number;
}

/** Commands on one device with everything they need. */
export class Capture {
  readonly report: CaptureReport;
  readonly #device: Device;
  readonly #renewals: readonly (() => void)[];
  readonly #planned: Optimized;
  readonly #blocks: Block[];
  readonly #memory: ReadonlyMap<Block, Block>;
  readonly #words: Words;
  readonly #params: GPUBuffer;
  readonly #paramsGroup: GPUBindGroup;
  readonly #late: readonly (DispatchCommand & { readonly slot: number })[];
  readonly #offset = [0];
  /** The commands with their pipelines, from the first replay on. */
  #commands: readonly Prepared[] = [];
  /** Number of the submit that the last replay is part of. */
  #lastUse = 0;

  /** @param results  blocks that are read after a replay. */
  constructor(device: Device, trace: Trace, results: readonly Block[]) {
    this.#device = device;
    this.#renewals = trace.renewals;
    const ends = new Set(results);
    const uploads = new Set(trace.uploads.keys());
    const slicer = device.slice.bind(device);
    this.#planned = optimize(trace.commands, uploads, ends, slicer);
    const { once, commands, kept: pinned } = this.#planned;
    const plan = planMemory([...once, ...commands], pinned, ends);
    this.#blocks = plan.sizes.map((bytes) => device.allocate(bytes));
    this.#memory = this.#settle(plan, trace, results);
    const dispatches = commands.filter(isDispatch);
    const size = Math.max(1, dispatches.length) * SLOT_BYTES;
    this.#words = new Words(size);
    this.#params = device.gpu.createBuffer({
      label: "captured params",
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#paramsGroup = device.gpu.createBindGroup({
      label: "captured params",
      layout: device.pipelines.paramsLayout,
      entries: [{ binding: 0, resource: { buffer: this.#params, size: SLOT_BYTES } }],
    });
    this.#late = dispatches
      .map((command, slot) => ({ ...command, slot }))
      .filter(({ params }) => params.some(isLate));
    this.#writeFixed(dispatches);
    this.report = {
      kernels: dispatches.map(({ kernel }) => kernel.name),
      dropped: trace.commands.length - commands.length,
      plannedBytes: plan.sizes.reduce((sum, bytes) => sum + bytes, 0),
      unsharedBytes: unsharedBytes(trace.commands),
    };
  }

  /** What replays dispatch. */
  get kernels(): Kernel[] {
    const { once, commands } = this.#planned;
    return [...once, ...commands.filter(isDispatch)].map(({ kernel }) => kernel);
  }

  /** The real block behind a block of the trace. */
  blockOf(block: Block): Block {
    return this.#memory.get(block) ?? block;
  }

  /**
   * Records all commands, behind what was recorded before.
   *
   * @param options.renews  whether random streams go on; not for the call that traced, which began
   *                        them.
   */
  replay({ renews = true }: { readonly renews?: boolean } = {}): void {
    const { recorder } = this.#device;
    if (this.#commands.length === 0) this.#commands = this.#prepare();
    // Params are written ahead of the commands, so an earlier replay must be on its way.
    if (this.#late.length > 0 && this.#lastUse === recorder.serial) recorder.flush();
    if (renews) for (const renew of this.#renewals) renew();
    this.#writeLate();
    for (let from = 0; from < this.#commands.length; from += DISPATCHES_PER_SUBMIT) {
      if (from > 0) recorder.flush();
      const to = Math.min(this.#commands.length, from + DISPATCHES_PER_SUBMIT);
      recorder.append((encoder) => this.#encode(encoder, from, to));
    }
    this.#lastUse = recorder.serial;
  }

  /** Gives the memory back. */
  dispose(): void {
    for (const block of this.#blocks) this.#device.release(block);
    this.#params.destroy();
  }

  #settle(plan: MemoryPlan, trace: Trace, results: readonly Block[]): Map<Block, Block> {
    const memory = new Map<Block, Block>();
    for (const [planned, place] of plan.places) memory.set(planned, this.#blocks[place] as Block);
    for (const result of results) {
      // A constant that no command touches has no place yet.
      if (result instanceof PlannedBlock && !memory.has(result)) {
        const block = this.#device.allocate(result.size);
        this.#blocks.push(block);
        memory.set(result, block);
      }
    }
    for (const [planned, data] of trace.uploads) {
      const block = memory.get(planned);
      if (block !== undefined) this.#device.recorder.upload(block, data);
    }
    return memory;
  }

  /** Makes what lasts from one replay to the next. */
  #prepare(): Prepared[] {
    const { recorder, pipelines } = this.#device;
    const { once, commands } = this.#planned;
    for (const { kernel, blocks, params, grid } of once) {
      const real = blocks.map((block) => this.blockOf(block));
      recorder.dispatch(kernel, real, params, ...grid);
    }
    let slot = 0;
    return commands.map((command): Prepared => {
      if (!isDispatch(command)) {
        const [source, target] = [this.blockOf(command.source), this.blockOf(command.target)];
        return { ...command, source, target };
      }
      const { kernel, grid } = command;
      const { pipeline, layout } = pipelines.get(kernel);
      const blocks = command.blocks.map((block) => this.blockOf(block));
      const group = recorder.bindGroup(layout, blocks);
      return { kernel, pipeline, group, slot: slot++, grid };
    });
  }

  #encode(encoder: GPUCommandEncoder, from: number, to: number): void {
    let pass: GPUComputePassEncoder | undefined;
    let current: GPUComputePipeline | undefined;
    for (let i = from; i < to; i++) {
      const command = this.#commands[i] as Prepared;
      if (!("pipeline" in command)) {
        pass?.end();
        pass = current = undefined;
        const { source, target, bytes } = command;
        const [start, end] = [source.offset + command.from, target.offset + command.to];
        encoder.copyBufferToBuffer(source.buffer, start, target.buffer, end, bytes);
        continue;
      }
      pass ??= encoder.beginComputePass();
      if (current !== command.pipeline) {
        current = command.pipeline;
        pass.setPipeline(current);
      }
      pass.setBindGroup(0, command.group);
      this.#offset[0] = command.slot * SLOT_BYTES;
      pass.setBindGroup(1, this.#paramsGroup, this.#offset);
      pass.dispatchWorkgroups(...command.grid);
    }
    pass?.end();
  }

  /** Params that never change; late ones follow at each replay. */
  #writeFixed(dispatches: readonly DispatchCommand[]): void {
    dispatches.forEach(({ kernel, params }, slot) => {
      const fixed = params.map((value): ParamValue => (isLate(value) ? [] : value));
      writeParams(this.#words, slot, kernel, fixed);
    });
    this.#device.gpu.queue.writeBuffer(this.#params, 0, this.#words.bytes);
  }

  #writeLate(): void {
    const [first, last] = [this.#late[0], this.#late.at(-1)];
    if (first === undefined || last === undefined) return;
    for (const { slot, kernel, params } of this.#late) {
      writeParams(this.#words, slot, kernel, params);
    }
    const [from, to] = [first.slot * SLOT_BYTES, (last.slot + 1) * SLOT_BYTES];
    const { queue } = this.#device.gpu;
    queue.writeBuffer(this.#params, from, this.#words.bytes, from, to - from);
  }
}
