// Running a function on memory that is only planned, and what is known of it afterwards.

import type { Block } from "../gpu/buffers.ts";
import { type Device, device } from "../gpu/device.ts";
import { type Port, Trace, TraceEnded, isVirtual } from "../gpu/trace.ts";
import { dense } from "../ops/elementwise.ts";
import { type DType, byteSize } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import { Storage, Tensor } from "../tensor/tensor.ts";
import { Variable, moves } from "../tensor/variable.ts";
import { Capture } from "./capture.ts";
import { withBlocks } from "./arguments.ts";
import { firstTrace } from "./firstCall.ts";
import { mapTensors, tensorsIn } from "./structure.ts";

/** Where a result lies after a replay. */
class Spec {
  readonly block: Block;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bytes: number;
  /** Number among the results that the capture writes straight to their place. */
  output: number | undefined;

  constructor({ storage, shape, dtype, size }: Tensor) {
    this.block = storage.block;
    this.shape = shape;
    this.dtype = dtype;
    this.bytes = byteSize(dtype, Math.max(1, size));
  }
}

export const isSpec = (value: unknown): value is Spec => value instanceof Spec;

/** A traced function for one signature. */
export interface Traced {
  readonly owner: Device;
  readonly capture: Capture;
  /** The result with specs in place of tensors. */
  readonly result: unknown;
  /** Those specs in order. */
  readonly specs: readonly Spec[];
  readonly variables: ReadonlyMap<Variable, Block>;
  /** The count of moves up to which `variables` are known to be where they were. */
  checkedMoves: number;
  /** The count of `moves.freezes` when it was traced. */
  readonly freezes: number;
  readonly written: readonly Variable[];
  readonly constants: readonly Storage[];
  /** Whether the trace made something that lasts, so that the next call may go other ways. */
  readonly isForOneCall: boolean;
  /** Whether the next replay finds its random streams begun: those of a first call are. */
  isBegun: boolean;
  /** Takes the beginning back. */
  readonly undo: () => void;
}

/** A function's commands, and what it returned, on planned memory. */
export interface Recording {
  readonly commands: Trace;
  readonly ports: readonly Port[];
  readonly result: unknown;
  readonly written: readonly Variable[];
}

/**
 * Runs `fn` on planned memory.
 *
 * @param isFirst  whether `fn` may make what lasts.
 * @returns undefined if it cannot be traced.
 */
export function trace<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  args: Args,
  owner: Device,
  isFirst: boolean,
): Traced | undefined {
  const recording = recordCommands(fn, args, owner, isFirst);
  if (recording === undefined) return undefined;
  const { commands, ports, result, written } = recording;
  const results = tensorsIn(result);
  const specs: Spec[] = [];
  const shown = mapTensors(result, (tensor) => {
    const spec = new Spec(tensor);
    specs.push(spec);
    return spec;
  });
  const most = new Map<Block, number>();
  for (const { block, bytes } of specs) most.set(block, Math.max(most.get(block) ?? 0, bytes));
  const capture = new Capture(owner, commands, ports, most);
  const numbers = new Map(capture.outputs.map((block, i) => [block, i]));
  for (const spec of specs) {
    // The first that takes all of its block is where the commands put it; others get copies.
    if (spec.bytes !== most.get(spec.block)) continue;
    spec.output = numbers.get(spec.block);
    numbers.delete(spec.block);
  }
  const dependent = dependencies([...commands.touched, ...results]);
  disposeVirtual(results);
  const { isForOneCall } = commands;
  const undo = (): void => commands.undo();
  const begun = { isForOneCall, isBegun: isFirst, undo };
  const given = { owner, capture, result: shown, specs, written };
  return { ...given, checkedMoves: -1, freezes: moves.freezes, ...dependent, ...begun };
}

/**
 * Runs `fn` without sending its commands, so that the variables exist that a first call makes.
 *
 * @returns false if it has to run for real for that.
 */
export function rehearse<Args extends readonly unknown[]>(
  fn: (...args: Args) => unknown,
  args: Args,
): boolean {
  const recording = recordCommands(fn, args, device(), true);
  if (recording === undefined) return false;
  recording.commands.undo();
  disposeVirtual(tensorsIn(recording.result));
  return true;
}

/** Runs `fn` on planned memory and gives its commands, or undefined if it has to run for real. */
export function recordCommands<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  args: Args,
  owner: Device,
  isFirst: boolean,
): Recording | undefined {
  return withBlocks(args, (blocks) => {
    const { recorder } = owner;
    const commands = isFirst ? firstTrace(owner) : new Trace();
    const ports = blocks.map((block) => commands.port(block));
    const storages = ports.map((port) => new Storage(owner, port));
    const written = new Set<object>();
    const around = recorder.written;
    recorder.trace = commands;
    recorder.written = written;
    try {
      let next = 0;
      const stand = ({ shape, dtype }: Tensor): Tensor =>
        new Tensor(storages[next++] as Storage, shape, dtype);
      const result = scope(() => mapTensors(fn(...mapTensors(args, stand)), dense));
      commands.close();
      const variables = [...written].filter((one) => one instanceof Variable);
      return { commands, ports, result, written: variables };
    } catch (error) {
      commands.undo();
      if (error instanceof TraceEnded) return undefined;
      throw error;
    } finally {
      recorder.trace = undefined;
      recorder.written = around;
    }
  });
}

function disposeVirtual(results: readonly Tensor[]): void {
  for (const tensor of new Set(results)) if (isVirtual(tensor.storage.block)) tensor.dispose();
}

/** What a trace read from outside: variables, and tensors whose memory has to stay. */
function dependencies(touched: readonly object[]): {
  variables: Map<Variable, Block>;
  constants: Storage[];
} {
  const variables = new Map<Variable, Block>();
  const constants = new Set<Storage>();
  for (const one of touched) {
    if (!(one instanceof Tensor) || one.isDisposed) continue;
    const { storage } = one;
    if (isVirtual(storage.block)) continue;
    if (one instanceof Variable) variables.set(one, storage.block);
    else constants.add(storage);
  }
  for (const one of variables.keys()) constants.delete(one.storage);
  for (const storage of constants) storage.refs++;
  return { variables, constants: [...constants] };
}

/** Whether the memory that a trace met is still where it was. */
export function isFresh(traced: Traced, present: Device): boolean {
  const { owner, variables } = traced;
  if (owner !== present || traced.freezes !== moves.freezes) return false;
  if (traced.checkedMoves === moves.count) return true;
  for (const [variable, block] of variables) {
    if (variable.isDisposed || variable.storage.block !== block) return false;
  }
  traced.checkedMoves = moves.count;
  return true;
}

/** Gives back what a trace holds. */
export function release({ capture, constants }: Traced): void {
  capture.dispose();
  for (const storage of constants) storage.release();
}
