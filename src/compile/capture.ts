// A captured list of commands made ready to be sent again and again: memory, bind groups and params
// exist before the first replay, which creates nothing and writes only what is late.

import type { Block } from "../gpu/buffers.ts";
import type { Device } from "../gpu/device.ts";
import type { Kernel, StorageLayout } from "../gpu/kernel.ts";
import { type ParamValue, SLOT_BYTES, Words, isLate, writeParams } from "../gpu/params.ts";
import {
  type Command,
  type CopyCommand,
  type DispatchCommand,
  PlannedBlock,
  Port,
  type Trace,
  isDispatch,
} from "../gpu/trace.ts";
import { optimize } from "./optimize.ts";
import { type MemoryPlan, bytesMoved, planMemory, unsharedBytes, usesOf } from "./plan.ts";
import { renamed } from "./simplify.ts";

/** Dispatches per submit: a long step is cut so that the GPU is fed and a page stays alive. */
const DISPATCHES_PER_SUBMIT = 256;

interface PreparedDispatch {
  readonly command: DispatchCommand;
  readonly pipeline: GPUComputePipeline;
  readonly layout: StorageLayout;
  /** Another one when a replay names other blocks. */
  group: GPUBindGroup;
  readonly slot: number;
}

type Prepared = PreparedDispatch | CopyCommand;

/** What a capture consists of, for `explain`. */
export interface CaptureReport {
  readonly kernels: readonly { readonly name: string; readonly bytes: number }[];
  readonly once: number;
  readonly dropped: number;
  readonly plannedBytes: number;
  readonly unsharedBytes: number;
}

/** A replay's own blocks, and whether random streams go on: the call that traced has begun them. */
export interface Replay {
  /** For each of the arguments' ports, in order. */
  readonly inputs: readonly Block[];
  /** For each of the results that the capture writes straight to its place, in order. */
  readonly outputs: readonly Block[];
  readonly renews: boolean;
}

/** Commands on one device with everything they need. */
export class Capture {
  readonly report: CaptureReport;
  readonly #device: Device;
  readonly #renewals: readonly (() => void)[];
  readonly #once: readonly DispatchCommand[];
  readonly #planned: readonly Command[];
  readonly #blocks: Block[];
  readonly #memory: ReadonlyMap<Block, Block>;
  readonly #words: Words;
  readonly #params: GPUBuffer;
  readonly #paramsGroup: GPUBindGroup;
  readonly #late: readonly (DispatchCommand & { readonly slot: number })[];
  /** The words of late params, and what lies between them, as they were sent last. */
  readonly #sent: Uint32Array<ArrayBuffer>;
  /** Where each dispatch's params start. */
  readonly #offsets: Uint32Array<ArrayBuffer>;
  readonly #inputs: readonly Port[];
  /** Ports of results, by the block that the trace has for them. */
  readonly #outputs: ReadonlyMap<Block, Port>;
  /** What the ports stand for in the present replay. */
  readonly #real = new Map<Block, Block>();
  /** The commands with their pipelines, from the first replay on. */
  #commands: readonly Prepared[] = [];
  /** Number of the submit that the last replay is part of. */
  #lastUse = 0;

  /**
   * @param inputs   ports of the arguments.
   * @param results  blocks that are read after a replay, with the bytes that are read.
   */
  constructor(
    device: Device,
    trace: Trace,
    inputs: readonly Port[],
    results: ReadonlyMap<Block, number>,
  ) {
    this.#device = device;
    this.#renewals = trace.renewals;
    this.#inputs = inputs;
    const ends = new Set(results.keys());
    const uploads = new Set(trace.uploads.keys());
    const slicer = device.slice.bind(device);
    const { once, commands, kept } = optimize(trace.commands, uploads, ends, slicer);
    this.#outputs = portsFor(results, commands, kept);
    const ported = commands.map((command) => renamed(command, this.#outputs));
    const plan = planMemory([...once, ...ported], kept, ends);
    this.#once = once;
    this.#planned = ported;
    this.#blocks = plan.sizes.map((bytes) => device.reserve(bytes));
    this.#memory = this.#settle(plan, trace, ends);
    const dispatches = ported.filter(isDispatch);
    const size = Math.max(1, dispatches.length) * SLOT_BYTES;
    this.#words = new Words(size);
    this.#offsets = Uint32Array.from(dispatches, (_, slot) => slot * SLOT_BYTES);
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
    const lateSlots = (this.#late.at(-1)?.slot ?? -1) - (this.#late[0]?.slot ?? 0) + 1;
    this.#sent = new Uint32Array((lateSlots * SLOT_BYTES) / 4);
    this.#writeFixed(dispatches);
    this.report = {
      kernels: dispatches.map((command) => {
        return { name: command.kernel.name, bytes: bytesMoved(command) };
      }),
      once: once.length,
      dropped: trace.commands.length - commands.length,
      plannedBytes: plan.sizes.reduce((sum, bytes) => sum + bytes, 0),
      unsharedBytes: unsharedBytes(trace.commands),
    };
  }

  /** What replays dispatch. */
  get kernels(): Kernel[] {
    return [...this.#once, ...this.#planned.filter(isDispatch)].map(({ kernel }) => kernel);
  }

  /** Results that a replay writes straight into the block it is given. */
  get outputs(): readonly Block[] {
    return [...this.#outputs.keys()];
  }

  /** The real block behind a block of the trace, as of the last replay. */
  blockOf(block: Block): Block {
    const port = this.#outputs.get(block) ?? block;
    return this.#real.get(port) ?? this.#memory.get(block) ?? block;
  }

  /** Records all commands, behind what was recorded before. */
  replay({ inputs, outputs, renews }: Replay): void {
    const { recorder } = this.#device;
    // Params are written ahead of the commands, so an earlier replay must be on its way.
    if (this.#late.length > 0 && this.#lastUse === recorder.serial) recorder.flush();
    this.#name([...this.#inputs, ...this.#outputs.values()], [...inputs, ...outputs]);
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

  /** Says what the ports stand for now; bind groups that had other blocks are exchanged. */
  #name(ports: readonly Port[], blocks: readonly Block[]): void {
    const changed = new Set<Block>();
    ports.forEach((port, i) => {
      const block = blocks[i] as Block;
      if (this.#real.get(port)?.id !== block.id) changed.add(port);
      this.#real.set(port, block);
    });
    if (this.#commands.length === 0) this.#commands = this.#prepare();
    else if (changed.size > 0) {
      for (const prepared of this.#commands) {
        if (!("pipeline" in prepared)) continue;
        if (prepared.command.blocks.some((block) => changed.has(block))) {
          prepared.group = this.#groupOf(prepared.layout, prepared.command);
        }
      }
    }
  }

  #groupOf(layout: StorageLayout, { blocks }: DispatchCommand): GPUBindGroup {
    return this.#device.recorder.bindGroup(
      layout,
      blocks.map((block) => this.blockOf(block)),
    );
  }

  /** Makes what lasts from one replay to the next. */
  #prepare(): Prepared[] {
    const { recorder, pipelines } = this.#device;
    for (const { kernel, blocks, params, grid } of this.#once) {
      const real = blocks.map((block) => this.blockOf(block));
      recorder.dispatch(kernel, real, params, ...grid);
    }
    let slot = 0;
    return this.#planned.map((command): Prepared => {
      if (!isDispatch(command)) return command;
      const { pipeline, layout } = pipelines.get(command.kernel);
      const group = this.#groupOf(layout, command);
      return { command, pipeline, layout, group, slot: slot++ };
    });
  }

  #settle(plan: MemoryPlan, trace: Trace, results: ReadonlySet<Block>): Map<Block, Block> {
    const memory = new Map<Block, Block>();
    for (const [planned, place] of plan.places) memory.set(planned, this.#blocks[place] as Block);
    for (const result of results) {
      // A constant that no command touches has no place yet.
      if (result instanceof PlannedBlock && !memory.has(result) && !this.#outputs.has(result)) {
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

  #encode(encoder: GPUCommandEncoder, from: number, to: number): void {
    let pass: GPUComputePassEncoder | undefined;
    let current: GPUComputePipeline | undefined;
    let group: GPUBindGroup | undefined;
    for (let i = from; i < to; i++) {
      const prepared = this.#commands[i] as Prepared;
      if (!("pipeline" in prepared)) {
        pass?.end();
        pass = current = group = undefined;
        const [source, target] = [this.blockOf(prepared.source), this.blockOf(prepared.target)];
        const [start, end] = [source.offset + prepared.from, target.offset + prepared.to];
        encoder.copyBufferToBuffer(source.buffer, start, target.buffer, end, prepared.bytes);
        continue;
      }
      pass ??= encoder.beginComputePass();
      if (current !== prepared.pipeline) {
        current = prepared.pipeline;
        pass.setPipeline(current);
      }
      if (group !== prepared.group) {
        group = prepared.group;
        pass.setBindGroup(0, group);
      }
      pass.setBindGroup(1, this.#paramsGroup, this.#offsets, prepared.slot, 1);
      const [x, y, z] = prepared.command.grid;
      pass.dispatchWorkgroups(x, y, z);
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

  /** Writes what has changed since the last replay: a constant learning rate goes over once. */
  #writeLate(): void {
    const [first, last] = [this.#late[0], this.#late.at(-1)];
    if (first === undefined || last === undefined) return;
    const [from, to] = [first.slot * SLOT_BYTES, (last.slot + 1) * SLOT_BYTES];
    const words = this.#words.u32.subarray(from / 4, to / 4);
    for (const { slot, kernel, params } of this.#late) {
      writeParams(this.#words, slot, kernel, params);
    }
    if (words.every((word, i) => word === this.#sent[i])) return;
    this.#sent.set(words);
    const { queue } = this.#device.gpu;
    queue.writeBuffer(this.#params, from, this.#words.bytes, from, to - from);
  }
}

/** Results that commands compute in planned memory can be computed in a replay's own block instead. */
function portsFor(
  results: ReadonlyMap<Block, number>,
  commands: readonly Command[],
  kept: ReadonlySet<Block>,
): Map<Block, Port> {
  const written = new Set(commands.flatMap((command) => usesOf(command).writes));
  const ports = new Map<Block, Port>();
  for (const [block, bytes] of results) {
    // A result may be the beginning of a larger tensor.
    if (!(block instanceof PlannedBlock) || block.bytes !== bytes) continue;
    if (kept.has(block) || !written.has(block)) continue;
    ports.set(block, new Port(-1e9 - block.id, block.size));
  }
  return ports;
}
