// What a compiled function does, written down instead of done: commands over blocks that are planned
// but not yet there.

import { UsageError } from "../errors.ts";
import type { Block, BufferKind } from "./buffers.ts";
import type { Kernel } from "./kernel.ts";
import type { ParamValue } from "./params.ts";

/** A block of a trace. It has memory only within the trace's replays. */
export class PlannedBlock implements Block {
  readonly id: number;
  readonly offset = 0;
  readonly size: number;
  /** Bytes that were asked for; `size` is what the pool gives. */
  readonly bytes: number;
  readonly kind: BufferKind = "tensor";
  readonly root: Block = this;
  lastUse = 0;

  constructor(id: number, size: number, bytes: number = size) {
    this.id = id;
    this.size = size;
    this.bytes = bytes;
  }

  /** @throws {UsageError} always: whoever asks uses a tensor of the trace outside of it. */
  get buffer(): GPUBuffer {
    throw new UsageError("compile", "a tensor made inside a compiled function stays inside", {
      remedy: "Return it from the function, or keep its value in a Variable.",
    });
  }
}

/** One dispatch, as `Recorder.dispatch` takes it. */
export interface DispatchCommand {
  readonly kernel: Kernel;
  readonly blocks: readonly Block[];
  readonly params: readonly ParamValue[];
  readonly grid: readonly [number, number, number];
}

/** One copy, as `Recorder.copy` takes it. */
export interface CopyCommand {
  readonly source: Block;
  readonly from: number;
  readonly target: Block;
  readonly to: number;
  readonly bytes: number;
}

export type Command = DispatchCommand | CopyCommand;

export const isDispatch = (command: Command): command is DispatchCommand => "kernel" in command;

/** Ends a trace that would make something lasting, which has to happen outside. */
export class TraceEnded extends Error {}

/** Takes the place of the command stream while a function is traced. */
export class Trace {
  readonly commands: Command[] = [];
  /** Host data for planned blocks: constants of the function. */
  readonly uploads: Map<Block, ArrayBufferView<ArrayBuffer>> = new Map();
  /** Everything that was read or written through its block. */
  readonly touched: Set<object> = new Set();
  /** Run once at the start of each replay, in order. */
  readonly renewals: (() => void)[] = [];
  /** Whether what the host knew during the trace still holds. */
  readonly assumptions: (() => boolean)[] = [];
  #planned = 0;

  /** @param size  bytes of the block that the pool would give for `bytes`. */
  allocate(size: number, bytes: number, kind: BufferKind): Block {
    if (kind !== "tensor") throw new TraceEnded();
    return new PlannedBlock(-++this.#planned, size, bytes);
  }

  dispatch(command: DispatchCommand): void {
    this.commands.push(command);
  }

  copy(command: CopyCommand): void {
    this.commands.push(command);
  }

  upload(block: Block, data: ArrayBufferView<ArrayBuffer>, byteOffset: number): void {
    if (!(block instanceof PlannedBlock) || byteOffset !== 0) throw new TraceEnded();
    this.uploads.set(block, data);
  }

  /** A value that is asked for anew at each replay: a random counter, say. */
  renewed<T>(next: () => T): () => T {
    let value: T | undefined;
    this.renewals.push(() => void (value = next()));
    return () => value as T;
  }

  /** A value of the host that went into the commands: once it differs, the trace is out of date. */
  assume(read: () => string | number): void {
    const value = read();
    this.assumptions.push(() => read() === value);
  }
}
