// Copies into slices, taken apart so that whoever computes a value stores it in its slice right away,
// and packed again where that was not possible.

import type { Block } from "../gpu/buffers.ts";
import type { Packing, Piece } from "../gpu/joints.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { type Command, type DispatchCommand, PlannedBlock, isDispatch } from "../gpu/trace.ts";
import { copy } from "../ops/elementwise.ts";
import { overlaps } from "./graph.ts";
import { usesOf } from "./plan.ts";
import { renamed } from "./simplify.ts";

/** Makes a block that binds part of another. */
export type Slicer = (root: Block, offset: number, bytes: number) => Block;

/** A copy that was part of a packing dispatch. */
interface Part {
  readonly kernel: Kernel;
  readonly piece: Piece;
  readonly slice: Block;
}

/** The parts of packing dispatches, by the command that stands for each. */
export type Parts = ReadonlyMap<Command, Part>;

/** Every packing dispatch as single copies. */
export function unpacked(
  commands: readonly Command[],
  slicer: Slicer,
): { readonly commands: Command[]; readonly parts: Parts } {
  const parts = new Map<Command, Part>();
  const all = commands.flatMap((command): Command[] => {
    const packing = isDispatch(command) ? command.kernel.options.packing : undefined;
    if (packing === undefined) return [command];
    const { kernel } = command as DispatchCommand;
    return packing.piecesOf(command as DispatchCommand).map((piece) => {
      const slice = slicer(piece.target, piece.offset, 16 * Math.ceil(piece.size / 4));
      const single = copy.launch(piece.source, slice, piece.size);
      parts.set(single, { kernel, piece, slice });
      return single;
    });
  });
  return { commands: all, parts };
}

/** What is left of the copies, in as few dispatches as may be. */
export function packed(
  commands: readonly Command[],
  parts: Parts,
  results: ReadonlySet<Block>,
): Command[] {
  return repack(redirected(commands, parts, results), parts);
}

/** Blocks that are only made to be copied become the slices they are copied to. */
function redirected(
  commands: readonly Command[],
  parts: Parts,
  results: ReadonlySet<Block>,
): Command[] {
  const instead = new Map<Block, Block>();
  commands.forEach((command, i) => {
    const part = parts.get(command);
    const isMeant = part !== undefined && !results.has(part.piece.source);
    if (isMeant && isRedirectable(commands, i, part)) {
      instead.set(part.piece.source, part.slice);
    }
  });
  return commands.flatMap((command) => {
    const part = parts.get(command);
    if (part === undefined) return renamed(command, instead);
    return instead.has(part.piece.source) ? [] : command;
  });
}

function isRedirectable(commands: readonly Command[], at: number, { piece, slice }: Part): boolean {
  const { source, target, size } = piece;
  // Kernels may write whole vectors, and what fills up the last one in a slice has to be 0.
  if (size % 4 !== 0 || !(source instanceof PlannedBlock) || source.bytes !== 4 * size)
    return false;
  const touches = (command: Command, isIt: (block: Block) => boolean): boolean => {
    const { reads, writes } = usesOf(command);
    return reads.some(isIt) || writes.some(isIt);
  };
  const isSource = (block: Block): boolean => block.root === source;
  const isTarget = (block: Block): boolean => block.root === target.root;
  const isSlice = (block: Block): boolean => isTarget(block) && overlaps(block, slice);
  const first = commands.findIndex((command) => touches(command, isSource));
  return commands.every((command, i) => {
    if (i === at) return true;
    if (i >= first && i < at && touches(command, isSlice)) return false;
    if (!touches(command, isSource)) return true;
    return i < at && canBindTogether(command, isSource, isTarget);
  });
}

/** Whether two parts of one buffer may be in one dispatch: both are written there, or none is. */
function canBindTogether(
  command: Command,
  isFirst: (block: Block) => boolean,
  isSecond: (block: Block) => boolean,
): boolean {
  const { writes } = usesOf(command);
  const blocks = isDispatch(command) ? command.blocks : [command.source, command.target];
  const together = blocks.filter((block) => isFirst(block) || isSecond(block));
  if (!together.some(isSecond)) return true;
  return isDispatch(command) && together.every((block) => writes.includes(block));
}

function repack(commands: readonly Command[], parts: Parts): Command[] {
  const all: Command[] = [];
  let waiting: Part[] = [];
  const flush = (): void => {
    const [first] = waiting;
    if (first === undefined) return;
    const { kernel } = first;
    const { launches } = kernel.options.packing as Packing;
    for (const launch of launches(waiting.map(({ piece }) => piece)))
      all.push({ kernel, ...launch });
    waiting = [];
  };
  for (const command of commands) {
    const part = parts.get(command);
    if (part !== undefined) {
      if (waiting.some(({ piece }) => piece.target !== part.piece.target)) flush();
      waiting.push(part);
      continue;
    }
    const { reads, writes } = usesOf(command);
    const isDue = waiting.some(({ piece, slice }) => {
      const isSlice = (block: Block): boolean =>
        block.root === slice.root && overlaps(block, slice);
      return [...reads, ...writes].some(isSlice) || writes.includes(piece.source);
    });
    if (isDue) flush();
    all.push(command);
  }
  flush();
  return all;
}
