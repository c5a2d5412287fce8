// A function's first call makes things that last: variables, whose first values its own commands
// compute, and optimizers' arenas. Those are made for real while the rest is traced.

import type { Block } from "../gpu/buffers.ts";
import type { Device } from "../gpu/device.ts";
import { type Command, PlannedBlock, Port, Trace, TraceEnded, isDispatch } from "../gpu/trace.ts";
import { usesOf } from "./plan.ts";

/** A trace that can make its planned blocks real. */
export function firstTrace(owner: Device): Trace {
  const trace: Trace = new Trace((block) => realize(trace, owner, block));
  return trace;
}

/** Runs the commands that a planned block's value needs. The caller releases what it gets. */
function realize(trace: Trace, owner: Device, block: Block): Block {
  const commands = neededFor(block, trace.commands);
  const real = new Map<Block, Block>();
  const of = (planned: Block): Block => {
    if (planned instanceof Port) return planned.real as Block;
    if (!(planned instanceof PlannedBlock)) return planned;
    const known = real.get(planned);
    if (known !== undefined) return known;
    const made = owner.allocate(planned.size);
    const data = trace.uploads.get(planned);
    if (data !== undefined) owner.recorder.upload(made, data);
    real.set(planned, made);
    return made;
  };
  return owner.recorder.outsideTrace(() => {
    for (const command of commands) {
      if (isDispatch(command)) {
        const { kernel, blocks, params, grid } = command;
        owner.recorder.dispatch(kernel, blocks.map(of), params, ...grid);
      } else {
        const { source, from, target, to, bytes } = command;
        owner.recorder.copy(of(source), from, of(target), to, bytes);
      }
    }
    const result = of(block);
    for (const other of real.values()) if (other !== result) owner.release(other);
    return result;
  });
}

/** @throws {TraceEnded} if they change something lasting, or read what the trace has changed. */
function neededFor(block: Block, commands: readonly Command[]): Command[] {
  const needed = new Set<Block>([block]);
  const found: Command[] = [];
  for (const command of commands.toReversed()) {
    const { reads, writes } = usesOf(command);
    if (!writes.some((one) => needed.has(one))) continue;
    if (!writes.every((one) => one instanceof PlannedBlock)) throw new TraceEnded();
    found.push(command);
    for (const one of reads) needed.add(one);
  }
  const isChanged = commands.some((command) => {
    return usesOf(command).writes.some((one) => !(one instanceof PlannedBlock) && needed.has(one));
  });
  if (isChanged) throw new TraceEnded();
  return found.reverse();
}
