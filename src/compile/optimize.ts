// From the commands of a trace to those of a replay.

import type { Block } from "../gpu/buffers.ts";
import type { Command, DispatchCommand } from "../gpu/trace.ts";
import { elementOp } from "./elementOp.ts";
import { fuse } from "./fuse.ts";
import { type Slicer, packed, unpacked } from "./packing.ts";
import { usesOf, withoutDeadCode } from "./plan.ts";
import { partConstants, withoutDuplicates } from "./simplify.ts";

/** What to send. */
export interface Optimized {
  /** Sent once, before the first replay. */
  readonly once: readonly DispatchCommand[];
  readonly commands: readonly Command[];
  /** Blocks that keep their values from one replay to the next. */
  readonly kept: ReadonlySet<Block>;
}

/**
 * Drops what nobody needs and what is computed already, then joins commands.
 *
 * @param uploads  blocks that hold data of the host.
 * @param results  blocks that are read afterwards.
 * @param slicer   makes blocks that bind part of another.
 */
export function optimize(
  traced: readonly Command[],
  uploads: ReadonlySet<Block>,
  results: ReadonlySet<Block>,
  slicer: Slicer,
): Optimized {
  const single = unpacked(traced, slicer);
  const needed = withoutDuplicates(withoutDeadCode(single.commands, results), results);
  const { once, always, constants } = partConstants(needed, uploads);
  const ops = always.map((command) => elementOp(command, constants));
  const joined = withoutDeadCode(fuse(always, ops, results), results);
  const commands = packed(joined, single.parts, results);
  const read = new Set([...results, ...commands.flatMap((command) => usesOf(command).reads)]);
  const first = withoutDeadCode(once, read) as DispatchCommand[];
  const kept = new Set([...uploads, ...first.flatMap((command) => usesOf(command).writes)]);
  return { once: first, commands, kept };
}
