// What a captured list of commands needs: which commands matter, and which planned blocks can share
// memory. Pure functions of the list.

import type { Block } from "../gpu/buffers.ts";
import { type Command, PlannedBlock, isDispatch } from "../gpu/trace.ts";

/** Blocks that a command reads and writes. A block bound read_write counts as both. */
export function usesOf(command: Command): { reads: readonly Block[]; writes: readonly Block[] } {
  if (!isDispatch(command)) return { reads: [command.source], writes: [command.target] };
  const { bindings } = command.kernel.shader;
  const writes = command.blocks.filter((_, i) => bindings[i]?.access !== "read");
  return { reads: command.blocks, writes };
}

/**
 * The commands that matter: those that change something lasting, or what these or the results need.
 *
 * @param results  planned blocks that are read after the commands.
 */
export function withoutDeadCode(
  commands: readonly Command[],
  results: ReadonlySet<Block>,
): Command[] {
  const needed = new Set<Block>(results);
  const kept: Command[] = [];
  for (let i = commands.length - 1; i >= 0; i--) {
    const command = commands[i] as Command;
    const { reads, writes } = usesOf(command);
    const isLive = writes.some((block) => !(block instanceof PlannedBlock) || needed.has(block));
    if (!isLive) continue;
    kept.push(command);
    for (const block of reads) needed.add(block);
  }
  return kept.reverse();
}

/** Memory for planned blocks: each is given a place among as few as its size class needs. */
export interface MemoryPlan {
  /** For each planned block the index of its place. */
  readonly places: ReadonlyMap<Block, number>;
  /** Bytes of each place. */
  readonly sizes: readonly number[];
}

/**
 * Blocks whose lives do not overlap share a place. A life goes from the first command that uses the
 * block to the last, both included, so that no command meets one place twice.
 *
 * @param pinned   blocks that keep a place of their own: constants.
 * @param results  blocks that live to the end.
 */
export function planMemory(
  commands: readonly Command[],
  pinned: ReadonlySet<Block>,
  results: ReadonlySet<Block>,
): MemoryPlan {
  const last = new Map<Block, number>();
  commands.forEach((command, i) => {
    const { reads, writes } = usesOf(command);
    for (const block of [...reads, ...writes])
      if (block instanceof PlannedBlock) last.set(block, i);
  });
  const endings = new Map<number, Block[]>();
  for (const [block, i] of last) {
    if (pinned.has(block) || results.has(block)) continue;
    endings.set(i, [...(endings.get(i) ?? []), block]);
  }
  const places = new Map<Block, number>();
  const sizes: number[] = [];
  const free = new Map<number, number[]>();
  commands.forEach((command, i) => {
    const { reads, writes } = usesOf(command);
    for (const block of [...reads, ...writes]) {
      if (!(block instanceof PlannedBlock) || places.has(block)) continue;
      const reused = pinned.has(block) ? undefined : free.get(block.size)?.pop();
      places.set(block, reused ?? sizes.push(block.size) - 1);
    }
    for (const block of endings.get(i) ?? []) {
      const list = free.get(block.size);
      const place = places.get(block) as number;
      if (list === undefined) free.set(block.size, [place]);
      else list.push(place);
    }
  });
  return { places, sizes };
}

/** Bytes that planned blocks would take if none shared a place. */
export function unsharedBytes(commands: readonly Command[]): number {
  const all = new Set<Block>();
  for (const command of commands) {
    const { reads, writes } = usesOf(command);
    for (const block of [...reads, ...writes]) if (block instanceof PlannedBlock) all.add(block);
  }
  return [...all].reduce((sum, block) => sum + block.size, 0);
}

/** Bytes that a command can read and write: all of what it binds. */
export function bytesMoved(command: Command): number {
  if (!isDispatch(command)) return 2 * command.bytes;
  const blocks = new Set(command.blocks);
  const sizeOf = (block: Block): number =>
    block instanceof PlannedBlock ? block.bytes : block.size;
  return [...blocks].reduce((sum, block) => sum + sizeOf(block), 0);
}
