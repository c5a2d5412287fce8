// One forward pass as commands, with the values of everything that does not depend on its inputs.

import { optimize } from "../compile/optimize.ts";
import { planMemory, usesOf } from "../compile/plan.ts";
import { tensorsIn } from "../compile/structure.ts";
import { type Recording, recordCommands } from "../compile/tracing.ts";
import { UsageError } from "../errors.ts";
import type { AdapterClass } from "../gpu/adapter.ts";
import type { Block } from "../gpu/buffers.ts";
import type { Device } from "../gpu/device.ts";
import { isLate } from "../gpu/params.ts";
import {
  type Command,
  type DispatchCommand,
  PlannedBlock,
  type Port,
  isDispatch,
  isVirtual,
} from "../gpu/trace.ts";
import { byteSize } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A function of tensors. */
export type Forward = (...args: readonly unknown[]) => unknown;

/** What one run of a function does for given shapes. */
export interface CapturedPass {
  /** Blocks that stand for the inputs, in order. */
  readonly ports: readonly Port[];
  readonly inputs: readonly Pick<Tensor, "shape" | "dtype">[];
  readonly outputs: readonly (Pick<Tensor, "shape" | "dtype"> & { readonly block: Block })[];
  /** The result as the function gave it, for the names in it. Its tensors have no values. */
  readonly result: unknown;
  readonly commands: readonly Command[];
  /** The place of each planned block that commands fill. */
  readonly places: ReadonlyMap<Block, number>;
  /** Bytes of each place. */
  readonly sizes: readonly number[];
  /** Bytes of every block that has the same value in every run: weights, and what is made of them. */
  readonly constants: ReadonlyMap<Block, Uint8Array>;
}

const EVALUATION = "Call the module in evaluation mode: pass { isTraining: false } in the example.";

/**
 * The commands of `fn(...args)`, joined and with their memory planned. What depends on variables and
 * constants alone is computed here, unless it is large.
 *
 * @throws {UsageError} if the function draws random numbers, changes variables, or reads values back.
 */
export async function capturePass(
  fn: Forward,
  args: readonly unknown[],
  owner: Device,
  adapterClass: AdapterClass,
): Promise<CapturedPass> {
  const recording = as(adapterClass, owner, () => recordCommands(fn, args, owner, false));
  if (recording === undefined) {
    throw new UsageError("exportStandalone", "the function must run on the GPU alone", {
      got: "one that reads values back, or makes variables at every call",
    });
  }
  const { commands: trace, ports, result } = recording;
  const results = tensorsIn(result);
  if (results.length === 0) {
    throw new UsageError("exportStandalone", "the function must return tensors", {
      got: typeof result,
    });
  }
  const outputs = results.map(({ shape, dtype, block }) => ({ shape, dtype, block }));
  for (const tensor of new Set(results)) if (isVirtual(tensor.block)) tensor.dispose();
  refuseChanges(recording);

  const ends = new Set(outputs.map(({ block }) => block));
  const lasting = trace.commands.flatMap(blocksOf).filter((block) => !isVirtual(block));
  // A variable is as constant here as what the host has uploaded.
  const fixed = new Set([...trace.uploads.keys(), ...lasting]);
  const slicer = owner.slice.bind(owner);
  const { once, commands } = as(adapterClass, owner, () => {
    return optimize(trace.commands, fixed, ends, slicer);
  });
  const made = once.flatMap((command) => usesOf(command).writes);
  const isConstant = (block: Block): boolean =>
    !isVirtual(block) || trace.uploads.has(block) || made.includes(block);
  refuseLate(commands);
  refuseWrites(commands, isConstant);
  const used = new Set([...commands.flatMap(blocksOf), ...ends].filter(isConstant));
  const constants = await valuesOf(used, recording, once, owner);
  const { places, sizes } = planMemory(commands, used, ends);
  const inputs = tensorsIn(args).map(({ shape, dtype }) => ({ shape, dtype }));
  return { ports, inputs, outputs, result, commands, places, sizes, constants };
}

/** Runs `body` while the device takes its adapter for one of the class. */
function as<T>(adapterClass: AdapterClass, { info }: Device, body: () => T): T {
  const shown: { adapterClass: AdapterClass } = info;
  const before = shown.adapterClass;
  shown.adapterClass = adapterClass;
  try {
    return body();
  } finally {
    shown.adapterClass = before;
  }
}

function blocksOf(command: Command): Block[] {
  const { reads, writes } = usesOf(command);
  return [...reads, ...writes];
}

function refuseChanges({ written: [variable] }: Recording): void {
  if (variable === undefined) return;
  throw new UsageError("exportStandalone", "the function must not change variables", {
    got: `a new value of ${String(variable)}`,
    remedy: EVALUATION,
  });
}

/** What lasts lies in one buffer, which is read only. */
function refuseWrites(commands: readonly Command[], lasts: (block: Block) => boolean): void {
  const changing = commands.find((command) => usesOf(command).writes.some(lasts));
  if (changing === undefined) return;
  throw new UsageError("exportStandalone", "the function must write new tensors only", {
    got: `${isDispatch(changing) ? changing.kernel.name : "a copy"} into one that lasts`,
    remedy: EVALUATION,
  });
}

function refuseLate(commands: readonly Command[]): void {
  for (const command of commands) {
    if (!isDispatch(command) || !command.params.some(isLate)) continue;
    throw new UsageError("exportStandalone", "every run must do the same", {
      got: `${command.kernel.name}, which draws or reads another number at every call`,
      remedy: EVALUATION,
    });
  }
}

/** The bytes of constants, after the commands that make some of them. */
async function valuesOf(
  wanted: ReadonlySet<Block>,
  { commands: { uploads, touched } }: Recording,
  once: readonly DispatchCommand[],
  owner: Device,
): Promise<Map<Block, Uint8Array>> {
  const real = new Map<Block, Block>();
  const of = (block: Block): Block => {
    if (!isVirtual(block)) return block;
    const known = real.get(block);
    if (known !== undefined) return known;
    const made = owner.allocate(block.size);
    const data = uploads.get(block);
    if (data !== undefined) owner.recorder.upload(made, data);
    real.set(block, made);
    return made;
  };
  for (const { kernel, blocks, params, grid } of once) {
    owner.dispatch(kernel, blocks.map(of), params, ...grid);
  }
  const lengths = lengthsOf(touched);
  const found = new Map<Block, Uint8Array>();
  for (const block of wanted) {
    const bytes = block instanceof PlannedBlock ? block.bytes : (lengths.get(block) ?? block.size);
    found.set(block, new Uint8Array(await owner.read(of(block), 0, bytes)));
  }
  for (const block of real.values()) owner.release(block);
  return found;
}

/** Bytes that tensors have of their blocks, which may be larger; a view may reach anywhere in its own. */
function lengthsOf(touched: ReadonlySet<object>): Map<Block, number> {
  const lengths = new Map<Block, number>();
  for (const tensor of touched) {
    if (!(tensor instanceof Tensor) || tensor.isDisposed) continue;
    const { block, dtype, isContiguous, offset, size } = tensor;
    const own = isContiguous ? byteSize(dtype, offset + Math.max(1, size)) : block.size;
    lengths.set(block, Math.min(block.size, Math.max(own, lengths.get(block) ?? 0)));
  }
  return lengths;
}
