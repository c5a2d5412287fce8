// Which command has to wait for which: the order that any rearrangement of a trace must keep.

import type { Block } from "../gpu/buffers.ts";
import type { Command } from "../gpu/trace.ts";
import { usesOf } from "./plan.ts";

/** Why one command comes after another: it reads what that wrote, or writes over what that used. */
export interface Reason {
  readonly kind: "value" | "overwrite";
  /** The block as the earlier command and as the later one binds it; slices may only overlap. */
  readonly earlier: Block;
  readonly later: Block;
}

/** What one command reads and writes. */
export interface Uses {
  readonly reads: readonly Block[];
  readonly writes: readonly Block[];
}

interface History {
  readonly block: Block;
  /**
   * Those whose values may still be there: a command may write a part of a block, and leave the rest.
   * One that also reads the block waits for all before it, and stands for them.
   */
  writers: number[];
  /** Since the last write. */
  readers: number[];
}

/** Whether two blocks of one buffer share memory. */
export const overlaps = (a: Block, b: Block): boolean =>
  a === b || (a.offset < b.offset + b.size && b.offset < a.offset + a.size);

/** Commands as a directed graph without cycles; every edge goes from a lower to a higher index. */
export class Graph {
  readonly #after: Map<number, Reason[]>[];
  readonly #histories = new Map<Block, History[]>();

  /** @param uses  of each command; default as its bindings tell. */
  constructor(commands: readonly Command[], uses: (command: Command, i: number) => Uses = usesOf) {
    this.#after = commands.map(() => new Map());
    commands.forEach((command, i) => {
      const { reads, writes } = uses(command, i);
      for (const block of reads) this.#read(block, i);
      for (const block of writes) this.#write(block, i, reads.includes(block));
    });
  }

  /** The commands that wait for command `i`, each with its reasons. */
  after(i: number): ReadonlyMap<number, readonly Reason[]> {
    return this.#after[i] as Map<number, Reason[]>;
  }

  #historiesOf(block: Block): History[] {
    const known = this.#histories.get(block.root) ?? [];
    if (known.length === 0) this.#histories.set(block.root, known);
    if (!known.some((one) => one.block === block)) known.push({ block, writers: [], readers: [] });
    return known.filter((one) => overlaps(one.block, block));
  }

  #read(block: Block, i: number): void {
    for (const one of this.#historiesOf(block)) {
      const reason: Reason = { kind: "value", earlier: one.block, later: block };
      for (const writer of one.writers) this.#add(writer, i, reason);
      if (one.block === block) one.readers.push(i);
    }
  }

  #write(block: Block, i: number, isRead: boolean): void {
    for (const one of this.#historiesOf(block)) {
      const reason: Reason = { kind: "overwrite", earlier: one.block, later: block };
      for (const reader of one.readers) this.#add(reader, i, reason);
      for (const writer of one.writers) this.#add(writer, i, reason);
      if (one.block !== block) continue;
      one.writers = isRead ? [i] : [...one.writers, i];
      one.readers = [];
    }
  }

  #add(from: number, to: number, reason: Reason): void {
    if (from === to) return;
    const edges = this.#after[from] as Map<number, Reason[]>;
    const reasons = edges.get(to);
    if (reasons === undefined) edges.set(to, [reason]);
    else reasons.push(reason);
  }
}
