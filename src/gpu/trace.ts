// What a compiled function does, written down instead of done: commands over blocks that are planned
// but not yet there.

import { UsageError } from "../errors.ts";
import type { Block, BufferKind } from "./buffers.ts";
import type { Kernel } from "./kernel.ts";
import type { ParamValue } from "./params.ts";

/** A block that has memory only within the replays of a trace. */
abstract class VirtualBlock implements Block {
  readonly id: number;
  readonly offset = 0;
  readonly size: number;
  readonly kind: BufferKind = "tensor";
  readonly root: Block = this;
  lastUse = 0;

  constructor(id: number, size: number) {
    this.id = id;
    this.size = size;
  }

  /** @throws {UsageError} always: whoever asks uses a tensor of the trace outside of it. */
  get buffer(): GPUBuffer {
    throw new UsageError("compile", "a tensor of a compiled function stays inside", {
      remedy: "Return it from the function, or keep its value in a Variable.",
    });
  }
}

/** A block that a trace's commands make. */
export class PlannedBlock extends VirtualBlock {
  /** Bytes that were asked for; `size` is what the pool gives. */
  readonly bytes: number;

  constructor(id: number, size: number, bytes: number = size) {
    super(id, size);
    this.bytes = bytes;
  }
}

/** Stands in a trace for a block that every replay names: an argument's, or a result's. */
export class Port extends VirtualBlock {
  /** While a function is traced: the argument's block. */
  readonly real: Block | undefined;

  constructor(id: number, size: number, real?: Block) {
    super(id, size);
    this.real = real;
  }
}

/** Whether a block has memory only within the replays of a trace. */
export const isVirtual = (block: Block): boolean => block instanceof VirtualBlock;

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

/** Ends a trace that cannot go on: the function then has to run as it is. */
export class TraceEnded extends Error {}

/** Makes a planned block of a trace real, with the value that the commands so far give it. */
export type Realize = (block: Block) => Block;

/** Takes the place of the command stream while a function is traced. */
export class Trace {
  readonly commands: Command[] = [];
  /** Host data for planned blocks: constants of the function. */
  readonly uploads: Map<Block, ArrayBufferView<ArrayBuffer>> = new Map();
  /** Everything that was read or written through its block. */
  readonly touched: Set<object> = new Set();
  /** Run once at the start of each replay, in order. */
  readonly renewals: (() => void)[] = [];
  /** Set in a function's first call, which may make something lasting. */
  readonly realize: Realize | undefined;
  /** Whether the trace holds for this one call: the next one may go other ways. */
  isForOneCall = false;
  /** Values asked for at once, in order. */
  readonly #draws: { readonly undo: () => void; isUsed: boolean }[] = [];
  /** Commands by the lasting blocks that they use. */
  readonly #users = new Map<Block, number[]>();
  #isClosed = false;
  #planned = 0;

  /** @param realize  given for a first call. */
  constructor(realize?: Realize) {
    this.realize = realize;
  }

  /** @param size  bytes of the block that the pool would give for `bytes`. */
  allocate(size: number, bytes: number, kind: BufferKind): Block {
    if (kind !== "tensor") throw new TraceEnded();
    return new PlannedBlock(-++this.#planned, size, bytes);
  }

  /** A block for an argument. */
  port(real: Block): Port {
    return new Port(-++this.#planned, real.size, real);
  }

  dispatch(command: DispatchCommand): void {
    this.#use(command.blocks);
    this.commands.push(command);
  }

  copy(command: CopyCommand): void {
    this.#use([command.source, command.target]);
    this.commands.push(command);
  }

  upload(block: Block, data: ArrayBufferView<ArrayBuffer>, byteOffset: number): void {
    if (!(block instanceof PlannedBlock) || byteOffset !== 0) throw new TraceEnded();
    this.uploads.set(block, data);
  }

  /**
   * A value that is asked for anew at each replay: a random counter, say. A first call asks at once.
   *
   * @param undo  takes the asking back, for when the trace ends early.
   */
  renewed<T>(next: () => T, undo: () => void): () => T {
    let value: T | undefined;
    const draw = { undo, isUsed: false };
    this.renewals.push(() => {
      if (!draw.isUsed) value = next();
    });
    if (this.realize === undefined) return () => value as T;
    value = next();
    this.#draws.push(draw);
    return () => {
      if (!this.#isClosed) draw.isUsed = true; // for something that was made for real
      return value as T;
    };
  }

  /** Ends the recording. */
  close(): void {
    this.#isClosed = true;
  }

  /** Takes back what was asked for, down to the last value that something made for real has used. */
  undo(): void {
    while (this.#draws.at(-1)?.isUsed === false) this.#draws.pop()?.undo();
  }

  /** A block that lasts has moved: commands so far meet it in its new place. */
  move(from: Block, to: Block): void {
    this.isForOneCall = true;
    const of = (block: Block): Block => (block === from ? to : block);
    const users = this.#users.get(from) ?? [];
    for (const i of users) {
      const command = this.commands[i] as Command;
      this.commands[i] = isDispatch(command)
        ? { ...command, blocks: command.blocks.map(of) }
        : { ...command, source: of(command.source), target: of(command.target) };
    }
    this.#users.delete(from);
    this.#users.set(to, [...(this.#users.get(to) ?? []), ...users]);
  }

  /** Notes what the next command uses of what may yet move. */
  #use(blocks: readonly Block[]): void {
    if (this.realize === undefined) return;
    for (const block of blocks) {
      if (block instanceof PlannedBlock) continue;
      const users = this.#users.get(block);
      if (users === undefined) this.#users.set(block, [this.commands.length]);
      else users.push(this.commands.length);
    }
  }
}
