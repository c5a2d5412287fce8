// compile(fn): the function's GPU commands, recorded once and sent again at every call.

import { UsageError } from "../errors.ts";
import { type Device, device } from "../gpu/device.ts";
import type { Block } from "../gpu/buffers.ts";
import type { CompileProgress } from "../gpu/kernel.ts";
import { PlannedBlock, Trace, TraceEnded } from "../gpu/trace.ts";
import { isRecording } from "../ops/tape.ts";
import { dense } from "../ops/elementwise.ts";
import { type DType, byteSize } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import { Storage, Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { Capture } from "./capture.ts";
import { firstTrace } from "./firstCall.ts";
import { mapTensors, signatureOf, tensorsIn } from "./structure.ts";

/** Captures kept for different shapes and static arguments. */
const MAX_CAPTURES = 8;

/** Attempts at a capture before a function is said to change all the time. */
const MAX_ATTEMPTS = 3;

/** A compiled function: call it like the original. */
export interface Compiled<Args extends readonly unknown[], Result> {
  (...args: Args): Result;
  /**
   * Makes ready for calls with such arguments: variables are made, and all pipelines compiled side by
   * side while the thread is free. Nothing else happens: `fn` runs, but its commands are not sent.
   *
   * @param onProgress  called after each pipeline.
   * @returns           false if the first call has to run as it is, for which nothing can be prepared.
   */
  prepare(args: Args, onProgress?: CompileProgress): Promise<boolean>;
  /** The plan as text: kernels in order, and memory before and after planning. */
  explain(): string;
  /** Forgets all captures and frees their memory. The next call starts anew. */
  dispose(): void;
}

/** Memory of the capture's own that an argument is copied into. */
interface Input {
  readonly storage: Storage;
  readonly bytes: number;
}

/** Where a result lies after a replay. */
interface ResultSpec {
  readonly block: Block;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A traced function for one signature. */
interface Traced {
  readonly owner: Device;
  readonly capture: Capture;
  readonly inputs: readonly Input[];
  /** The result with specs in place of tensors. */
  readonly result: unknown;
  readonly variables: ReadonlyMap<Variable, Block>;
  readonly written: readonly Variable[];
  readonly constants: readonly Storage[];
  readonly assumptions: readonly (() => boolean)[];
  readonly isForOneCall: boolean;
}

/** What is known of one signature. */
interface Entry {
  attempts: number;
  written: ReadonlySet<object>;
  traced: Traced | undefined;
}

class Spec {
  readonly spec: ResultSpec;

  constructor(spec: ResultSpec) {
    this.spec = spec;
  }
}

/**
 * `fn` with its GPU commands recorded. The first call with new shapes or other static arguments is
 * traced, the second one too if the first made variables; from then on a call sends the recorded
 * commands: JavaScript inside `fn` no longer runs. Variables, optimizers, learning rates and random streams go on as they
 * would; results of earlier calls keep their values.
 *
 *     const step = compile((x: Tensor, y: Tensor) =>
 *       optimizer.minimize(() => crossEntropy(model(x), y), model.trainableVariables));
 *
 * @param fn  synchronous. Its tensors among the arguments, alone or in arrays and plain objects, may
 *            change from call to call; everything else is static, and a change records anew.
 * @throws {UsageError} if `fn` reads values back, or makes variables at every call. Under a recording
 *                      tape the function runs as it is.
 */
export function compile<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
): Compiled<Args, Result> {
  const entries = new Map<string, Entry>();
  const call = (...args: Args): Result => {
    const owner = device();
    if (owner.recorder.trace !== undefined || isRecording()) return fn(...args);
    const entry = entryOf(entries, signatureOf(args));
    if (entry.traced !== undefined && !isFresh(entry.traced, owner)) forget(entry);
    if (entry.traced !== undefined) return replay(entry.traced, args) as Result;
    const traced = trace(fn, args, entry, owner);
    if (traced === undefined) return runAndWatch(fn, args, entry, owner);
    const isFirst = entry.attempts++ === 0;
    entry.traced = traced;
    const result = replay(traced, args, isFirst) as Result;
    if (traced.isForOneCall) forget(entry);
    return result;
  };
  const prepare = async (args: Args, onProgress?: CompileProgress): Promise<boolean> => {
    const owner = device();
    const entry = entryOf(entries, signatureOf(args));
    if (entry.traced !== undefined && !isFresh(entry.traced, owner)) forget(entry);
    entry.traced ??= trace(fn, args, entry, owner);
    const { traced } = entry;
    if (traced === undefined) return false;
    const { kernels } = traced.capture;
    if (entry.attempts === 0) {
      // The first call, still to come, begins random streams of its own.
      forget(entry);
      entry.attempts++;
    }
    await owner.warmUp(kernels, onProgress);
    return true;
  };
  const explain = (): string => [...entries].map(([key, entry]) => describe(key, entry)).join("\n");
  const dispose = (): void => {
    for (const entry of entries.values()) forget(entry);
    entries.clear();
  };
  return Object.assign(call, { prepare, explain, dispose });
}

function entryOf(entries: Map<string, Entry>, key: string): Entry {
  const entry = entries.get(key) ?? { attempts: 0, written: new Set(), traced: undefined };
  // The one used last goes to the end; the one at the start is the first to be forgotten.
  entries.delete(key);
  entries.set(key, entry);
  if (entries.size > MAX_CAPTURES) {
    const [oldest, unused] = entries.entries().next().value as [string, Entry];
    forget(unused);
    entries.delete(oldest);
  }
  return entry;
}

/** Runs the function for real and notes which variables it writes. */
function runAndWatch<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  args: Args,
  entry: Entry,
  owner: Device,
): Result {
  const written = new Set<object>();
  const { recorder } = owner;
  const around = recorder.written;
  recorder.written = written;
  try {
    return scope(() => fn(...args));
  } finally {
    recorder.written = around;
    for (const one of written) around?.add(one);
    entry.written = written;
    entry.attempts++;
  }
}

function inputFor({ dtype, size }: Tensor, owner: Device): Input {
  const bytes = byteSize(dtype, size);
  const storage = new Storage(owner, owner.allocate(Math.max(4, bytes)));
  storage.refs++;
  return { storage, bytes };
}

/** Undefined if the function cannot be traced yet: then it has to run for real. */
function trace<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  args: Args,
  entry: Entry,
  owner: Device,
): Traced | undefined {
  const { recorder } = owner;
  // Views that others hold get copies of their own now: a trace could only plan one.
  for (const one of entry.written) if (one instanceof Variable) one.writableBlock();
  const inputs = tensorsIn(args).map((given) => inputFor(given, owner));
  copyInputs(inputs, args, owner); // what is made for real may depend on them
  const commands = entry.attempts === 0 ? firstTrace(owner) : new Trace();
  const written = new Set<object>();
  const around = recorder.written;
  recorder.trace = commands;
  recorder.written = written;
  let result: unknown;
  try {
    let next = 0;
    const stand = ({ shape, dtype }: Tensor): Tensor =>
      new Tensor((inputs[next++] as Input).storage, shape, dtype);
    result = scope(() => mapTensors(fn(...mapTensors(args, stand)), dense));
  } catch (error) {
    for (const { storage } of inputs) storage.release();
    commands.undo();
    if (!(error instanceof TraceEnded)) throw error;
    if (entry.attempts < MAX_ATTEMPTS) return undefined;
    throw new UsageError("compile", "the function makes variables at every call", {
      remedy: "Make variables, modules and optimizers outside, or at the first call only.",
    });
  } finally {
    recorder.trace = undefined;
    recorder.written = around;
  }
  entry.written = written;
  const results = tensorsIn(result);
  const specs = mapTensors(result, ({ storage, shape, dtype }) => {
    return new Spec({ block: storage.block, shape, dtype });
  });
  const capture = new Capture(
    owner,
    commands,
    results.map((tensor) => tensor.storage.block),
  );
  const { variables, constants } = dependencies([...commands.touched, ...results], inputs);
  const own = new Set(inputs.map(({ storage }) => storage));
  for (const tensor of new Set(results)) {
    if (own.has(tensor.storage) || tensor.storage.block instanceof PlannedBlock) tensor.dispose();
  }
  const { assumptions, isForOneCall } = commands;
  const dependent = { variables, constants, assumptions, isForOneCall, written: listOf(written) };
  return { owner, capture, inputs, result: specs, ...dependent };
}

const listOf = (written: ReadonlySet<object>): Variable[] =>
  [...written].filter((one) => one instanceof Variable);

/** What a trace read from outside: variables, and tensors whose memory has to stay. */
function dependencies(
  touched: readonly object[],
  inputs: readonly Input[],
): { variables: Map<Variable, Block>; constants: Storage[] } {
  const variables = new Map<Variable, Block>();
  const constants = new Set<Storage>();
  for (const one of touched) {
    if (!(one instanceof Tensor) || one.isDisposed) continue;
    const { storage } = one;
    if (storage.block instanceof PlannedBlock) continue;
    if (one instanceof Variable) variables.set(one, storage.block);
    else if (!inputs.some((input) => input.storage === storage)) constants.add(storage);
  }
  for (const one of variables.keys()) constants.delete(one.storage);
  for (const storage of constants) storage.refs++;
  return { variables, constants: [...constants] };
}

/** Whether the memory that a trace met is still where it was. */
function isFresh({ owner, variables, assumptions }: Traced, present: Device): boolean {
  if (owner !== present || !assumptions.every((holds) => holds())) return false;
  for (const [variable, block] of variables) {
    if (variable.isDisposed || variable.storage.block !== block) return false;
  }
  return true;
}

function forget(entry: Entry): void {
  const { traced } = entry;
  entry.traced = undefined;
  if (traced === undefined) return;
  traced.capture.dispose();
  for (const { storage } of traced.inputs) storage.release();
  for (const storage of traced.constants) storage.release();
}

function copyInputs(inputs: readonly Input[], args: readonly unknown[], owner: Device): void {
  tensorsIn(args).forEach((given, i) => {
    const { storage, bytes } = inputs[i] as Input;
    if (bytes === 0) return;
    scope(() => owner.recorder.copy(dense(given).block, 0, storage.block, 0, bytes));
  });
}

/** @param isFirst  in the call that traced: inputs are in place, and random streams begun. */
function replay(traced: Traced, args: readonly unknown[], isFirst = false): unknown {
  const { owner, capture, inputs, written } = traced;
  for (const variable of written) variable.writableBlock();
  if (!isFirst) copyInputs(inputs, args, owner);
  capture.replay({ renews: !isFirst });
  const result = mapSpecs(traced.result, ({ block, shape, dtype }) => {
    const y = Tensor.empty(shape, dtype);
    const bytes = byteSize(dtype, y.size);
    if (y.size > 0) owner.recorder.copy(capture.blockOf(block), 0, y.block, 0, bytes);
    return y;
  });
  owner.recorder.flush();
  return result;
}

function mapSpecs(value: unknown, map: (spec: ResultSpec) => Tensor): unknown {
  if (value instanceof Spec) return map(value.spec);
  if (Array.isArray(value)) return value.map((item) => mapSpecs(item, map));
  if (value === null || typeof value !== "object" || value instanceof Tensor) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, mapSpecs(item, map)]);
  return Object.fromEntries(entries);
}

function describe(key: string, { traced, attempts }: Entry): string {
  if (traced === undefined) return `${key}: not captured yet (${attempts} calls)`;
  const { kernels, dropped, plannedBytes, unsharedBytes } = traced.capture.report;
  const size = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
  return [
    `${key}: ${kernels.length} dispatches, ${dropped} commands dropped as unused`,
    `  memory ${size(plannedBytes)}, ${size(unsharedBytes)} before planning`,
    ...kernels.map((name, i) => `  ${i + 1}. ${name}`),
  ].join("\n");
}
