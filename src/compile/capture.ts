// A captured list of commands made ready to be sent again and again: memory, bind groups and params
// exist before the first replay, which creates nothing and writes only what is late.

import { BindGroups } from "../gpu/bindGroups.ts";
import type { Block } from "../gpu/buffers.ts";
import type { Device } from "../gpu/device.ts";
import type { Kernel, StorageLayout } from "../gpu/kernel.ts";
import { SLOT_BYTES } from "../gpu/params.ts";
import {
  type Command,
  type CopyCommand,
  type DispatchCommand,
  PlannedBlock,
  Port,
  type Trace,
  isDispatch,
} from "../gpu/trace.ts";
import { CapturedParams } from "./capturedParams.ts";
import { optimize } from "./optimize.ts";
import { type MemoryPlan, bytesMoved, planMemory, unsharedBytes, usesOf } from "./plan.ts";
import { renamed } from "./simplify.ts";

/** Dispatches per submit: a long step is cut so that the GPU is fed and a page stays alive. */
const DISPATCHES_PER_SUBMIT = 256;

interface PreparedDispatch {
  /** The kernel's. */
  readonly name: string;
  readonly blocks: readonly Block[];
  readonly pipeline: GPUComputePipeline;
  readonly layout: StorageLayout;
  /** Another one when a replay names other blocks. */
  group: GPUBindGroup;
  readonly slot: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
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
  readonly #params: CapturedParams;
  /** Where each dispatch's params start. */
  readonly #offsets: Uint32Array<ArrayBuffer>;
  readonly #groups: BindGroups;
  /** Results that a replay writes straight into the block it is given. */
  readonly outputs: readonly Block[];
  /** Ports of results, by the block that the trace has for them. */
  readonly #outputs: ReadonlyMap<Block, Port>;
  /** Those of arguments, then those of results. */
  readonly #ports: readonly Port[];
  /** What the ports stand for in the present replay. */
  readonly #real = new Map<Block, Block>();
  /** The commands with their pipelines, from the first replay on. */
  #commands: readonly Prepared[] = [];
  /** Those that bind ports. */
  #ported: readonly PreparedDispatch[] = [];
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
    const ends = new Set(results.keys());
    const uploads = new Set(trace.uploads.keys());
    const slicer = device.slice.bind(device);
    const { once, commands, kept } = optimize(trace.commands, uploads, ends, slicer);
    this.#outputs = portsFor(results, commands, kept);
    this.outputs = [...this.#outputs.keys()];
    this.#ports = [...inputs, ...this.#outputs.values()];
    const ported = commands.map((command) => renamed(command, this.#outputs));
    const plan = planMemory([...once, ...ported], kept, ends);
    this.#once = once;
    this.#planned = ported;
    this.#blocks = plan.sizes.map((bytes) => device.reserve(bytes));
    this.#memory = this.#settle(plan, trace, ends);
    const dispatches = ported.filter(isDispatch);
    this.#params = new CapturedParams(device.gpu, dispatches);
    this.#offsets = Uint32Array.from(dispatches, (_, slot) => slot * SLOT_BYTES);
    this.#groups = new BindGroups(device.gpu, this.#params.buffer);
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

  /** The real block behind a block of the trace, as of the last replay. */
  blockOf(block: Block): Block {
    const port = this.#outputs.get(block) ?? block;
    return this.#real.get(port) ?? this.#memory.get(block) ?? block;
  }

  /** Records all commands, behind what was recorded before. */
  replay({ inputs, outputs, renews }: Replay): void {
    const { recorder } = this.#device;
    // Params are written ahead of the commands, so an earlier replay must be on its way.
    if (this.#params.areLate && this.#lastUse === recorder.serial) recorder.flush();
    this.#name(inputs, outputs);
    if (renews) for (const renew of this.#renewals) renew();
    this.#params.write();
    for (let from = 0; from < this.#commands.length; from += DISPATCHES_PER_SUBMIT) {
      if (from > 0 || recorder.profiler) recorder.flush();
      const to = Math.min(this.#commands.length, from + DISPATCHES_PER_SUBMIT);
      recorder.append((encoder) => this.#encode(encoder, from, to));
    }
    this.#lastUse = recorder.serial;
  }

  /** Gives the memory back. */
  dispose(): void {
    for (const block of this.#blocks) this.#device.release(block);
    this.#params.buffer.destroy();
  }

  /** Says what the ports stand for now; bind groups that had other blocks are exchanged. */
  #name(inputs: readonly Block[], outputs: readonly Block[]): void {
    let areOthers = false;
    for (let i = 0; i < this.#ports.length; i++) {
      const port = this.#ports[i] as Port;
      const block = (inputs[i] ?? outputs[i - inputs.length]) as Block;
      if (this.#real.get(port) === block) continue;
      this.#real.set(port, block);
      areOthers = true;
    }
    if (this.#commands.length === 0) this.#prepare();
    else if (areOthers) {
      for (const one of this.#ported) one.group = this.#groupOf(one.layout, one.blocks);
    }
  }

  #groupOf(layout: StorageLayout, blocks: readonly Block[]): GPUBindGroup {
    const real = blocks.map((block) => this.blockOf(block));
    return this.#groups.get(layout, real);
  }

  /** Makes what lasts from one replay to the next. */
  #prepare(): void {
    const { recorder, pipelines } = this.#device;
    for (const { kernel, blocks, params, grid } of this.#once) {
      const real = blocks.map((block) => this.blockOf(block));
      recorder.dispatch(kernel, real, params, ...grid);
    }
    let slot = 0;
    this.#commands = this.#planned.map((command): Prepared => {
      if (!isDispatch(command)) return command;
      const { blocks, grid, kernel } = command;
      const { pipeline, layout } = pipelines.get(kernel);
      const group = this.#groupOf(layout, blocks);
      const [x, y, z] = grid;
      return { name: kernel.name, blocks, pipeline, layout, group, slot: slot++, x, y, z };
    });
    this.#ported = this.#commands.filter((one): one is PreparedDispatch => {
      return "pipeline" in one && one.blocks.some((block) => block instanceof Port);
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
    const { profiler } = this.#device.recorder;
    for (let i = from; i < to; i++) {
      const prepared = this.#commands[i] as Prepared;
      if (!("pipeline" in prepared)) {
        pass?.end();
        pass = current = undefined;
        const [source, target] = [this.blockOf(prepared.source), this.blockOf(prepared.target)];
        const [start, end] = [source.offset + prepared.from, target.offset + prepared.to];
        encoder.copyBufferToBuffer(source.buffer, start, target.buffer, end, prepared.bytes);
        continue;
      }
      pass ??= encoder.beginComputePass(profiler?.passDescriptor(prepared.name));
      if (current !== prepared.pipeline) {
        current = prepared.pipeline;
        pass.setPipeline(current);
      }
      // Browsers take a stretch of an array in a third of the time of a list.
      pass.setBindGroup(0, prepared.group, this.#offsets, prepared.slot, 1);
      pass.dispatchWorkgroups(prepared.x, prepared.y, prepared.z);
      if (profiler === undefined) continue;
      pass.end();
      pass = current = undefined;
    }
    pass?.end();
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
