// compile(fn): the function's GPU commands, recorded once and sent again at every call.

import { UsageError } from "../errors.ts";
import { type Device, device } from "../gpu/device.ts";
import type { CompileProgress } from "../gpu/kernel.ts";
import { isRecording } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import { Variable } from "../tensor/variable.ts";
import { replay } from "./replay.ts";
import { type Operand, areLike, isOperand, signatureOf } from "./structure.ts";
import { type Traced, isFresh, release, trace } from "./tracing.ts";

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

/** What is known of one signature. */
interface Entry {
  /** Calls that ran or traced the function. */
  attempts: number;
  written: ReadonlySet<object>;
  traced: Traced | undefined;
}

/**
 * `fn` with its GPU commands recorded. The first call with new shapes or other static arguments is
 * traced, the second one too if the first made variables; from then on a call sends the recorded
 * commands: JavaScript inside `fn` no longer runs. Variables, optimizers, learning rates and random
 * streams go on as they would; results of earlier calls keep their values.
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
  let last: { readonly args: readonly Operand[]; readonly entry: Entry } | undefined;
  /** The entry used last is known by its shapes: most calls are like the one before. */
  const find = (args: Args): Entry => {
    if (last !== undefined && areLike(args, last.args)) return last.entry;
    const entry = entryOf(entries, signatureOf(args));
    const operands = args.filter(isOperand).map(({ shape, dtype }) => ({ shape, dtype }));
    last = operands.length === args.length ? { args: operands, entry } : undefined;
    return entry;
  };
  const call = (...args: Args): Result => {
    const owner = device();
    if (owner.recorder.trace !== undefined || isRecording()) return fn(...args);
    const entry = find(args);
    if (entry.traced !== undefined && !isFresh(entry.traced, owner)) forget(entry);
    entry.traced ??= traceFor(fn, args, entry, owner);
    const { traced } = entry;
    if (traced === undefined) return runAndWatch(fn, args, entry, owner);
    const result = replay(traced, args) as Result;
    if (traced.isForOneCall) forget(entry);
    return result;
  };
  const prepare = async (args: Args, onProgress?: CompileProgress): Promise<boolean> => {
    const owner = device();
    const entry = find(args);
    if (entry.traced !== undefined && !isFresh(entry.traced, owner)) forget(entry);
    entry.traced ??= traceFor(fn, args, entry, owner);
    if (entry.traced === undefined) return false;
    // The call itself, still to come, begins random streams: their state may be restored until then.
    if (entry.traced.isBegun) entry.traced.undo();
    entry.traced.isBegun = false;
    await owner.warmUp(entry.traced.capture.kernels, onProgress);
    return true;
  };
  const explain = (): string => [...entries].map(([key, entry]) => describe(key, entry)).join("\n");
  const dispose = (): void => {
    for (const entry of entries.values()) forget(entry);
    entries.clear();
    last = undefined;
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

/** Undefined if the function cannot be traced yet: then it has to run for real. */
function traceFor<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  args: Args,
  entry: Entry,
  owner: Device,
): Traced | undefined {
  // Views that others hold get copies of their own now: a trace could only plan one.
  for (const one of entry.written) if (one instanceof Variable) one.writableBlock();
  const traced = trace(fn, args, owner, entry.attempts === 0);
  if (traced !== undefined) {
    entry.attempts++;
    entry.written = new Set(traced.written);
    return traced;
  }
  if (entry.attempts < MAX_ATTEMPTS) return undefined;
  throw new UsageError("compile", "the function makes variables at every call", {
    remedy: "Make variables, modules and optimizers outside, or at the first call only.",
  });
}

function forget(entry: Entry): void {
  if (entry.traced !== undefined) release(entry.traced);
  entry.traced = undefined;
}

function describe(key: string, { traced, attempts }: Entry): string {
  if (traced === undefined) return `${key}: not captured yet (${attempts} calls)`;
  const { kernels, once, dropped, plannedBytes, unsharedBytes } = traced.capture.report;
  const size = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
  const moved = kernels.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    `${key}: ${kernels.length} dispatches, ${dropped} commands dropped or joined, ${once} sent once`,
    `  memory ${size(plannedBytes)}, ${size(unsharedBytes)} before planning; ${size(moved)} bound`,
    ...kernels.map(({ name, bytes }, i) => `  ${i + 1}. ${name} (${size(bytes)})`),
  ].join("\n");
}
