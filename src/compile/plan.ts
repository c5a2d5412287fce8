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

/** Memory for planned blocks: each is given a place. */
export interface MemoryPlan {
  /** For each planned block the index of its place. */
  readonly places: ReadonlyMap<Block, number>;
  /** Bytes of each place. */
  readonly sizes: readonly number[];
}

/** From the first command that uses a block to the last, both included. */
interface Life {
  readonly first: number;
  last: number;
}

/** Places start and end at whole vectors, and are no smaller than the smallest binding. */
const placeBytes = ({ bytes }: PlannedBlock): number => Math.max(256, 16 * Math.ceil(bytes / 16));

/**
 * Blocks whose lives do not overlap share a place; no command meets one place twice. The largest
 * blocks choose first (Pisarchyk & Lee 2020, Efficient Memory Management for Deep Neural Net
 * Inference, "greedy by size").
 *
 * @param pinned   blocks that keep a place of their own: constants.
 * @param results  blocks that live to the end.
 */
export function planMemory(
  commands: readonly Command[],
  pinned: ReadonlySet<Block>,
  results: ReadonlySet<Block>,
): MemoryPlan {
  const lives = new Map<PlannedBlock, Life>();
  commands.forEach((command, i) => {
    const { reads, writes } = usesOf(command);
    for (const block of [...reads, ...writes]) {
      if (!(block instanceof PlannedBlock)) continue;
      const life = lives.get(block) ?? { first: pinned.has(block) ? -Infinity : i, last: i };
      life.last = pinned.has(block) || results.has(block) ? Infinity : i;
      lives.set(block, life);
    }
  });
  const places = new Map<Block, number>();
  const tenants: Life[][] = [];
  const sizes: number[] = [];
  const bySize = [...lives].sort(([a], [b]) => b.bytes - a.bytes);
  for (const [block, life] of bySize) {
    const isFree = (others: readonly Life[]): boolean =>
      others.every(({ first, last }) => last < life.first || first > life.last);
    // Places get smaller from first to last, and all are large enough: the last one fits best.
    const shared = tenants.findLastIndex(isFree);
    const place = shared >= 0 ? shared : tenants.push([]) - 1;
    if (place === sizes.length) sizes.push(placeBytes(block));
    tenants[place]?.push(life);
    places.set(block, place);
  }
  return { places, sizes };
}

/** Bytes that planned blocks would take if none shared a place. */
export function unsharedBytes(commands: readonly Command[]): number {
  const all = new Set<Block>();
  for (const command of commands) {
    const { reads, writes } = usesOf(command);
    for (const block of [...reads, ...writes]) if (block instanceof PlannedBlock) all.add(block);
  }
  return [...all].reduce((sum, block) => sum + (block as PlannedBlock).bytes, 0);
}

/** Bytes that a command can read and write: all of what it binds. */
export function bytesMoved(command: Command): number {
  if (!isDispatch(command)) return 2 * command.bytes;
  const blocks = new Set(command.blocks);
  const sizeOf = (block: Block): number =>
    block instanceof PlannedBlock ? block.bytes : block.size;
  return [...blocks].reduce((sum, block) => sum + sizeOf(block), 0);
}
