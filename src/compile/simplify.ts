// Commands that a replay need not send: the same thing computed twice, and what is the same in every
// replay.

import type { Block } from "../gpu/buffers.ts";
import { type ParamValue, isLate } from "../gpu/params.ts";
import { type Command, type DispatchCommand, PlannedBlock, isDispatch } from "../gpu/trace.ts";
import { usesOf } from "./plan.ts";

/** Larger constants are made anew in each replay rather than kept. */
const MAX_KEPT_BYTES = 65536;

/** How often each block is written. */
function countWrites(commands: readonly Command[]): Map<Block, number> {
  const counts = new Map<Block, number>();
  for (const command of commands) {
    for (const block of usesOf(command).writes) counts.set(block, (counts.get(block) ?? 0) + 1);
  }
  return counts;
}

/** Whether a dispatch does nothing but fill planned blocks, which nobody else writes. */
function isPure(command: Command, writes: ReadonlyMap<Block, number>): command is DispatchCommand {
  if (!isDispatch(command) || command.params.some(isLate)) return false;
  const written = usesOf(command).writes;
  return written.every((block) => block instanceof PlannedBlock && writes.get(block) === 1);
}

/** What a pure dispatch reads: a block that only it writes had nothing in it before. */
function inputsOf(command: DispatchCommand): Block[] {
  const written = new Set(usesOf(command).writes);
  return command.blocks.filter((block) => !written.has(block));
}

/** Dispatches that an earlier one has done are dropped; later commands read that one's blocks. */
export function withoutDuplicates(
  commands: readonly Command[],
  results: ReadonlySet<Block>,
): Command[] {
  const writes = countWrites(commands);
  const versions = new Map<Block, number>();
  const instead = new Map<Block, Block>();
  const seen = new Map<string, DispatchCommand>();
  const kept: Command[] = [];
  for (const given of commands) {
    const command = renamed(given, instead);
    if (isPure(command, writes)) {
      const key = keyOf(command, versions);
      const earlier = seen.get(key);
      const written = usesOf(command).writes;
      if (earlier !== undefined && !written.some((block) => results.has(block))) {
        command.blocks.forEach((block, i) => {
          if (written.includes(block)) instead.set(block, earlier.blocks[i] as Block);
        });
        continue;
      }
      seen.set(key, command);
    }
    for (const block of usesOf(command).writes) {
      versions.set(block.root, (versions.get(block.root) ?? 0) + 1);
    }
    kept.push(command);
  }
  return kept;
}

/** The command with other blocks in place of some; itself where it has none of those. */
export function renamed(command: Command, instead: ReadonlyMap<Block, Block>): Command {
  const { reads, writes } = usesOf(command);
  if (![...reads, ...writes].some((block) => instead.has(block))) return command;
  const of = (block: Block): Block => instead.get(block) ?? block;
  return isDispatch(command)
    ? { ...command, blocks: command.blocks.map(of) }
    : { ...command, source: of(command.source), target: of(command.target) };
}

function keyOf(command: DispatchCommand, versions: ReadonlyMap<Block, number>): string {
  const { kernel, params, grid } = command;
  const inputs = inputsOf(command);
  const blocks = command.blocks.map((block) => {
    return inputs.includes(block) ? `${block.id}.${versions.get(block.root) ?? 0}` : "";
  });
  return JSON.stringify([kernel.key, blocks, params, grid]);
}

/** Commands of every replay, and those that are sent once, before the first. */
export interface Parted {
  readonly once: readonly DispatchCommand[];
  readonly always: readonly Command[];
  /** For blocks filled with one value, its bits. */
  readonly constants: ReadonlyMap<Block, ParamValue>;
}

/**
 * Parts what depends on nothing that changes between replays from the rest.
 *
 * @param uploads  blocks that hold data of the host.
 */
export function partConstants(commands: readonly Command[], uploads: ReadonlySet<Block>): Parted {
  const writes = countWrites(commands);
  const fixed = new Set([...uploads].filter((block) => !writes.has(block)));
  const constants = new Map<Block, ParamValue>();
  const once: DispatchCommand[] = [];
  const always: Command[] = [];
  for (const command of commands) {
    if (!isPure(command, writes)) {
      always.push(command);
      continue;
    }
    const written = usesOf(command).writes;
    const word = command.kernel.options.constant?.wordOf(command.params);
    if (word !== undefined) constants.set(written[0] as Block, word);
    const isSmall = written.reduce((sum, { size }) => sum + size, 0) <= MAX_KEPT_BYTES;
    const isFixed = isSmall && inputsOf(command).every((block) => fixed.has(block));
    if (!isFixed) {
      always.push(command);
      continue;
    }
    once.push(command);
    for (const block of written) fixed.add(block);
  }
  return { once, always, constants };
}
